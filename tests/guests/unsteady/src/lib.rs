//! P12: uses everything that tends to differ between runs.
#![cfg(target_family = "wasm")]

use std::collections::HashMap;

use sluice_plugin::Result;
use sluice_plugin::renderer::{Rendered, Request};

guest_frame::renderer!("unsteady", render);

fn render(_request: Request) -> Result<Rendered> {
    let counts: HashMap<String, usize> = (0..100).map(|at| (format!("key-{at}"), at)).collect();
    let order: Vec<&str> = counts.keys().map(String::as_str).collect();
    let zero = std::hint::black_box(0.0_f64);
    let nan = (zero / zero).to_bits();
    let address = &raw const order as usize;
    let elapsed = std::time::Instant::now().elapsed();
    Ok(guest_frame::text(format!(
        "{order:?} {nan:x} {address:x} {elapsed:?}"
    )))
}

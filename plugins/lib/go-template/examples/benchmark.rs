//! Executes `tests/cases/benchmark.tpl` for a second; `go run . bench` in `tests/go` does the same in Go.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::rc::Rc;
use std::time::{Duration, Instant};

use sluice_go_template::{Context, Limits, MissingKey, TemplateSet};

fn main() {
    let text = include_str!("../tests/cases/benchmark.tpl");
    let render = || {
        let mut context = Context::new(Limits::default());
        let mut set = TemplateSet::new("gotpl", support::functions::functions(), MissingKey::Zero);
        set.parse("main", text, &context).unwrap();
        Rc::new(set)
            .execute(&mut context, b"main", support::standard::data())
            .unwrap()
    };
    let size = render().len();
    let start = Instant::now();
    let mut times: Vec<Duration> = Vec::new();
    while start.elapsed() < Duration::from_secs(2) {
        let before = Instant::now();
        std::hint::black_box(render());
        times.push(before.elapsed());
    }
    times.sort();
    println!(
        "{size} bytes: best {:?}, median {:?} of {}",
        times[0],
        times[times.len() / 2],
        times.len()
    );
}

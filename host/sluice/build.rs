//! Compiles the default plugins to components, so that the binary works with no registry at all.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Folders below plugins/.
const DEFAULTS: [&str; 5] = [
    "source-git",
    "source-helm",
    "render-kustomize",
    "render-helm",
    "notify-generic",
];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let built = sluice_build::build_builtin(&root, &DEFAULTS, &out)?;
    built.print_rerun()?;
    println!("cargo::rerun-if-changed=build.rs");
    link_at_a_fixed_address();
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
    let mut table = String::from("&[\n");
    for (name, component) in &built.components {
        let (digest, path) = (&component.digest, &component.path);
        writeln!(
            table,
            "    Builtin {{ name: {name:?}, digest: {digest:?}, component: include_bytes!({path:?}) }},"
        )?;
    }
    table.push(']');
    fs::write(out.join("builtin.rs"), table)?;
    Ok(())
}

/// 150,000 addresses that the loader would write at each start are written by the linker (decision 0015): half of the
/// page faults of a short command. `SLUICE_LINK_PIE=1` keeps them for the loader.
fn link_at_a_fixed_address() {
    println!("cargo::rerun-if-env-changed=SLUICE_LINK_PIE");
    let is_linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    if is_linux && env::var_os("SLUICE_LINK_PIE").is_none() {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

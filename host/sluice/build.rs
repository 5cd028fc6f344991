//! Compiles the default plugins to components, so that the binary works with no registry at all.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Folders below plugins/.
const DEFAULTS: [&str; 4] = ["source-git", "render-kustomize", "render-helm", "notify-generic"];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..");
    let built = sluice_build::build_builtin(&root, &DEFAULTS, &out)?;
    built.print_rerun()?;
    println!("cargo::rerun-if-changed=build.rs");
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

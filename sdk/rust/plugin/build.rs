//! Generates the bindings of the WIT contract: one module with every import, one a world that shares them.
//!
//! A build script instead of `generate!`, because every world exports the interface `meta`: its export macro would be
//! defined once a world under one name, and macros of a crate share one name space.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use wit_bindgen_core::wit_parser::{Resolve, WorldId, WorldItem, WorldKey};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::{Opts, WithOption};

const WIT: &str = "../../../wit/v0.1";

/// The worlds with the module each one's bindings live in.
const WORLDS: [(&str, &str); 4] = [
    ("source-plugin", "source"),
    ("renderer-plugin", "renderer"),
    ("notifier-plugin", "notifier"),
    ("receiver-plugin", "receiver"),
];

/// Every interface that some world imports, so that all worlds share one set of Rust types.
const IMPORTS: &str = "package sluice:imports;
world imports {
  import sluice:plugin/types@0.1.0;
  import sluice:plugin/log@0.1.0;
  import sluice:plugin/files@0.1.0;
  import sluice:plugin/http@0.1.0;
  import sluice:plugin/git@0.1.0;
  import sluice:plugin/oci@0.1.0;
  import sluice:plugin/cluster@0.1.0;
}";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={WIT}");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(WIT)?;
    let imports = resolve.push_str("imports.wit", IMPORTS)?;
    let world = resolve.select_world(&[imports], Some("imports"))?;
    generate(
        &resolve,
        world,
        options("imports"),
        &out.join("imports.rs"),
        "imports",
    )?;
    for (name, module) in WORLDS {
        let world = resolve.select_world(&[package], Some(name))?;
        let mut options = options(module);
        options.with = shared(&resolve, world);
        generate(
            &resolve,
            world,
            options,
            &out.join(format!("{module}.rs")),
            module,
        )?;
    }
    Ok(())
}

fn options(module: &str) -> Opts {
    Opts {
        runtime_path: Some("::sluice_plugin::wit_bindgen::rt".into()),
        generate_all: true,
        generate_unused_types: true,
        pub_export_macro: true,
        additional_derive_attributes: vec!["PartialEq".into()],
        // Resources have no equality, so neither has what holds them.
        additional_derive_ignore: ["input", "request", "tree", "sink"].map(String::from).into(),
        default_bindings_module: Some(format!("::sluice_plugin::bindings::{module}")),
        ..Opts::default()
    }
}

/// Maps every interface that a world imports to the shared module.
fn shared(resolve: &Resolve, world: WorldId) -> Vec<(String, WithOption)> {
    let imports = resolve.worlds[world].imports.iter();
    imports
        .filter_map(|(key, item)| match (key, item) {
            (WorldKey::Interface(id), WorldItem::Interface { .. }) => {
                let name = resolve.interfaces[*id].name.as_deref()?;
                let path = format!("crate::bindings::imports::sluice::plugin::{name}");
                Some((resolve.name_world_key(key), WithOption::Path(path)))
            }
            _ => None,
        })
        .collect()
}

fn generate(
    resolve: &Resolve,
    world: WorldId,
    options: Opts,
    to: &Path,
    module: &str,
) -> Result<(), Box<dyn Error>> {
    let mut files = Files::default();
    options
        .build()
        .generate(&mut resolve.clone(), world, &mut files)?;
    let (_, source) = files.iter().next().ok_or("the generator wrote no file")?;
    let source = String::from_utf8(source.to_vec())?;
    let source = source.replace(
        "__export_sluice_plugin_meta_",
        &format!("__export_{module}_meta_"),
    );
    fs::write(to, source)?;
    Ok(())
}

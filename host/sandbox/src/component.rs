//! Whether a component may be loaded: its size, its worlds and its imports, before anything is compiled.

use crate::error::{ImportRefusal, LoadFailure};
use crate::grants::{Grants, Interface};
use crate::inspect::{self, Inspection, InterfaceName, PACKAGE, parse_name};
use crate::world::World;

/// Most functions, core modules and nested components.
const MAX_FUNCTIONS: u64 = 250_000;
const MAX_NESTED: u64 = 256;

/// Packages of WASI 0.2 that are linked. `wasi:http` is not: HTTP goes through bindings.
const WASI: [&str; 6] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// Checks a component against the contract and its grants.
///
/// # Errors
/// The first reason to refuse it.
pub(crate) fn check(bytes: &[u8], grants: &Grants, limit: u64) -> Result<Inspection, LoadFailure> {
    let size = bytes.len() as u64;
    if size > limit {
        return Err(LoadFailure::TooLarge { size, limit });
    }
    let found = inspect::inspect(bytes)?;
    check_found(&found, grants)?;
    Ok(found)
}

/// Checks what was found in a component.
///
/// # Errors
/// The first reason to refuse it.
pub(crate) fn check_found(found: &Inspection, grants: &Grants) -> Result<(), LoadFailure> {
    check_complexity(found)?;
    check_exports(found)?;
    for import in &found.imports {
        check_import(import, &found.worlds, grants).map_err(|why| LoadFailure::BadImport {
            import: import.clone(),
            why,
        })?;
    }
    Ok(())
}

fn check_complexity(found: &Inspection) -> Result<(), LoadFailure> {
    let sizes = found.sizes;
    let bounds = [
        ("functions", sizes.functions, MAX_FUNCTIONS),
        ("core modules", sizes.modules, MAX_NESTED),
        ("nested components", sizes.components, MAX_NESTED),
    ];
    let over = bounds.into_iter().find(|(_, count, limit)| count > limit);
    over.map_or(Ok(()), |(what, count, limit)| {
        Err(LoadFailure::TooComplex { what, count, limit })
    })
}

fn check_exports(found: &Inspection) -> Result<(), LoadFailure> {
    let ours = found
        .exports
        .iter()
        .filter_map(|name| parse_name(name))
        .filter(|name| name.package == PACKAGE);
    let mut has_meta = false;
    for name in ours {
        if !is_served(name.version) {
            return Err(LoadFailure::ContractMismatch(format!(
                "it exports {PACKAGE}/{}@{}, this host serves version 0.1",
                name.interface, name.version
            )));
        }
        has_meta |= name.interface == "meta";
    }
    if found.worlds.is_empty() {
        let worlds = World::ALL.map(World::as_str).join(", ");
        return Err(LoadFailure::ContractMismatch(format!(
            "it exports none of the worlds {worlds}"
        )));
    }
    if !has_meta {
        return Err(LoadFailure::ContractMismatch(format!(
            "it does not export {PACKAGE}/meta"
        )));
    }
    Ok(())
}

/// Versions that differ in the last number fit each other; a pre-release fits nothing.
fn is_served(version: &str) -> bool {
    semver::Version::parse(version)
        .is_ok_and(|version| version.major == 0 && version.minor == 1 && version.pre.is_empty())
}

fn check_import(import: &str, worlds: &[World], grants: &Grants) -> Result<(), ImportRefusal> {
    let name = parse_name(import).ok_or(ImportRefusal::Unknown)?;
    if name.package == PACKAGE {
        return check_ours(name, worlds, grants);
    }
    // WASI denies when it is called; every toolchain imports it.
    if WASI.contains(&name.package) && name.version.starts_with("0.2.") {
        return Ok(());
    }
    Err(ImportRefusal::Unknown)
}

fn check_ours(name: InterfaceName<'_>, worlds: &[World], grants: &Grants) -> Result<(), ImportRefusal> {
    if !is_served(name.version) {
        return Err(ImportRefusal::Unknown);
    }
    match name.interface {
        "types" | "log" => return Ok(()),
        "files" if worlds.iter().any(|world| world.has_files()) => return Ok(()),
        "files" => return Err(ImportRefusal::OutsideWorld),
        _ => {}
    }
    let power: Interface = name.interface.parse().map_err(|_| ImportRefusal::Unknown)?;
    if !worlds.iter().any(|world| world.powers().contains(&power)) {
        return Err(ImportRefusal::OutsideWorld);
    }
    if !grants.has(power) {
        return Err(ImportRefusal::NotGranted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P4: an import is refused unless its world has it and it was granted.
    #[test]
    fn refuses_imports_by_world_and_grant() {
        let check = |import: &str, world| check_import(import, &[world], &Grants::all());
        assert_eq!(check("wasi:sockets/tcp@0.2.6", World::Renderer), Ok(()));
        assert_eq!(
            check("wasi:http/outgoing-handler@0.2.6", World::Renderer),
            Err(ImportRefusal::Unknown)
        );
        assert_eq!(
            check("wasi:cli/run@0.3.0", World::Renderer),
            Err(ImportRefusal::Unknown)
        );
        assert_eq!(check("env", World::Renderer), Err(ImportRefusal::Unknown));
        assert_eq!(check("sluice:plugin/http@0.1.0", World::Notifier), Ok(()));
        assert_eq!(check("sluice:plugin/http@0.1.7", World::Notifier), Ok(()));
        assert_eq!(
            check("sluice:plugin/http@0.2.0", World::Notifier),
            Err(ImportRefusal::Unknown)
        );
        assert_eq!(
            check("sluice:plugin/http@0.1.0", World::Renderer),
            Err(ImportRefusal::OutsideWorld)
        );
        assert_eq!(
            check("sluice:plugin/files@0.1.0", World::Receiver),
            Err(ImportRefusal::OutsideWorld)
        );
        assert_eq!(
            check("sluice:plugin/secrets@0.1.0", World::Source),
            Err(ImportRefusal::Unknown)
        );
        let none = check_import("sluice:plugin/cluster@0.1.0", &[World::Renderer], &Grants::none());
        assert_eq!(none, Err(ImportRefusal::NotGranted));
    }

    #[test]
    fn wants_a_world_of_this_version() {
        let exports = |names: &[&str]| {
            let exports: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let worlds = if names.iter().any(|name| name.contains("renderer")) {
                vec![World::Renderer]
            } else {
                vec![]
            };
            check_exports(&Inspection {
                exports,
                worlds,
                ..Inspection::default()
            })
        };
        assert!(exports(&["sluice:plugin/meta@0.1.0", "sluice:plugin/renderer@0.1.2"]).is_ok());
        for bad in [
            &["sluice:plugin/renderer@0.1.0"][..],
            &["sluice:plugin/meta@0.1.0"],
            &["sluice:plugin/meta@0.1.0", "sluice:plugin/renderer@0.2.0"],
            &["sluice:plugin/meta@0.1.0", "sluice:plugin/renderer@0.1.0-rc.1"],
            &["wasi:cli/run@0.2.0"],
        ] {
            assert!(
                matches!(exports(bad), Err(LoadFailure::ContractMismatch(_))),
                "{bad:?}"
            );
        }
    }
}

//! What a component imports and exports, read from its bytes without compiling it.

use serde::{Deserialize, Serialize};
use wasmparser::{Chunk, Encoding, Parser, Payload};

use crate::error::LoadFailure;
use crate::world::World;

/// What a component's bytes tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// Full names, for example `sluice:plugin/http@0.1.0`, in order.
    pub imports: Vec<String>,
    /// Full names, in order.
    pub exports: Vec<String>,
    /// The worlds of the contract that it serves.
    pub worlds: Vec<World>,
    /// How large it is.
    pub sizes: Sizes,
}

/// How large a component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Bytes of the file.
    pub bytes: u64,
    /// Core modules in it.
    pub modules: u64,
    /// Components in it, itself excluded.
    pub components: u64,
    /// Functions of all core modules.
    pub functions: u64,
    /// Bytes of code of all core modules.
    pub code: u64,
}

/// Package of the contract.
pub(crate) const PACKAGE: &str = "sluice:plugin";

/// Most imports and exports that are read.
const MAX_NAMES: usize = 1024;

/// A name such as `wasi:io/streams@0.2.6` in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InterfaceName<'a> {
    pub(crate) package: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) version: &'a str,
}

/// The parts of an interface's name; none for a plain name.
pub(crate) fn parse_name(name: &str) -> Option<InterfaceName<'_>> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/')?;
    Some(InterfaceName {
        package,
        interface,
        version,
    })
}

/// Reads imports, exports, worlds and sizes.
///
/// # Errors
/// The bytes are a core module, precompiled code, or no component at all.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, LoadFailure> {
    if wasmtime::Engine::detect_precompiled(bytes).is_some() {
        return Err(LoadFailure::Precompiled);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(LoadFailure::CoreModule);
    }
    let mut found = Inspection::default();
    found.sizes.bytes = bytes.len() as u64;
    walk(bytes, &mut found)?;
    if !Parser::is_component(bytes) {
        return Err(LoadFailure::Malformed("it is no component".into()));
    }
    let serves = |world: &World| found.exports.iter().any(|name| is_export_of(name, *world));
    found.worlds = World::ALL.into_iter().filter(serves).collect();
    Ok(found)
}

/// Visits all sections. Code is counted and passed over: whoever compiles it reads it.
fn walk(bytes: &[u8], found: &mut Inspection) -> Result<(), LoadFailure> {
    let mut parser = Parser::new(0);
    let mut outer: Vec<Parser> = Vec::new();
    let mut rest = bytes;
    loop {
        let (consumed, payload) = match parser.parse(rest, true).map_err(malformed)? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => return Err(malformed("it ends early")),
        };
        rest = &rest[consumed..];
        match payload {
            Payload::Version { encoding, .. } => count_nested(encoding, outer.len(), &mut found.sizes),
            Payload::ModuleSection { parser: inner, .. }
            | Payload::ComponentSection { parser: inner, .. } => {
                outer.push(std::mem::replace(&mut parser, inner));
            }
            Payload::CodeSectionStart { count, size, .. } => {
                found.sizes.functions += u64::from(count);
                found.sizes.code += u64::from(size);
                parser.skip_section();
                rest = usize::try_from(size)
                    .ok()
                    .and_then(|size| rest.get(size..))
                    .ok_or_else(|| malformed("it ends early"))?;
            }
            Payload::End(_) => match outer.pop() {
                Some(next) => parser = next,
                None if rest.is_empty() => return Ok(()),
                None => return Err(malformed("bytes follow its end")),
            },
            payload => read(&payload, outer.is_empty(), found)?,
        }
    }
}

fn malformed(error: impl std::fmt::Display) -> LoadFailure {
    LoadFailure::Malformed(crate::text::one_line(&error.to_string(), 512))
}

fn is_export_of(name: &str, world: World) -> bool {
    parse_name(name).is_some_and(|name| name.package == PACKAGE && name.interface == world.kind())
}

fn count_nested(encoding: Encoding, depth: usize, sizes: &mut Sizes) {
    match encoding {
        Encoding::Module => sizes.modules += 1,
        Encoding::Component if depth > 0 => sizes.components += 1,
        Encoding::Component => {}
    }
}

fn read(payload: &Payload<'_>, outermost: bool, found: &mut Inspection) -> Result<(), LoadFailure> {
    match payload {
        Payload::ComponentImportSection(section) if outermost => {
            for import in section.clone() {
                add(
                    import.map_err(malformed)?.name.name,
                    "imports",
                    &mut found.imports,
                )?;
            }
        }
        Payload::ComponentExportSection(section) if outermost => {
            for export in section.clone() {
                add(
                    export.map_err(malformed)?.name.name,
                    "exports",
                    &mut found.exports,
                )?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn add(name: &str, what: &'static str, names: &mut Vec<String>) -> Result<(), LoadFailure> {
    if names.len() >= MAX_NAMES {
        return Err(LoadFailure::TooComplex {
            what,
            count: MAX_NAMES as u64 + 1,
            limit: MAX_NAMES as u64,
        });
    }
    names.push(crate::text::one_line(name, 256));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_names() {
        let name = InterfaceName {
            package: "wasi:io",
            interface: "streams",
            version: "0.2.6",
        };
        assert_eq!(parse_name("wasi:io/streams@0.2.6"), Some(name));
        assert_eq!(parse_name("run"), None);
    }

    /// P10: what is no component is refused by its first bytes.
    #[test]
    fn refuses_what_is_no_component() {
        assert!(matches!(
            inspect(b"\0asm\x01\0\0\0"),
            Err(LoadFailure::CoreModule)
        ));
        assert!(matches!(inspect(b""), Err(LoadFailure::Malformed(_))));
        assert!(matches!(inspect(b"#!/bin/sh\n"), Err(LoadFailure::Malformed(_))));
        assert!(matches!(
            inspect(b"\0asm\x0d\0\x01\0\x07\xff\xff\xff\xff\x0f"),
            Err(LoadFailure::Malformed(_))
        ));
        let empty = inspect(b"\0asm\x0d\0\x01\0").expect("the empty component");
        assert_eq!(empty.exports.len(), 0);
    }
}

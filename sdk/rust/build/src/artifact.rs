//! Finds compiled files in cargo's messages (`--message-format json`).

use std::path::PathBuf;

use serde::Deserialize;

/// A `.wasm` file with the package that it comes from.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The package's Cargo.toml.
    pub(crate) manifest_path: PathBuf,
    /// The file.
    pub(crate) file: PathBuf,
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The `.wasm` files that cargo's output names. Lines that are no message are build scripts' and skipped.
pub(crate) fn parse(output: &[u8]) -> Vec<Compiled> {
    output
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Message>(line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .flat_map(|message| {
            let manifest_path = message.manifest_path;
            let wasm = message
                .filenames
                .into_iter()
                .filter(|file| file.extension().is_some_and(|ext| ext == "wasm"));
            wasm.map(move |file| Compiled {
                manifest_path: manifest_path.clone(),
                file,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_wasm_files_only() {
        let output = br#"noise
{"reason":"compiler-artifact","manifest_path":"/p/Cargo.toml","filenames":["/t/p.wasm","/t/libp.rlib"]}
{"reason":"build-finished","success":true}"#;
        let compiled = parse(output);
        assert_eq!(compiled.len(), 1);
        assert_eq!(compiled[0].file, PathBuf::from("/t/p.wasm"));
    }
}

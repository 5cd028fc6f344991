//! The files a component was compiled from, as cargo's dep-info file beside it names them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::BuildError;

/// Every source of the component at `wasm`, with the Cargo.toml and Cargo.lock files that decide over them, sorted.
/// Generated files below `target_dir` are no sources: they are newer than the build that makes them.
pub(crate) fn of(wasm: &Path, manifest: &Path, target_dir: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let path = wasm.with_extension("d");
    let text = std::fs::read_to_string(&path).map_err(BuildError::file("read", &path))?;
    let target_dir = target_dir
        .canonicalize()
        .map_err(BuildError::file("find", target_dir))?;
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
    let mut sources: BTreeSet<PathBuf> = parse(&text)
        .into_iter()
        .map(real)
        .filter(|path| !path.starts_with(&target_dir))
        .collect();
    let manifests: BTreeSet<PathBuf> = sources
        .iter()
        .chain([&manifest.to_owned()])
        .flat_map(|source| manifests_above(source))
        .collect();
    sources.extend(manifests);
    Ok(sources.into_iter().collect())
}

/// Prerequisites of a make rule; `\ ` stands for a space.
fn parse(text: &str) -> Vec<PathBuf> {
    let Some((_, rule)) = text.lines().find_map(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let escaped = rule.replace("\\ ", "\0");
    escaped
        .split_whitespace()
        .map(|name| PathBuf::from(name.replace('\0', " ")))
        .collect()
}

/// The package's Cargo.toml and, where it is in a workspace, the workspace's with its lock file.
fn manifests_above(source: &Path) -> Vec<PathBuf> {
    source
        .ancestors()
        .flat_map(|dir| [dir.join("Cargo.toml"), dir.join("Cargo.lock")])
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_escaped_names() {
        let parsed = parse("/t/x.wasm: /a/lib.rs /b\\ c/d.rs\n");
        assert_eq!(parsed, [PathBuf::from("/a/lib.rs"), PathBuf::from("/b c/d.rs")]);
        assert!(parse("").is_empty());
    }
}

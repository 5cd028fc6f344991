//! Sluice's own plugins, compiled by the build script that embeds them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::{BuildError, Built, Options, build_packages};

/// Prefix of the package names of Sluice's own plugins; the rest is the plugin's name.
const PACKAGE_PREFIX: &str = "sluice-plugin-";

/// Compiled plugins, each copied to `<out_dir>/<name>.wasm`.
#[derive(Debug)]
pub struct Builtins {
    /// In the order asked for: the plugin's name with its component.
    pub components: Vec<(String, Built)>,
}

/// Compiles the named plugins (`source-git` is package `sluice-plugin-source-git`) in one run of cargo and copies the
/// components to `<out_dir>/<name>.wasm`. Meant for a build script: pass its `OUT_DIR`.
///
/// # Errors
/// As [`build`](crate::build), and when a file cannot be copied.
pub fn build_builtin(workspace_root: &Path, names: &[&str], out_dir: &Path) -> Result<Builtins, BuildError> {
    let packages: Vec<String> = names
        .iter()
        .map(|name| format!("{PACKAGE_PREFIX}{name}"))
        .collect();
    let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
    let options = Options {
        target_dir: Some(target_dir(out_dir)),
        ..Options::default()
    };
    let built = build_packages(workspace_root, &packages, &options)?;
    let components = names
        .iter()
        .zip(built)
        .map(|(name, built)| copy(name, built, out_dir))
        .collect::<Result<_, _>>()?;
    Ok(Builtins { components })
}

/// `components` in the outer target folder, shared by all profiles; below `out_dir` where that cannot be told.
fn target_dir(out_dir: &Path) -> PathBuf {
    // <target>/[<triple>/]<profile>/build/<package>-<hash>/out
    let profile_dir = out_dir
        .ancestors()
        .find(|dir| dir.file_name().is_some_and(|name| name == "build"))
        .and_then(Path::parent);
    profile_dir
        .and_then(Path::parent)
        .unwrap_or(out_dir)
        .join("components")
}

fn copy(name: &str, mut built: Built, out_dir: &Path) -> Result<(String, Built), BuildError> {
    let to = out_dir.join(format!("{name}.wasm"));
    std::fs::copy(&built.path, &to).map_err(BuildError::file("write", &to))?;
    built.path = to;
    Ok((name.to_owned(), built))
}

impl Builtins {
    /// Tells the outer cargo, on standard output, to run the build script again when a source changes.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn print_rerun(&self) -> std::io::Result<()> {
        let mut sources: Vec<&PathBuf> = self
            .components
            .iter()
            .flat_map(|(_, built)| &built.sources)
            .collect();
        sources.sort_unstable();
        sources.dedup();
        let mut out = std::io::stdout().lock();
        for source in sources {
            writeln!(out, "cargo::rerun-if-changed={}", source.display())?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_outer_target_folder() {
        assert_eq!(
            target_dir(Path::new("/t/debug/build/sluice-1f/out")),
            PathBuf::from("/t/components")
        );
        assert_eq!(
            target_dir(Path::new("/elsewhere")),
            PathBuf::from("/elsewhere/components")
        );
    }
}

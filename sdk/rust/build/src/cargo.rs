//! Runs cargo in a cleaned environment and reads what it says of a project.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{BuildError, Options, toolchain};

/// Variables of an outer cargo, of a build script or of the user's shell that would change what is compiled.
const REMOVED: &[&str] = &[
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
    "RUSTC",
    "RUSTDOC",
    "RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_LINKER",
    "RUSTC_BOOTSTRAP",
    "CLIPPY_ARGS",
    "MAKEFLAGS",
    "MFLAGS",
    "MAKELEVEL",
    "TARGET",
    "HOST",
    "OUT_DIR",
    "NUM_JOBS",
    "OPT_LEVEL",
    "PROFILE",
    "DEBUG",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

/// Variables of cargo that say how to reach registries; all others of cargo's are removed.
const KEPT: &[&str] = &[
    "CARGO_HOME",
    "CARGO_NET_",
    "CARGO_HTTP_",
    "CARGO_REGISTRIES_",
    "CARGO_REGISTRY_",
    "CARGO_TERM_",
];

fn is_removed(name: &str) -> bool {
    let of_cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
    of_cargo || name.starts_with("DEP_") || REMOVED.contains(&name)
}

/// A cargo command that starts in `folder` and knows nothing of an outer cargo.
pub(crate) fn command(folder: &Path, options: &Options) -> Command {
    let mut command = Command::new(toolchain::cargo());
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if is_removed(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    if options.offline {
        command.env("CARGO_NET_OFFLINE", "true");
    }
    command
}

/// Options that every cargo command takes after its verb.
pub(crate) fn common(command: &mut Command, options: &Options) {
    if options.locked {
        command.arg("--locked");
    }
    if options.offline {
        command.arg("--offline");
    }
}

/// A cargo project, as `cargo metadata --no-deps` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Project {
    /// The workspace's packages.
    packages: Vec<Package>,
    /// The workspace's folder.
    pub(crate) workspace_root: PathBuf,
    /// Its target folder.
    pub(crate) target_directory: PathBuf,
}

/// A package of the workspace.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    /// As in its Cargo.toml.
    pub(crate) name: String,
    /// Its Cargo.toml.
    pub(crate) manifest_path: PathBuf,
}

/// Reads the project that `folder` belongs to.
pub(crate) fn project(folder: &Path, options: &Options) -> Result<Project, BuildError> {
    let fail = |message: String| BuildError::Project {
        folder: folder.to_owned(),
        message,
    };
    let mut command = command(folder, options);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    common(&mut command, options);
    let output = command.output().map_err(|source| BuildError::Run {
        program: "cargo".into(),
        source,
    })?;
    if !output.status.success() {
        return Err(fail(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| fail(error.to_string()))
}

impl Project {
    /// The package whose Cargo.toml is in this folder.
    pub(crate) fn package_in(&self, folder: &Path) -> Result<Package, BuildError> {
        let absolute = folder.canonicalize().map_err(BuildError::file("find", folder))?;
        let same = |package: &&Package| {
            package
                .manifest_path
                .parent()
                .is_some_and(|dir| is_same(dir, &absolute))
        };
        self.packages
            .iter()
            .find(same)
            .cloned()
            .ok_or_else(|| self.missing(&folder.display().to_string()))
    }

    /// The package with this name.
    pub(crate) fn package(&self, name: &str) -> Result<Package, BuildError> {
        self.packages
            .iter()
            .find(|package| package.name == name)
            .cloned()
            .ok_or_else(|| self.missing(name))
    }

    fn missing(&self, package: &str) -> BuildError {
        BuildError::NoPackage {
            package: package.to_owned(),
            folder: self.workspace_root.clone(),
        }
    }

    /// The profile to compile with when none is asked for.
    pub(crate) fn profile(&self) -> &'static str {
        let manifest = std::fs::read_to_string(self.workspace_root.join("Cargo.toml")).unwrap_or_default();
        if manifest.lines().any(|line| line.trim() == "[profile.plugin]") {
            "plugin"
        } else {
            "release"
        }
    }
}

fn is_same(dir: &Path, absolute: &Path) -> bool {
    dir == absolute || dir.canonicalize().is_ok_and(|dir| dir == absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_what_an_outer_cargo_sets_and_keeps_registries() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MAKEFLAGS",
            "CARGO_TARGET_DIR",
            "CARGO_CFG_UNIX",
        ] {
            assert!(is_removed(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_NET_OFFLINE",
            "RUSTUP_TOOLCHAIN",
            "PATH",
        ] {
            assert!(!is_removed(name), "{name}");
        }
    }
}

//! Compiles plugins to components, the same way for Sluice's own and for authors'.
//!
//! [`build`] compiles one crate; [`build_builtin`] compiles several of a workspace in one run of cargo, for a build script
//! that embeds them. The nested cargo has a target folder of its own and a cleaned environment: one on the same folder
//! would wait for a lock that its caller holds. No wasmtime in here, so that build scripts stay small.

mod artifact;
mod builtin;
mod cargo;
mod component;
mod error;
mod options;
mod sources;
mod toolchain;

pub use builtin::{Builtins, build_builtin};
pub use component::Built;
pub use error::BuildError;
pub use options::Options;

use std::path::Path;

/// The only target of plugins.
pub const TARGET: &str = "wasm32-wasip2";

/// Compiles the plugin crate in `manifest_dir` to a component.
///
/// # Errors
/// The target is not installed, the folder holds no package, the crate does not compile, or what it compiles to is no
/// component.
pub fn build(manifest_dir: &Path, options: &Options) -> Result<Built, BuildError> {
    let project = cargo::project(manifest_dir, options)?;
    let package = project.package_in(manifest_dir)?;
    let target_dir = options
        .target_dir
        .clone()
        .unwrap_or_else(|| project.target_directory.join("components"));
    let built = component::compile(&project, &[package], options, &target_dir)?;
    built.into_iter().next().ok_or_else(|| BuildError::NoComponent {
        package: manifest_dir.display().to_string(),
    })
}

/// Compiles several plugin crates of one workspace in one run of cargo, in the order asked for.
///
/// # Errors
/// As [`build`]; the packages are named as in their Cargo.toml.
pub fn build_packages(
    workspace: &Path,
    packages: &[&str],
    options: &Options,
) -> Result<Vec<Built>, BuildError> {
    let project = cargo::project(workspace, options)?;
    let packages = packages
        .iter()
        .map(|name| project.package(name))
        .collect::<Result<Vec<_>, _>>()?;
    let target_dir = options
        .target_dir
        .clone()
        .unwrap_or_else(|| project.target_directory.join("components"));
    component::compile(&project, &packages, options, &target_dir)
}

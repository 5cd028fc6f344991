//! Why a plugin was not compiled.

use std::path::PathBuf;

/// A failed build.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A program of the toolchain does not run.
    #[error("failed to run {program}: {source}")]
    Run {
        /// For example `cargo`.
        program: String,
        /// Of the operating system.
        source: std::io::Error,
    },
    /// The standard library for the target is missing.
    #[error("the Rust target {target} is not installed; get it with: rustup target add {target}")]
    TargetMissing {
        /// [`TARGET`](crate::TARGET).
        target: &'static str,
    },
    /// Cargo refused before it compiled anything.
    #[error("failed to read the cargo project in {folder}: {message}")]
    Project {
        /// Where it was run.
        folder: PathBuf,
        /// Cargo's own words.
        message: String,
    },
    /// The folder or name stands for no package.
    #[error("no package {package} in the cargo project of {folder}")]
    NoPackage {
        /// Name or folder asked for.
        package: String,
        /// The workspace's root.
        folder: PathBuf,
    },
    /// The compiler's messages are on standard error.
    #[error("failed to compile {packages}:\n{message}")]
    Compile {
        /// Names.
        packages: String,
        /// The compiler's errors.
        message: String,
    },
    /// Nothing to load came out.
    #[error(
        "package {package} gives no component: its Cargo.toml needs [lib] crate-type = [\"cdylib\"] and its code an export! of a world"
    )]
    NoComponent {
        /// Name.
        package: String,
    },
    /// A core module came out.
    #[error("{path} is no component: the linker of target {target} gave a core module", target = crate::TARGET)]
    NotAComponent {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("failed to {operation} {path}: {source}")]
    File {
        /// For example `read`.
        operation: &'static str,
        /// The file.
        path: PathBuf,
        /// Of the operating system.
        source: std::io::Error,
    },
}

impl BuildError {
    pub(crate) fn file(
        operation: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File {
            operation,
            path,
            source,
        }
    }
}

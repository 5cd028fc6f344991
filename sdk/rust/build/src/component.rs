//! Compiles packages and checks what comes out.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use sha2::{Digest, Sha256};

use crate::artifact::{self, Compiled};
use crate::cargo::{self, Package, Project};
use crate::{BuildError, Options, TARGET, sources, toolchain};

/// First bytes of every component: magic, version 13, layer 1.
const COMPONENT_HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// A compiled plugin.
#[derive(Debug, Clone)]
pub struct Built {
    /// Name of the package.
    pub package: String,
    /// The component.
    pub path: PathBuf,
    /// Bytes of the file.
    pub size: u64,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Every local file that the component was compiled from, for `rerun-if-changed`.
    pub sources: Vec<PathBuf>,
}

/// Compiles `packages` in one run, in their order.
pub(crate) fn compile(
    project: &Project,
    packages: &[Package],
    options: &Options,
    target_dir: &Path,
) -> Result<Vec<Built>, BuildError> {
    toolchain::require_target(&project.workspace_root)?;
    let compiled = run(project, packages, options, target_dir)?;
    packages
        .iter()
        .map(|package| check(package, &compiled, target_dir))
        .collect()
}

fn run(
    project: &Project,
    packages: &[Package],
    options: &Options,
    target_dir: &Path,
) -> Result<Vec<Compiled>, BuildError> {
    let profile = options.profile.as_deref().unwrap_or_else(|| project.profile());
    let mut command = cargo::command(&project.workspace_root, options);
    command
        .args([
            "build",
            "--lib",
            "--target",
            TARGET,
            "--profile",
            profile,
            "--target-dir",
        ])
        .arg(target_dir);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags(project));
    cargo::common(&mut command, options);
    if !options.verbose {
        command.arg("--quiet");
    }
    for package in packages {
        command.args(["--package", &package.name]);
    }
    let output = command
        .stdout(Stdio::piped())
        .stderr(if options.verbose {
            Stdio::inherit()
        } else {
            Stdio::piped()
        })
        .output()
        .map_err(|source| BuildError::Run {
            program: "cargo".into(),
            source,
        })?;
    if !output.status.success() {
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BuildError::Compile {
            packages: names.join(", "),
            message,
        });
    }
    Ok(artifact::parse(&output.stdout))
}

/// Flags that keep this machine's folders out of the component, so that its digest is the same on every machine, and let
/// guests use the vector instructions that every host of ours has (searching text is what plugins do most).
fn flags(project: &Project) -> String {
    let mut flags = vec![
        "-Ctarget-feature=+simd128".to_owned(),
        format!("--remap-path-prefix={}=/plugin", project.workspace_root.display()),
    ];
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=/cargo", home.display()));
    }
    flags.join("\x1f")
}

fn check(package: &Package, compiled: &[Compiled], target_dir: &Path) -> Result<Built, BuildError> {
    let compiled = compiled
        .iter()
        .find(|compiled| compiled.manifest_path == package.manifest_path);
    let path = compiled
        .map(|compiled| compiled.file.clone())
        .ok_or_else(|| BuildError::NoComponent {
            package: package.name.clone(),
        })?;
    let bytes = std::fs::read(&path).map_err(BuildError::file("read", &path))?;
    if !bytes.starts_with(COMPONENT_HEADER) {
        return Err(BuildError::NotAComponent { path });
    }
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
    let sources = sources::of(&path, &package.manifest_path, target_dir)?;
    Ok(Built {
        package: package.name.clone(),
        path,
        size: bytes.len() as u64,
        digest,
        sources,
    })
}

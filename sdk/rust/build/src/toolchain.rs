//! Finds the toolchain's programs and checks that it can compile for the target.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{BuildError, TARGET};

/// The cargo that runs us, else the one in the path.
pub(crate) fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The rustc beside [`cargo`], else the one in the path. A wrapper (clippy, sccache) is never taken.
fn rustc() -> PathBuf {
    let beside = PathBuf::from(cargo()).with_file_name("rustc");
    if beside.is_absolute() && beside.exists() {
        beside
    } else {
        "rustc".into()
    }
}

/// Fails with advice unless the target's standard library is there.
pub(crate) fn require_target(folder: &Path) -> Result<(), BuildError> {
    let rustc = rustc();
    let output = Command::new(&rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(folder)
        .output()
        .map_err(|source| BuildError::Run {
            program: rustc.display().to_string(),
            source,
        })?;
    let libdir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && Path::new(&libdir).is_dir() {
        return Ok(());
    }
    Err(BuildError::TargetMissing { target: TARGET })
}

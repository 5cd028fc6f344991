//! Compiles a guest of the tree as an author would.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_build::{BuildError, Options, build};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../tests/guests")
        .join(name)
}

/// Shared by all tests that compile guests, so that each is compiled once.
fn options() -> Options {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests");
    Options {
        target_dir: Some(target),
        ..Options::default()
    }
}

#[test]
fn compiles_a_guest_to_a_component() -> Outcome {
    let built = build(&guest("render-echo"), &options())?;
    assert_eq!(built.package, "guest-render-echo");
    assert!(
        built.digest.starts_with("sha256:") && built.size > 10_000,
        "{built:?}"
    );
    for source in [
        "render-echo/src/lib.rs",
        "plugin/src/lib.rs",
        "wit/v0.1",
        "guests/Cargo.lock",
    ] {
        assert!(
            built.sources.iter().any(|path| path.ends_with(source)),
            "{source} not in {:?}",
            built.sources
        );
    }
    let bytes = std::fs::read(&built.path)?;
    let home = std::env::var("HOME")?;
    let leaks = bytes.windows(home.len()).any(|window| window == home.as_bytes());
    assert!(!leaks || home == "/", "the component names {home}");
    Ok(())
}

/// An outer cargo's flags must neither break the build nor change the component.
#[test]
fn ignores_the_flags_of_an_outer_build() -> Outcome {
    let before = build(&guest("render-echo"), &options())?.digest;
    let output = Command::new(std::env::current_exe()?)
        .args(["--exact", "compiles_a_guest_to_a_component"])
        .env("RUSTFLAGS", "--no-such-flag")
        .env("CARGO_ENCODED_RUSTFLAGS", "--no-such-flag")
        .env("RUSTC_WRAPPER", "/does/not/exist")
        .env("CARGO_BUILD_TARGET", "no-such-target")
        .env("MAKEFLAGS", "-j --jobserver-auth=100,101")
        .output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert_eq!(build(&guest("render-echo"), &options())?.digest, before);
    Ok(())
}

#[test]
fn names_what_is_wrong() -> Outcome {
    let empty = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    if empty.exists() {
        std::fs::remove_dir_all(&empty)?;
    }
    std::fs::create_dir_all(&empty)?;
    let error = build(&empty, &options()).map(|built| built.path);
    assert!(matches!(error, Err(BuildError::Project { .. })), "{error:?}");
    std::fs::create_dir(empty.join("src"))?;
    std::fs::write(
        empty.join("Cargo.toml"),
        "[package]\nname = \"plain\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    std::fs::write(empty.join("src/lib.rs"), "")?;
    let error = build(&empty, &options()).map(|built| built.path);
    assert!(matches!(error, Err(BuildError::NoComponent { .. })), "{error:?}");
    std::fs::write(empty.join("src/lib.rs"), "this is no Rust")?;
    let error = build(&empty, &options()).map(|built| built.path);
    assert!(
        matches!(&error, Err(BuildError::Compile { message, .. }) if message.contains("error")),
        "{error:?}"
    );
    Ok(())
}

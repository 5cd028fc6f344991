//! The source files that git knows, with their text.

use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A file of the repository.
#[derive(Debug)]
pub struct Source {
    /// Below the repository's root.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// Number of lines.
    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Whether it holds tests only.
    pub fn is_test(&self) -> bool {
        let path = self.path.as_str();
        path.ends_with("/tests.rs")
            || path.contains("/tests/")
            || path.starts_with("tests/")
            || path.contains("/benches/")
    }
}

/// Files that are tracked, or new and not ignored, with one of these endings.
///
/// # Errors
/// `git ls-files` fails.
pub fn files(endings: &[&str]) -> Result<Vec<Source>> {
    let root = crate::root();
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output()
        .context("failed to run git ls-files")?;
    ensure!(
        output.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut out = Vec::new();
    for path in String::from_utf8(output.stdout)?.lines() {
        if !endings.iter().any(|ending| path.ends_with(ending)) {
            continue;
        }
        // a file may be deleted and not committed yet, or be no text
        if let Ok(text) = std::fs::read_to_string(root.join(path)) {
            out.push(Source {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(out)
}

//! A working copy that commits and pushes over the network, as a person does.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::temp_folder;
use crate::repository::git;

/// A clone of a repository.
#[derive(Debug)]
pub struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Clones `url`, which may be empty of commits.
    ///
    /// # Errors
    /// git fails.
    pub fn clone(url: &str) -> Result<Self> {
        let folder = temp_folder("checkout")?;
        git(Some(folder.path()), &["clone", "--quiet", url, "."])?;
        Ok(Self { folder })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below it.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn write(&self, path: &str, text: &str) -> Result<PathBuf> {
        let full = self.path().join(path);
        std::fs::create_dir_all(full.parent().context("path without a folder")?)?;
        std::fs::write(&full, text)?;
        Ok(full)
    }

    /// Replaces the first `from` in a file.
    ///
    /// # Errors
    /// The file cannot be read, or does not hold `from`.
    pub fn replace(&self, path: &str, from: &str, to: &str) -> Result<()> {
        let text = std::fs::read_to_string(self.path().join(path))?;
        anyhow::ensure!(text.contains(from), "{path} does not hold {from:?}");
        self.write(path, &text.replacen(from, to, 1)).map(drop)
    }

    /// Commits everything and pushes it; gives the commit's id.
    ///
    /// # Errors
    /// git fails.
    pub fn push(&self, message: &str) -> Result<String> {
        let folder = Some(self.path());
        git(folder, &["add", "--all"])?;
        git(folder, &["commit", "--quiet", "--message", message])?;
        git(folder, &["push", "--quiet", "origin", "HEAD"])?;
        git(folder, &["rev-parse", "HEAD"])
    }
}

//! A case: files, the directory that is built, and how; written to disk, and kept as one text.
//!
//! The text is a list of sections: a line `-- path --` and the file's bytes up to the next such line. A file without a
//! line break at its end says so in its heading (`-- path without newline --`), carriage returns and all other bytes
//! stand as they are.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// One build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Paths from the root of the case, with bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// The directory to build.
    pub directory: String,
    /// `--reorder`: nothing, `none` or `legacy`.
    pub reorder: &'static str,
    /// `--load-restrictor LoadRestrictionsNone`
    pub anywhere: bool,
}

impl Case {
    /// Writes the files below a folder that is made anew.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, root: &Path) -> Result<()> {
        if root.exists() {
            fs::remove_dir_all(root).with_context(|| format!("removing {}", root.display()))?;
        }
        for (path, bytes) in &self.files {
            let full = root.join(path);
            let parent = full.parent().context("a file in a folder")?;
            fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
            fs::write(&full, bytes).with_context(|| format!("writing {}", full.display()))?;
        }
        fs::create_dir_all(root.join(&self.directory))?;
        Ok(())
    }

    /// True when any file could change the schemas of the process that builds it.
    pub fn sets_schema(&self) -> bool {
        self.files
            .iter()
            .any(|(_, bytes)| bytes.windows(7).any(|window| window == b"openapi"))
    }

    /// The case as text with what came out, to be kept under `plugins/lib/kustomize/tests/cases`.
    pub fn to_text(&self, note: &str, outcome: &Result<String, String>) -> Vec<u8> {
        let mut out = Vec::new();
        for line in note.lines() {
            out.extend(format!("# {line}\n").into_bytes());
        }
        out.extend(format!("directory: {}\n", self.directory).into_bytes());
        if !self.reorder.is_empty() {
            out.extend(format!("reorder: {}\n", self.reorder).into_bytes());
        }
        if self.anywhere {
            out.extend(b"load-restrictor: LoadRestrictionsNone\n");
        }
        for (path, bytes) in &self.files {
            section(&mut out, path, bytes);
        }
        match outcome {
            Ok(text) => section(&mut out, "expected", text.as_bytes()),
            Err(text) => section(&mut out, "error", text.as_bytes()),
        }
        out
    }
}

fn section(out: &mut Vec<u8>, name: &str, bytes: &[u8]) {
    let whole = bytes.is_empty() || bytes.ends_with(b"\n");
    let note = if whole { "" } else { " without newline" };
    out.extend(format!("-- {name}{note} --\n").into_bytes());
    out.extend(bytes);
    if !whole {
        out.push(b'\n');
    }
}

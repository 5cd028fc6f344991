//! A bare git repository; commits are made with `git fast-import`, so thousands of files take a moment.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// One changed path of a commit.
#[derive(Debug, Clone)]
pub enum Change {
    /// A file with its bytes.
    Write(String, Vec<u8>),
    /// An executable file with its bytes.
    WriteExecutable(String, Vec<u8>),
    /// A symlink with its target.
    Link(String, String),
    /// Removes a file or folder.
    Remove(String),
}

impl Change {
    /// A text file.
    pub fn text(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Write(path.into(), text.into().into_bytes())
    }

    fn write_to(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        let (mode, path, data) = match self {
            Self::Write(path, data) => ("100644", path, data.as_slice()),
            Self::WriteExecutable(path, data) => ("100755", path, data.as_slice()),
            Self::Link(path, target) => ("120000", path, target.as_bytes()),
            Self::Remove(path) => return writeln!(out, "D {path}"),
        };
        writeln!(out, "M {mode} inline {path}")?;
        write_data(out, data)
    }
}

fn write_data(out: &mut Vec<u8>, data: &[u8]) -> std::io::Result<()> {
    writeln!(out, "data {}", data.len())?;
    out.extend_from_slice(data);
    out.push(b'\n');
    Ok(())
}

/// A bare repository on disk.
#[derive(Debug, Clone)]
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    /// Makes `<root>/<name>.git` with `main` as its default branch, open for pushes.
    ///
    /// # Errors
    /// git fails.
    pub fn create(root: &Path, name: &str) -> Result<Self> {
        let path = root.join(format!("{name}.git"));
        let repository = Self { path };
        git(
            None,
            &[
                "init",
                "--quiet",
                "--bare",
                "--initial-branch=main",
                &repository.path.to_string_lossy(),
            ],
        )?;
        repository.git(&["config", "http.receivepack", "true"])?;
        repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"])?;
        repository.git(&["config", "uploadpack.allowFilter", "true"])?;
        // a bench commits often; packing behind its back would cost CPU
        repository.git(&["config", "gc.auto", "0"])?;
        Ok(repository)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path below a server's root, for example `app.git`.
    pub fn name(&self) -> String {
        self.path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Runs git in it and gives the trimmed output.
    ///
    /// # Errors
    /// git fails; the error has its messages.
    pub fn git(&self, args: &[&str]) -> Result<String> {
        git(Some(&self.path), args)
    }

    /// Adds a commit to a branch (made when it does not exist) and gives its id.
    ///
    /// # Errors
    /// git fails.
    pub fn commit(&self, branch: &str, message: &str, changes: &[Change]) -> Result<String> {
        let reference = format!("refs/heads/{branch}");
        let parent = self.git(&["rev-parse", "--verify", "--quiet", &reference]).ok();
        let mut stream = Vec::new();
        writeln!(stream, "commit {reference}")?;
        writeln!(stream, "committer Testbed <testbed@example.com> now")?;
        write_data(&mut stream, message.as_bytes())?;
        if let Some(parent) = parent {
            writeln!(stream, "from {parent}")?;
        }
        for change in changes {
            change.write_to(&mut stream)?;
        }
        self.fast_import(&stream)?;
        self.git(&["rev-parse", &reference])
    }

    /// Tags a commit with a light tag.
    ///
    /// # Errors
    /// git fails.
    pub fn tag(&self, name: &str, commit: &str) -> Result<()> {
        self.git(&["tag", "--force", name, commit]).map(drop)
    }

    /// Deletes a branch.
    ///
    /// # Errors
    /// git fails.
    pub fn delete_branch(&self, name: &str) -> Result<()> {
        self.git(&["update-ref", "-d", &format!("refs/heads/{name}")])
            .map(drop)
    }

    fn fast_import(&self, stream: &[u8]) -> Result<()> {
        let mut child = command(Some(&self.path))
            .args(["fast-import", "--quiet", "--force", "--date-format=now"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let written = child
            .stdin
            .take()
            .context("stdin of git fast-import")?
            .write_all(stream);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("git fast-import: {}", String::from_utf8_lossy(&output.stderr));
        }
        written.context("write to git fast-import")
    }
}

/// git without the user's configuration.
pub(crate) fn command(folder: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    for (key, value) in ISOLATED {
        command.env(key, value);
    }
    command
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .env_remove("GIT_WORK_TREE");
    command
}

/// What keeps git independent of the machine's configuration.
pub(crate) const ISOLATED: [(&str, &str); 7] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_AUTHOR_NAME", "Testbed"),
    ("GIT_AUTHOR_EMAIL", "testbed@example.com"),
    ("GIT_COMMITTER_NAME", "Testbed"),
    ("GIT_COMMITTER_EMAIL", "testbed@example.com"),
];

/// Runs git and gives its trimmed output.
pub(crate) fn git(folder: Option<&Path>, args: &[&str]) -> Result<String> {
    let output = command(folder).args(args).output().context("run git")?;
    if !output.status.success() {
        bail!(
            "git {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::temp_folder;

    #[test]
    fn commits_build_on_each_other() {
        let root = temp_folder("repository").unwrap();
        let repository = Repository::create(root.path(), "app").unwrap();
        let many: Vec<Change> = (0..2000)
            .map(|i| Change::text(format!("filler/{i}.txt"), format!("{i}\n")))
            .collect();
        let first = repository.commit("main", "many", &many).unwrap();
        let changes = [
            Change::Remove("filler/7.txt".into()),
            Change::WriteExecutable("run.sh".into(), b"#!/bin/sh\n".to_vec()),
            Change::Link("link".into(), "run.sh".into()),
        ];
        let second = repository.commit("main", "few", &changes).unwrap();
        assert_eq!(repository.git(&["rev-parse", "main^"]).unwrap(), first);
        let names = repository
            .git(&["ls-tree", "-r", "--format=%(objectmode) %(path)", "main"])
            .unwrap();
        assert_eq!(names.lines().count(), 2001);
        assert!(
            names.contains("100755 run.sh")
                && names.contains("120000 link")
                && !names.contains("filler/7.txt")
        );
        repository.tag("v1.0.0", &second).unwrap();
        assert_eq!(repository.git(&["rev-parse", "v1.0.0"]).unwrap(), second);
        assert!(repository.git(&["rev-parse", "nothing"]).is_err());
    }
}

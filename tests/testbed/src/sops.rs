//! The real sops and age-keygen: makes keys and encrypted files as a user does.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use crate::programs;
use crate::vault::{ROOT_TOKEN, Vault};

/// An age key in a folder of its own.
pub struct AgeKey {
    folder: tempfile::TempDir,
    recipient: String,
}

impl AgeKey {
    /// A new key.
    ///
    /// # Errors
    /// age-keygen is not there or fails.
    pub fn generate() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("key.txt");
        run(Command::new(programs::find("age-keygen")?).arg("-o").arg(&path))?;
        let text = std::fs::read_to_string(&path)?;
        let recipient = text.lines().find_map(|line| line.strip_prefix("# public key: "));
        let recipient = recipient.context("the key file names no public key")?.to_owned();
        Ok(Self { folder, recipient })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("key.txt")
    }

    /// The text of the key file, as a Secret holds it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn text(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.path())?)
    }

    /// `sops encrypt` of a file with this name and text; `args` are more of its flags.
    ///
    /// # Errors
    /// sops is not there or refuses.
    pub fn encrypt(&self, name: &str, text: &str, args: &[&str]) -> Result<String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        let mut command = self.sops("encrypt")?;
        let output = run(command.args(["--age", &self.recipient]).args(args).arg(&path))?;
        Ok(String::from_utf8(output.stdout)?)
    }

    /// `sops decrypt` of a file with this name and text.
    ///
    /// # Errors
    /// sops is not there or refuses.
    pub fn decrypt(&self, name: &str, text: &[u8]) -> Result<Vec<u8>> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(run(self.sops("decrypt")?.arg(&path))?.stdout)
    }

    fn sops(&self, verb: &str) -> Result<Command> {
        let mut command = Command::new(programs::find("sops")?);
        command
            .arg(verb)
            .env("SOPS_AGE_KEY_FILE", self.path())
            .current_dir(self.folder());
        Ok(command)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// `sops encrypt` of a file for a key of Vault's transit engine.
///
/// # Errors
/// sops is not there or refuses.
pub fn encrypt_for_vault(vault: &Vault, name: &str, text: &str, args: &[&str]) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join(name);
    std::fs::write(&path, text)?;
    let key = format!("{}/v1/transit/keys/main", vault.address());
    let mut command = Command::new(programs::find("sops")?);
    command
        .args(["encrypt", "--hc-vault-transit", &key])
        .args(args)
        .arg(&path);
    command
        .env("VAULT_TOKEN", ROOT_TOKEN)
        .env("HOME", folder.path())
        .current_dir(folder.path());
    Ok(String::from_utf8(run(&mut command)?.stdout)?)
}

fn run(command: &mut Command) -> Result<Output> {
    let output = command.output().with_context(|| format!("run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(output)
}

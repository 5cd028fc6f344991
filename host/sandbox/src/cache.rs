//! Compiled components on disk: a folder only we can enter, an entry a digest and engine, each with its own checksum.
//!
//! An entry is machine code, so it is used only when its checksum, which binds it to the component's digest and to the
//! engine's settings, is right; a damaged or foreign one is compiled again.

use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, process};

use sha2::{Digest as _, Sha256};
use sluice_model::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::SandboxError;

const CODE: &str = "cwasm";
const SUM: &str = "sum";

/// The folder of one engine.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
    folder: PathBuf,
    engine: Digest,
    limit: u64,
}

/// What a look-up gave.
pub(crate) enum Found {
    /// Ready to run.
    Hit(Component),
    /// Not there.
    Miss,
    /// There, but not to be trusted.
    Rejected(String),
}

impl Cache {
    /// Opens the folder, made when it is missing, and refuses one that others may enter.
    pub(crate) fn open(root: &Path, limit: u64, engine: &Engine) -> Result<Self, SandboxError> {
        let fail = |reason: String| SandboxError::Cache {
            path: root.display().to_string(),
            reason,
        };
        let engine = engine_id(engine);
        let folder = root.join(&engine.hex()[..16]);
        for dir in [root, &folder] {
            make_private(dir).map_err(|error| fail(error.to_string()))?;
        }
        Ok(Self {
            root: root.to_owned(),
            folder,
            engine,
            limit,
        })
    }

    fn path(&self, digest: &Digest, kind: &str) -> PathBuf {
        self.folder.join(format!("{}.{kind}", digest.hex()))
    }

    /// The compiled form of a component.
    pub(crate) fn load(&self, engine: &Engine, digest: &Digest) -> Found {
        let (code, sum) = (self.path(digest, CODE), self.path(digest, SUM));
        let expected = match fs::read_to_string(&sum) {
            Ok(expected) => expected,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !code.exists() => return Found::Miss,
            Err(error) => return Found::Rejected(format!("its checksum cannot be read: {error}")),
        };
        match self.checksum_of(&code, digest) {
            Ok(actual) if actual.to_string() == expected.trim() => {}
            Ok(_) => return Found::Rejected("its checksum is wrong".into()),
            Err(error) => return Found::Rejected(error.to_string()),
        }
        match map(engine, &code) {
            Ok(component) => Found::Hit(component),
            Err(error) => Found::Rejected(format!("{error:#}")),
        }
    }

    /// Keeps a compiled form: written beside, then renamed; the checksum comes last.
    pub(crate) fn store(&self, digest: &Digest, compiled: &[u8]) -> io::Result<()> {
        self.make_room(compiled.len() as u64)?;
        let mut sum = self.checksum(digest);
        sum.update(compiled);
        let sum = Digest::from_bytes(sum.finalize().into());
        let (code, sum_path) = (self.path(digest, CODE), self.path(digest, SUM));
        // Never a new code beside an old checksum.
        remove(&sum_path)?;
        write_private(&code, compiled)?;
        write_private(&sum_path, sum.to_string().as_bytes())
    }

    /// Binds an entry to its component and engine: one that was moved to another name is foreign.
    fn checksum(&self, digest: &Digest) -> Sha256 {
        let mut sum = Sha256::new();
        sum.update(b"sluice compiled component 1\0");
        sum.update(digest.as_bytes());
        sum.update(self.engine.as_bytes());
        sum
    }

    fn checksum_of(&self, path: &Path, digest: &Digest) -> io::Result<Digest> {
        let mut file = fs::File::open(path)?;
        let (file_meta, dir_meta) = (file.metadata()?, fs::metadata(&self.folder)?);
        let link = fs::symlink_metadata(path)?.is_symlink();
        if link || !file_meta.is_file() || file_meta.uid() != dir_meta.uid() || file_meta.mode() & 0o022 != 0
        {
            return Err(io::Error::other("it is no file of ours"));
        }
        let mut sum = self.checksum(digest);
        let mut chunk = vec![0; 256 << 10];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(Digest::from_bytes(sum.finalize().into())),
                read => sum.update(&chunk[..read]),
            }
        }
    }

    /// Removes the oldest entries, of all engines, until `bytes` more fit.
    fn make_room(&self, bytes: u64) -> io::Result<()> {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for folder in fs::read_dir(&self.root)?
            .flatten()
            .filter(|entry| entry.path().is_dir())
        {
            for entry in fs::read_dir(folder.path())?.flatten() {
                let meta = entry.metadata()?;
                entries.push((
                    meta.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    meta.len(),
                    entry.path(),
                ));
            }
        }
        entries.sort();
        let mut total = bytes + entries.iter().map(|(_, size, _)| size).sum::<u64>();
        for (_, size, path) in entries {
            if total <= self.limit {
                break;
            }
            remove(&path)?;
            total -= size;
        }
        Ok(())
    }
}

/// Identifies everything that compiled code depends on: wasmtime's version, settings and CPU features.
fn engine_id(engine: &Engine) -> Digest {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.write(std::env::consts::ARCH.as_bytes());
    Digest::from_bytes(hasher.0.finalize().into())
}

/// Maps compiled code into memory.
#[allow(unsafe_code)]
fn map(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must come from wasmtime's own serialisation and stay unmodified. Both hold: the checksum that was
    // compared above is written only by `store`, after compiling, and binds the bytes to this component and engine; the
    // folder has mode 0700, so only processes of our own user, who could replace this program as well, can change it.
    // Entries of another wasmtime version are in another folder, and refused by wasmtime itself.
    unsafe { Component::deserialize_file(engine, path) }
}

/// A folder with mode 0700 that belongs to us.
fn make_private(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let meta = fs::metadata(dir)?;
    if meta.mode() & 0o077 != 0 {
        // Works for the owner only, so this is also the check of ownership.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    let probe = dir.join(format!(".probe-{}", process::id()));
    write_private(&probe, b"")?;
    let ours = fs::metadata(&probe)?.uid();
    remove(&probe)?;
    if ours != meta.uid() {
        return Err(io::Error::other("it belongs to another user"));
    }
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.tmp", process::id()));
    remove(&beside)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(bytes)?;
    drop(file);
    fs::rename(&beside, path)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

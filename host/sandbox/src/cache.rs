//! Compiled components on disk: a folder only we can enter, an entry a digest and engine, each with its own checksum.
//!
//! An entry is machine code, so it is used only when its checksum, which binds it to the component's digest and to the
//! engine's settings, is right; a damaged or foreign one is compiled again. Megabytes are not hashed at every start:
//! beside the checksum stands the stamp (inode, size, times of change) of the file for which it was right, and whoever
//! writes to that file gives it another one. Bytes that change on the disk below the file system go unnoticed then, as
//! they do in this program's own file.

use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, process};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sluice_model::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::describe::RawDescription;
use crate::error::SandboxError;
use crate::inspect::Inspection;

const CODE: &str = "cwasm";
const SUM: &str = "sum";
const ABOUT: &str = "about";
/// How old the last change of a file must be for its stamp to be noted: a second write within one tick of the file
/// system's clock would leave the stamp as it is.
const SETTLED: Duration = Duration::from_secs(2);

/// Longest record about a component; a schema is at most as long as a description may be.
const MAX_ABOUT: u64 = 4 << 20;

/// What was found out about a component when it was loaded for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) inspection: Inspection,
    pub(crate) description: RawDescription,
}

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
        match self.is_right(&code, &sum, digest, &expected) {
            Ok(true) => {}
            Ok(false) => return Found::Rejected("its checksum is wrong".into()),
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

    /// What was found out about a component; none when it is not there or damaged.
    pub(crate) fn about(&self, digest: &Digest) -> Option<About> {
        let mut text = String::new();
        let file = self.open_ours(&self.path(digest, ABOUT)).ok()?;
        file.take(MAX_ABOUT).read_to_string(&mut text).ok()?;
        let (sum, json) = text.split_once('\n')?;
        (sum == self.checksum_of_about(digest, json)).then(|| serde_json::from_str(json).ok())?
    }

    /// Keeps what was found out about a component.
    pub(crate) fn keep_about(&self, digest: &Digest, about: &About) -> io::Result<()> {
        let json = serde_json::to_string(about)?;
        let text = format!("{}\n{json}", self.checksum_of_about(digest, &json));
        write_private(&self.path(digest, ABOUT), text.as_bytes())
    }

    fn checksum_of_about(&self, digest: &Digest, json: &str) -> String {
        let mut sum = self.checksum(digest);
        sum.update(b"about\0");
        sum.update(json.as_bytes());
        Digest::from_bytes(sum.finalize().into()).to_string()
    }

    /// Binds an entry to its component and engine: one that was moved to another name is foreign.
    fn checksum(&self, digest: &Digest) -> Sha256 {
        let mut sum = Sha256::new();
        sum.update(b"sluice compiled component 1\0");
        sum.update(digest.as_bytes());
        sum.update(self.engine.as_bytes());
        sum
    }

    /// Compares an entry with what `noted` says of it: its stamp, or else its checksum, whose stamp is then noted.
    fn is_right(&self, code: &Path, sum: &Path, digest: &Digest, noted: &str) -> io::Result<bool> {
        let mut file = self.open_ours(code)?;
        // Before the bytes are read: whoever writes meanwhile gives the file another stamp than this one.
        let meta = file.metadata()?;
        let stamp = self.stamp(digest, &meta).to_string();
        let mut lines = noted.lines();
        let expected = lines.next().unwrap_or_default();
        if lines.next() == Some(stamp.as_str()) {
            return Ok(true);
        }
        if self.checksum_of(&mut file, digest)?.to_string() != expected {
            return Ok(false);
        }
        if is_settled(&meta) {
            // A folder that cannot be written to only means that the next start compares again.
            let _ = write_private(sum, format!("{expected}\n{stamp}\n").as_bytes());
        }
        Ok(true)
    }

    /// Opens a file that only our user can have written.
    fn open_ours(&self, path: &Path) -> io::Result<fs::File> {
        let file = fs::File::open(path)?;
        let (file_meta, dir_meta) = (file.metadata()?, fs::metadata(&self.folder)?);
        let link = fs::symlink_metadata(path)?.is_symlink();
        if link || !file_meta.is_file() || file_meta.uid() != dir_meta.uid() || file_meta.mode() & 0o022 != 0
        {
            return Err(io::Error::other("it is no file of ours"));
        }
        Ok(file)
    }

    fn checksum_of(&self, file: &mut fs::File, digest: &Digest) -> io::Result<Digest> {
        let mut sum = self.checksum(digest);
        let mut chunk = vec![0; 256 << 10];
        loop {
            match file.read(&mut chunk)? {
                0 => return Ok(Digest::from_bytes(sum.finalize().into())),
                read => sum.update(&chunk[..read]),
            }
        }
    }

    /// Identifies a state of a file. The time of change (ctime) moves with every write and rename, and no program can
    /// set it.
    fn stamp(&self, digest: &Digest, meta: &fs::Metadata) -> Digest {
        let mut sum = self.checksum(digest);
        let numbers = [
            i64::from_ne_bytes(meta.dev().to_ne_bytes()),
            i64::from_ne_bytes(meta.ino().to_ne_bytes()),
            i64::from_ne_bytes(meta.size().to_ne_bytes()),
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ];
        for number in numbers {
            sum.update(number.to_ne_bytes());
        }
        sum.update(b"stamp");
        Digest::from_bytes(sum.finalize().into())
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

/// Whether the last change of a file, by its ctime, is long enough ago; one in the future is not.
fn is_settled(meta: &fs::Metadata) -> bool {
    let (Ok(seconds), Ok(nanos)) = (u64::try_from(meta.ctime()), u32::try_from(meta.ctime_nsec())) else {
        return false;
    };
    let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
    changed.elapsed().is_ok_and(|age| age >= SETTLED)
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
    // compared (above, or when the stamp of this state of the file was noted) is made only by `store`, after compiling,
    // and binds the bytes to this component and engine; the folder has mode 0700, so only processes of our own user, who
    // could replace this program as well, can change it. A checksum or a stamp that such a process forges is no news:
    // neither has a key, both guard against damage, mix-ups and half-written files.
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
    // The kernel gives our user as the owner of /proc/self, or root for a process that hides itself.
    let owns = |uid: u32| uid == meta.uid();
    if fs::metadata("/proc/self").is_ok_and(|process| owns(process.uid())) || owns(uid_of_new_file(dir)?) {
        return Ok(());
    }
    Err(io::Error::other("it belongs to another user"))
}

fn uid_of_new_file(dir: &Path) -> io::Result<u32> {
    let probe = dir.join(format!(".probe-{}", process::id()));
    write_private(&probe, b"")?;
    let uid = fs::metadata(&probe)?.uid();
    remove(&probe)?;
    Ok(uid)
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

//! Components as they were pulled, on disk beside their compiled form: a start without the registry runs what ran before.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sluice_model::Digest;

/// Pulled components by the digest of their manifest. A file's name carries the digest of its content as well, which is
/// checked when it is read; the cache of compiled plugins, whose folder this one is in, bounds the size of both.
#[derive(Debug, Clone, Default)]
pub struct KeptComponents {
    folder: Option<PathBuf>,
}

impl KeptComponents {
    /// Those of a cache of plugins; without one nothing is kept.
    pub fn below(plugin_cache: Option<&Path>) -> Self {
        Self {
            folder: plugin_cache.map(|cache| cache.join("components")),
        }
    }

    /// Keeps a component.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn keep(&self, manifest: Digest, component: &[u8]) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let name = format!("{}-{}.wasm", manifest.hex(), Digest::of(component).hex());
        let written = folder.join(format!(".{name}.{}", std::process::id()));
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&written)?;
        file.write_all(component)?;
        fs::rename(&written, folder.join(name))
    }

    /// The component of a manifest of at most `limit` bytes; none when it is not kept, or is not what its name says.
    pub fn find(&self, manifest: Digest, limit: u64) -> Option<Bytes> {
        let prefix = format!("{}-", manifest.hex());
        let entries = fs::read_dir(self.folder.as_ref()?).ok()?;
        entries.flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let content = name.strip_prefix(&prefix)?.strip_suffix(".wasm")?;
            let mut component = Vec::new();
            let file = fs::File::open(entry.path()).ok()?;
            file.take(limit).read_to_end(&mut component).ok()?;
            (Digest::of(&component).hex() == content).then(|| component.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 1024;

    #[test]
    fn what_was_kept_is_found_while_it_is_unchanged() {
        let cache = tempfile::tempdir().expect("a folder");
        let kept = KeptComponents::below(Some(cache.path()));
        let manifest = Digest::of(b"manifest");
        assert!(kept.find(manifest, LIMIT).is_none());
        kept.keep(manifest, b"component").expect("kept");
        assert_eq!(
            kept.find(manifest, LIMIT).as_deref(),
            Some(b"component".as_slice())
        );
        assert!(kept.find(manifest, 3).is_none(), "longer than what is read");
        assert!(kept.find(Digest::of(b"other"), LIMIT).is_none());

        let entry = fs::read_dir(cache.path().join("components"))
            .expect("a folder")
            .next()
            .expect("a file")
            .expect("an entry");
        fs::write(entry.path(), b"c0mponent").expect("written");
        assert!(
            kept.find(manifest, LIMIT).is_none(),
            "it is not what its name says"
        );
    }

    #[test]
    fn without_a_cache_nothing_is_kept() {
        let kept = KeptComponents::default();
        kept.keep(Digest::of(b"m"), b"c").expect("nothing to do");
        assert!(kept.find(Digest::of(b"m"), LIMIT).is_none());
    }
}

//! Artifacts that are one file as it is: packed charts and indexes of Helm repositories.

use std::io::{self, Read, Seek, Write};

use indexmap::IndexMap;
use sluice_model::{Artifact, Digest};

use super::{ArtifactStore, StoreError, now};
use crate::owner::{Owner, check_component};
use crate::replace::{Durability, replace};

/// What becomes an artifact of one file.
#[derive(Debug, Clone, Copy)]
pub struct FileContent<'a> {
    /// For example a chart's version.
    pub revision: &'a str,
    /// The file's name.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl ArtifactStore {
    /// Writes a file and makes it the object's newest artifact. What failed on the way leaves the previous artifact as it
    /// was (C4).
    ///
    /// # Errors
    /// The name is none (H6), or the disk does not take the bytes.
    pub fn put_file(&self, owner: &Owner, content: &FileContent<'_>) -> Result<Artifact, StoreError> {
        check_component(content.name)?;
        let folder = owner.folder();
        let path = format!("{folder}/{}", content.name);
        let dir = self.folder(&folder)?;
        replace(&dir, content.name, Durability::Synced, |out| {
            out.write_all(content.bytes)
        })
        .map_err(|source| StoreError::WriteFile {
            path: path.clone(),
            source,
        })?;
        let mut artifact = Artifact {
            path,
            url: String::new(),
            revision: content.revision.to_owned(),
            digest: Digest::of(content.bytes),
            last_update_time: now(),
            size: content.bytes.len() as u64,
            metadata: IndexMap::new(),
        };
        self.rewrite_url(&mut artifact);
        Ok(artifact)
    }

    /// The bytes of an artifact, checked against its digest.
    ///
    /// # Errors
    /// It is gone, another one, or has more than `limit` bytes.
    pub fn read_file(&self, artifact: &Artifact, limit: u64) -> Result<Vec<u8>, StoreError> {
        let mut file = self.checked_file(artifact)?;
        let fail = |source| StoreError::Read {
            path: artifact.path.clone(),
            source,
        };
        file.rewind().map_err(fail)?;
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        if bytes.len() as u64 > limit {
            let message = format!("it has more than {limit} bytes");
            return Err(fail(io::Error::new(io::ErrorKind::FileTooLarge, message)));
        }
        Ok(bytes)
    }

    /// Lets a name in the object's folder lead to an artifact, and gives its address; Flux's `status.url`.
    ///
    /// # Errors
    /// The link cannot be made.
    pub fn link(&self, owner: &Owner, name: &str, artifact: &Artifact) -> Result<String, StoreError> {
        check_component(name)?;
        let folder = owner.folder();
        let path = format!("{folder}/{name}");
        let fail = |source| StoreError::WriteFile {
            path: path.clone(),
            source,
        };
        let target = artifact.path.rsplit('/').next().unwrap_or_default();
        check_component(target)?;
        let (dir, temporary) = (self.folder(&folder)?, format!("{name}.lock"));
        match dir.remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        dir.symlink(target, &temporary).map_err(fail)?;
        dir.rename(&temporary, &dir, name).map_err(fail)?;
        Ok(self.url_of(&path))
    }

    /// The address that a link has now.
    pub fn link_url(&self, owner: &Owner, name: &str) -> String {
        self.url_of(&format!("{}/{name}", owner.folder()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreConfig;

    fn content<'a>(name: &'a str, bytes: &'a [u8]) -> FileContent<'a> {
        FileContent {
            revision: "1.0.0",
            name,
            bytes,
        }
    }

    #[test]
    fn a_file_is_stored_linked_read_and_collected() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = StoreConfig::new(folder.path(), "sluice.test");
        config.retention_ttl = std::time::Duration::ZERO;
        let store = ArtifactStore::open(config).expect("opens");
        let owner = Owner::new("HelmChart", "ns", "web").expect("names");
        let old = store
            .put_file(&owner, &content("web-1.0.0+b.tgz", b"old"))
            .expect("stores");
        assert_eq!(old.url, "http://sluice.test/helmchart/ns/web/web-1.0.0+b.tgz");
        let new = store
            .put_file(&owner, &content("web-1.1.0.tgz", b"new"))
            .expect("stores");
        let url = store.link(&owner, "latest.tar.gz", &old).expect("links");
        assert_eq!(url, "http://sluice.test/helmchart/ns/web/latest.tar.gz");
        assert_eq!(
            store.link(&owner, "latest.tar.gz", &new).expect("links again"),
            url
        );
        assert_eq!(store.read_file(&new, 3).expect("reads"), b"new");
        assert!(store.read_file(&new, 2).is_err());
        let linked = folder.path().join("helmchart/ns/web/latest.tar.gz");
        assert_eq!(std::fs::read(&linked).expect("reads"), b"new");
        std::thread::sleep(std::time::Duration::from_millis(5));
        let gone = store.collect_garbage(&owner, Some(&new)).expect("collects");
        assert_eq!(gone, ["web-1.0.0+b.tgz"]);
        assert_eq!(std::fs::read(&linked).expect("reads"), b"new");
        std::fs::write(folder.path().join(&new.path), b"bad").expect("writes");
        assert!(store.verify(&new).is_err() && store.read_file(&new, 3).is_err());
    }

    /// H6 (CVE-2024-25620): the name or version of a chart is no path.
    #[test]
    fn h6_names_that_are_paths_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = ArtifactStore::open(StoreConfig::new(folder.path(), "h")).expect("opens");
        let owner = Owner::new("HelmChart", "ns", "web").expect("names");
        for name in ["../x.tgz", "a/b.tgz", ".hidden", "", &"x".repeat(300)] {
            assert!(store.put_file(&owner, &content(name, b"x")).is_err(), "{name}");
        }
    }
}

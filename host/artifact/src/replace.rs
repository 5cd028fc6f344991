//! Replaces a file whole: a temporary file in the same folder, flushed to disk, then renamed over the name.

use std::io::{self, BufWriter, Write};

use cap_std::fs::{File, Permissions, PermissionsExt};
use cap_std::fs_utf8::Dir;
use cap_tempfile::TempFile;

/// Whether the bytes must be on disk before the call returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// fsync of the file and of its folder.
    Synced,
    /// A cache: a torn file is found by its digest.
    Lazy,
}

/// Writes `name` in `dir` through `fill`. When anything fails, what stood there stands (C4).
pub(crate) fn replace<T, E: From<io::Error>>(
    dir: &Dir,
    name: &str,
    durability: Durability,
    fill: impl FnOnce(&mut BufWriter<&mut File>) -> Result<T, E>,
) -> Result<T, E> {
    let mut temporary = TempFile::new(dir.as_cap_std())?;
    let mut out = BufWriter::with_capacity(64 * 1024, temporary.as_file_mut());
    let value = fill(&mut out)?;
    out.flush()?;
    drop(out);
    temporary
        .as_file()
        .set_permissions(Permissions::from_mode(0o600))?;
    if durability == Durability::Synced {
        temporary.as_file().sync_all()?;
    }
    temporary.replace(name)?;
    if durability == Durability::Synced {
        dir.open(".")?.sync_all()?;
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;

    fn folder() -> (tempfile::TempDir, Dir) {
        let path = tempfile::tempdir().expect("temporary folder");
        let text = path.path().to_str().expect("UTF-8").to_owned();
        let dir = Dir::open_ambient_dir(text, ambient_authority()).expect("opens");
        (path, dir)
    }

    /// C4: an error while writing, and one while renaming, keep the old file and leave nothing beside it.
    #[test]
    fn a_failed_write_keeps_the_old_file() {
        let (_path, dir) = folder();
        replace::<_, io::Error>(&dir, "a", Durability::Synced, |out| out.write_all(b"old")).expect("writes");
        let full = replace::<(), _>(&dir, "a", Durability::Synced, |out| {
            out.write_all(b"half of the new")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert_eq!(full.expect_err("is full").kind(), io::ErrorKind::StorageFull);
        dir.create_dir("taken").expect("creates");
        let renamed = replace::<_, io::Error>(&dir, "taken", Durability::Synced, |out| out.write_all(b"x"));
        assert!(renamed.is_err());
        assert_eq!(dir.read_to_string("a").expect("reads"), "old");
        assert_eq!(
            dir.entries().expect("lists").count(),
            2,
            "no temporary file is left"
        );
    }
}

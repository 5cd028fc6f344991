//! Several trees as one: the source at the root, what came from elsewhere in directories that no path of a source names.

use std::collections::BTreeMap;

use crate::files::{Entry, EntryKind, Files, FilesError};

/// First name of the directories of other trees. A tree's names hold no NUL.
const MOUNTS: &str = "/\0";

/// The source with the other inputs of a build.
pub struct Mounts<F> {
    main: F,
    others: Vec<F>,
}

impl<F: Files> Mounts<F> {
    /// The trees, and the directories of the others by their names.
    pub fn new(main: F, others: Vec<(String, F)>) -> (Self, BTreeMap<String, String>) {
        let names = others.iter().enumerate();
        let held = names
            .map(|(at, (name, _))| (name.clone(), format!("{MOUNTS}{at}")))
            .collect();
        let others = others.into_iter().map(|(_, tree)| tree).collect();
        (Self { main, others }, held)
    }

    /// The tree that a path is in, and the path there.
    fn find<'p>(&self, path: &'p str) -> Result<(&F, &'p str, &'p str), FilesError> {
        let Some(rest) = path.strip_prefix(MOUNTS) else {
            return Ok((&self.main, "", path));
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let at: Option<usize> = rest[..end].parse().ok();
        let tree = at
            .and_then(|at| self.others.get(at))
            .ok_or(FilesError::NotFound)?;
        let below = if end == rest.len() { "/" } else { &rest[end..] };
        Ok((tree, &path[..MOUNTS.len() + end], below))
    }
}

impl<F: Files> Files for Mounts<F> {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let (tree, _, path) = self.find(dir)?;
        tree.entries(path)
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        let (tree, _, path) = self.find(path)?;
        tree.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        let (tree, _, path) = self.find(path)?;
        tree.read(path)
    }

    fn read_many(&self, paths: &[String]) -> Result<Vec<Vec<u8>>, (String, FilesError)> {
        if paths.iter().any(|path| path.starts_with(MOUNTS)) {
            let read = |path: &String| self.read(path).map_err(|error| (path.clone(), error));
            return paths.iter().map(read).collect();
        }
        self.main.read_many(paths)
    }

    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        let (tree, mount, path) = self.find(path)?;
        let resolved = tree.resolve(path)?;
        Ok(match (mount, resolved.as_str()) {
            ("", _) => resolved,
            (_, "/") => mount.to_owned(),
            _ => format!("{mount}{resolved}"),
        })
    }

    fn is_file_system(&self) -> bool {
        self.main.is_file_system()
    }
}

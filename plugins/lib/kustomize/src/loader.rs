//! Reads the files that one kustomization names, and finds the next ones, inside of the rules of the build.

use crate::error::{Error, Result, Within};
use crate::files::{EntryKind, FilesError, is_in, join, parent};
use crate::kustomization::decode::{Decode, Place};
use crate::options::LoadRestriction;
use crate::remote::{is_remote_file, is_repository};
use crate::session::Session;

/// Reads files for the kustomization of one directory.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    session: &'a Session<'a>,
    root: String,
    /// Directories of the kustomizations that led here, the outermost first.
    above: Vec<String>,
}

impl<'a> Loader<'a> {
    /// The loader of the directory that is built.
    pub fn new(session: &'a Session<'a>, directory: &str) -> Result<Self> {
        if is_remote_file(directory) || is_repository(directory) {
            return Err(Error::Remote {
                url: directory.into(),
            });
        }
        let path = join("/", directory).map_err(|_| Error::Escape {
            path: directory.into(),
        })?;
        let root = confirm_directory(session, &path)?;
        session.count_load()?;
        Ok(Self {
            session,
            root,
            above: Vec::new(),
        })
    }

    /// The build's shared state.
    pub fn session(&self) -> &'a Session<'a> {
        self.session
    }

    /// The directory.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The loader of a base or component.
    pub fn descend(&self, path: &str) -> Result<Self> {
        if path.is_empty() {
            return Err(Error::NotADirectory {
                path: String::new(),
                reason: "new root cannot be empty".into(),
            });
        }
        if is_repository(path) {
            return Err(Error::Remote { url: path.into() });
        }
        if path.starts_with('/') {
            let reason = format!("new root '{path}' cannot be absolute");
            return Err(Error::NotADirectory {
                path: path.into(),
                reason,
            });
        }
        let full = join(&self.root, path).map_err(|_| Error::Escape { path: path.into() })?;
        let root = confirm_directory(self.session, &full)?;
        let visited = self
            .above
            .iter()
            .chain(std::iter::once(&self.root))
            .rev()
            .find(|visited| is_in(visited, &root));
        if let Some(visited) = visited {
            return Err(Error::Cycle {
                candidate: root,
                visited: visited.clone(),
            });
        }
        let mut above = self.above.clone();
        above.push(self.root.clone());
        let limit = self.session.options.limits.max_depth;
        if above.len() >= limit {
            return Err(Error::Limit {
                what: "kustomizations inside of each other",
                limit,
            });
        }
        self.session.count_load()?;
        Ok(Self {
            session: self.session,
            root,
            above,
        })
    }

    /// The bytes of a file.
    pub fn load(&self, path: &str) -> Result<Vec<u8>> {
        if is_remote_file(path) {
            return Err(Error::Remote { url: path.into() });
        }
        let full = self.allowed(&self.full_path(path)?)?;
        self.session.count_load()?;
        self.session
            .files
            .read(&full)
            .map_err(|reason| Error::Read { path: full, reason })
    }

    /// A file of one record in YAML, unknown fields ignored.
    pub fn load_config<T: Decode>(&self, path: &str, what: &'static str) -> Result<T> {
        let bytes = self.load(path)?;
        let wrong = |field: String, reason: String| Error::Config {
            what,
            file: path.into(),
            field,
            reason,
        };
        let value = sluice_yaml::read_value(&bytes, false, &self.session.options.limits.yaml)
            .map_err(|error| wrong(String::new(), error.to_string()))?;
        T::decode(&value, &Place::root(what, false)).map_err(|error| wrong(error.field, error.reason))
    }

    /// The bytes of one of the names that a kustomization file may have; none when it is not there.
    pub fn load_kustomization(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.load(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(
                error @ (Error::Limit { .. }
                | Error::Read {
                    reason: FilesError::Other(_),
                    ..
                }),
            ) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn full_path(&self, path: &str) -> Result<String> {
        let escape = |_| Error::Escape { path: path.into() };
        if !path.starts_with('/') {
            return join(&self.root, path).map_err(escape);
        }
        if self.session.files.is_file_system() {
            join("/", path).map_err(escape)
        } else {
            Err(Error::Escape { path: path.into() })
        }
    }

    /// The path to read, when the load restriction allows it.
    fn allowed(&self, full: &str) -> Result<String> {
        if self.session.options.load_restriction == LoadRestriction::None {
            return Ok(full.to_owned());
        }
        let files = self.session.files;
        let resolved = files.resolve(full).map_err(|reason| Error::Read {
            path: full.into(),
            reason,
        })?;
        if is_in(parent(&resolved), &self.root) {
            return Ok(resolved);
        }
        match files.kind(&resolved) {
            Ok(EntryKind::Directory) => Err(Error::NotAFile { path: full.into() }),
            _ => Err(Error::Outside {
                path: full.into(),
                root: self.root.clone(),
            }),
        }
    }
}

/// The directory at a path, links resolved.
fn confirm_directory(session: &Session<'_>, path: &str) -> Result<String> {
    let wrong = |reason: String| Error::NotADirectory {
        path: path.into(),
        reason,
    };
    let resolved = session.files.resolve(path).map_err(|reason| {
        wrong(format!(
            "not a valid directory: evalsymlink failure on '{path}' : lstat {path}: {reason}"
        ))
    })?;
    match session.files.kind(&resolved) {
        Ok(EntryKind::Directory) => Ok(resolved),
        Ok(_) => Err(wrong(format!("'{path}': file is not directory"))),
        Err(reason) => Err(wrong(reason.to_string())),
    }
}

/// Names the file that a read was for.
pub(crate) fn reading<T>(result: Result<T>, path: &str) -> Result<T> {
    result.within(|| format!("accumulating resources from '{path}'"))
}

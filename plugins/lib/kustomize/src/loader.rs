//! Reads the files that one kustomization names, and finds the next ones, inside of the rules of the build.

use crate::elsewhere::{CONTENT, Need, STATUS};
use crate::error::{Error, Result, Within};
use crate::files::{EntryKind, FilesError, is_in, join, parent};
use crate::kustomization::decode::{Decode, Place};
use crate::options::LoadRestriction;
use crate::remote::{Repository, is_remote_file, is_repository, is_surely_repository};
use crate::session::Session;

/// Reads files for the kustomization of one directory.
#[derive(Clone)]
pub(crate) struct Loader<'a> {
    session: &'a Session<'a>,
    root: String,
    /// Directories of the kustomizations that led here, the outermost first.
    above: Vec<String>,
    /// The other repository that the directory is in.
    clone: Option<Clone>,
    /// Addresses of the repositories that led here.
    addresses: Vec<String>,
}

/// A repository that stands in a directory of the build's files.
#[derive(Clone)]
struct Clone {
    directory: String,
    address: String,
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
            clone: None,
            addresses: Vec::new(),
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
        if let Some(repository) = Repository::parse(path) {
            return self.descend_elsewhere(path, &repository);
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
        if let Some(clone) = &self.clone
            && !is_in(&root, &clone.directory)
        {
            return Err(Error::Escape { path: path.into() });
        }
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
        self.below(root, self.clone.clone())
    }

    /// The loader of a directory of another repository.
    fn descend_elsewhere(&self, path: &str, repository: &Repository) -> Result<Self> {
        // kustomize compares addresses as they are written
        if let Some(visited) = self
            .addresses
            .iter()
            .rev()
            .find(|visited| visited.starts_with(path))
        {
            return Err(Error::Cycle {
                candidate: path.into(),
                visited: visited.clone(),
            });
        }
        let need = Need::Repository {
            url: &repository.url,
            reference: &repository.reference,
        };
        let directory = self.fetched(path, &need)?;
        let full = join(&directory, &repository.path).map_err(|_| Error::Escape { path: path.into() })?;
        let root = confirm_directory(self.session, &full).within(|| path.to_owned())?;
        let clone = Clone {
            directory,
            address: path.into(),
        };
        self.below(root, Some(clone))
    }

    fn below(&self, root: String, clone: Option<Clone>) -> Result<Self> {
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
        let mut addresses = self.addresses.clone();
        if let Some(clone) = &clone
            && addresses.last() != Some(&clone.address)
        {
            addresses.push(clone.address.clone());
        }
        Ok(Self {
            session: self.session,
            root,
            above,
            clone,
            addresses,
        })
    }

    /// The directory with something from elsewhere; what is missing is noted, so that it is asked for.
    fn fetched(&self, url: &str, need: &Need<'_>) -> Result<String> {
        let missing = || Error::Remote { url: url.into() };
        if !self.session.options.elsewhere.allowed {
            return Err(missing());
        }
        self.session.held(need).ok_or_else(missing)
    }

    /// The need that gave the tree which the directory is in; none for the source.
    pub fn input(&self) -> Option<String> {
        let clone = self.clone.as_ref()?;
        let held = &self.session.options.elsewhere.held;
        held.iter()
            .find(|(_, directory)| **directory == clone.directory)
            .map(|(key, _)| key.clone())
    }

    /// A path of the build's files as its own tree names it.
    pub fn path_in_input(&self, path: &str) -> String {
        let above = self.clone.as_ref().map_or("", |clone| clone.directory.as_str());
        path.strip_prefix(above).unwrap_or(path).to_owned()
    }

    /// Notes what a list of paths needs from elsewhere, so that it is asked for in one go.
    pub fn foresee(&self, paths: &[String]) {
        if !self.session.options.elsewhere.allowed {
            return;
        }
        for path in paths {
            if is_remote_file(path) && !is_surely_repository(path) {
                self.session.held(&Need::File { url: path });
            } else if let Some(repository) = Repository::parse(path) {
                self.session.held(&Need::Repository {
                    url: &repository.url,
                    reference: &repository.reference,
                });
            }
        }
    }

    /// The bytes of a file.
    pub fn load(&self, path: &str) -> Result<Vec<u8>> {
        if is_remote_file(path) {
            return self.load_elsewhere(path);
        }
        let full = self.allowed(&self.full_path(path)?)?;
        self.session.count_load()?;
        self.session
            .files
            .read(&full)
            .map_err(|reason| Error::Read { path: full, reason })
    }

    /// The bytes behind an address; a repository's answers with something else than a file.
    fn load_elsewhere(&self, url: &str) -> Result<Vec<u8>> {
        let repository = |_| Error::Read {
            path: url.into(),
            reason: FilesError::Other("URL is a git repository".into()),
        };
        if self.session.options.elsewhere.allowed && is_surely_repository(url) {
            return Err(repository(()));
        }
        let directory = self.fetched(url, &Need::File { url })?;
        let files = self.session.files;
        self.session.count_load()?;
        if let Ok(bytes) = files.read(&format!("{directory}/{CONTENT}")) {
            return Ok(bytes);
        }
        if is_repository(url) {
            return Err(repository(()));
        }
        let status = files.read(&format!("{directory}/{STATUS}")).unwrap_or_default();
        Err(Error::Http {
            url: url.into(),
            status: String::from_utf8_lossy(&status).into_owned(),
        })
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
        T::decode(&value, &Place::root(what, false).lenient())
            .map_err(|error| wrong(error.field, error.reason))
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
        // What a clone holds never escapes the clone's own directory.
        if self.session.options.load_restriction == LoadRestriction::None && self.clone.is_none() {
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

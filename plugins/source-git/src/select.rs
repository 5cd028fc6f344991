//! Which files of a commit belong to the artifact: sparse checkout and ignore rules.

use std::rc::Rc;

use sluice_gitignore::{IGNORE_FILE, Rules, Scope};
use sluice_plugin::types::Error;

/// The files of a commit.
pub trait Files {
    /// Names in a directory with whether each is a directory, sorted bytewise.
    ///
    /// # Errors
    /// The host's error.
    fn entries(&self, directory: &str) -> Result<Vec<(String, bool)>, Error>;
    /// Bytes of a file.
    ///
    /// # Errors
    /// The host's error.
    fn read(&self, path: &str) -> Result<Vec<u8>, Error>;
}

/// The paths to take: files, and directories of which everything is taken. The root is "".
///
/// # Errors
/// A path of the sparse checkout does not exist, or the host's error.
pub fn select(files: &impl Files, ignore: Option<&str>, sparse: &[String]) -> Result<Vec<String>, Error> {
    let prefixes: Vec<&str> = sparse
        .iter()
        .map(|path| path.strip_prefix("./").unwrap_or(path))
        .collect();
    let mut listing = Listing {
        files,
        prefixes,
        documents: Vec::new(),
        path: Vec::new(),
    };
    let root = listing.read("")?;
    check_sparse(&root, sparse)?;
    let documents = listing
        .documents
        .iter()
        .map(|(domain, bytes)| (domain.as_slice(), bytes.as_slice()));
    let mut choice = Choice {
        rules: Rules::new(documents, ignore),
        taken: Vec::new(),
    };
    let mut path = Vec::new();
    if choice.directory(&root, "", &mut path, Scope::default()) {
        return Ok(vec![String::new()]);
    }
    Ok(choice.taken)
}

struct Directory {
    files: Vec<Rc<str>>,
    directories: Vec<(Rc<str>, Directory)>,
    /// Something in it was left out by the sparse checkout.
    partial: bool,
}

/// Reads all directories once, with the ignore files in them.
struct Listing<'a, F> {
    files: &'a F,
    prefixes: Vec<&'a str>,
    documents: Vec<(Vec<String>, Vec<u8>)>,
    path: Vec<String>,
}

impl<F: Files> Listing<'_, F> {
    fn read(&mut self, path: &str) -> Result<Directory, Error> {
        let entries = self.files.entries(path)?;
        let mut directory = Directory {
            files: Vec::new(),
            directories: Vec::new(),
            partial: false,
        };
        let join = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}/{name}")
            }
        };
        let total = entries.len();
        let entries: Vec<(String, bool)> = entries
            .into_iter()
            .filter(|(name, is_directory)| self.wants(&join(name), *is_directory))
            .collect();
        directory.partial = entries.len() < total;
        if entries
            .iter()
            .any(|(name, is_directory)| name == IGNORE_FILE && !is_directory)
        {
            self.documents
                .push((self.path.clone(), self.files.read(&join(IGNORE_FILE))?));
        }
        for (name, is_directory) in entries {
            if !is_directory {
                directory.files.push(name.into());
                continue;
            }
            let below = join(&name);
            self.path.push(name.clone());
            let read = self.read(&below)?;
            self.path.pop();
            directory.partial |= read.partial;
            directory.directories.push((name.into(), read));
        }
        Ok(directory)
    }

    /// A file is taken when its path starts with one of the texts, as in Flux: `app` takes `app2/x` too.
    fn wants(&self, path: &str, is_directory: bool) -> bool {
        if self.prefixes.is_empty() {
            return true;
        }
        self.prefixes.iter().any(|prefix| {
            let leads_there = || {
                prefix
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('/'))
            };
            path.starts_with(prefix) || (is_directory && leads_there())
        })
    }
}

/// Every path of the sparse checkout must exist in what was checked out.
fn check_sparse(root: &Directory, sparse: &[String]) -> Result<(), Error> {
    for path in sparse {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        if !exists(root, &parts) {
            return Err(Error::failed(format!(
                "failed to sparse checkout directories : sparse checkout dir '{path}' does not exist in repository"
            )));
        }
    }
    Ok(())
}

fn exists(root: &Directory, parts: &[&str]) -> bool {
    let Some((first, rest)) = parts.split_first() else {
        return true;
    };
    if let Some((_, below)) = root.directories.iter().find(|(name, _)| name.as_ref() == *first) {
        return holds_files(below) && exists(below, rest);
    }
    rest.is_empty() && root.files.iter().any(|name| name.as_ref() == *first)
}

/// A checkout has no empty directories.
fn holds_files(directory: &Directory) -> bool {
    !directory.files.is_empty() || directory.directories.iter().any(|(_, below)| holds_files(below))
}

struct Choice {
    rules: Rules,
    taken: Vec<String>,
}

impl Choice {
    /// Takes what is kept below a directory; true when that is all of it, and then nothing is taken yet.
    fn directory<'a>(
        &mut self,
        directory: &'a Directory,
        path: &str,
        parts: &mut Vec<&'a str>,
        scope: Scope,
    ) -> bool {
        let start = self.taken.len();
        let mut whole = !directory.partial;
        let join = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}/{name}")
            }
        };
        for name in &directory.files {
            parts.push(name);
            let (ignored, _) = self.rules.enter(scope, parts, false);
            parts.pop();
            if ignored {
                whole = false;
            } else {
                self.taken.push(join(name));
            }
        }
        for (name, below) in &directory.directories {
            parts.push(name);
            let (_, scope) = self.rules.enter(scope, parts, true);
            let path = join(name);
            if self.directory(below, &path, parts, scope) {
                self.taken.push(path);
            } else {
                whole = false;
            }
            parts.pop();
        }
        if whole {
            self.taken.truncate(start);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Fake(BTreeMap<&'static str, &'static str>);

    impl Files for Fake {
        fn entries(&self, directory: &str) -> Result<Vec<(String, bool)>, Error> {
            let prefix = if directory.is_empty() {
                String::new()
            } else {
                format!("{directory}/")
            };
            let mut names = BTreeMap::new();
            for path in self.0.keys() {
                if let Some(rest) = path.strip_prefix(&prefix) {
                    let (name, is_directory) = rest
                        .split_once('/')
                        .map_or((rest, false), |(name, _)| (name, true));
                    names.insert(name.to_owned(), is_directory);
                }
            }
            Ok(names.into_iter().collect())
        }

        fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
            self.0
                .get(path)
                .map(|text| text.as_bytes().to_vec())
                .ok_or_else(|| Error::not_found(path))
        }
    }

    fn fake(files: &[(&'static str, &'static str)]) -> Fake {
        Fake(files.iter().copied().collect())
    }

    fn chosen(files: &Fake, ignore: Option<&str>, sparse: &[&str]) -> Vec<String> {
        let sparse: Vec<String> = sparse.iter().map(|path| (*path).to_owned()).collect();
        select(files, ignore, &sparse).expect("selects")
    }

    #[test]
    fn takes_whole_directories_where_nothing_is_ignored() {
        let files = fake(&[("a/b/c.yaml", ""), ("a/d.yaml", ""), ("e.yaml", "")]);
        assert_eq!(chosen(&files, None, &[]), [""]);
        let files = fake(&[
            (".gitignore", ""),
            ("a/b/c.yaml", ""),
            ("a/b/x.jpg", ""),
            ("d/e.yaml", ""),
        ]);
        assert_eq!(chosen(&files, None, &[]), ["a/b/c.yaml", "d"]);
        assert_eq!(
            chosen(&files, Some("d/\n"), &[]),
            ["a"],
            "own patterns replace the defaults"
        );
        assert_eq!(chosen(&files, Some("/*\n!/a/b/c.yaml\n"), &[]), ["a/b/c.yaml"]);
    }

    #[test]
    fn reads_ignore_files_of_all_directories() {
        let files = fake(&[
            (".sourceignore", "*.txt\n"),
            ("a/.sourceignore", "!keep.txt\n/x\n"),
            ("a/keep.txt", ""),
            ("a/x/y", ""),
            ("b/keep.txt", ""),
            ("b/x/y", ""),
            ("c.jpg", ""),
        ]);
        let taken = chosen(&files, None, &[]);
        assert_eq!(
            taken,
            [".sourceignore", "c.jpg", "a/.sourceignore", "a/keep.txt", "b/x"]
        );
        let taken = chosen(&files, Some("keep.txt"), &[]);
        assert!(
            !taken.contains(&"a/keep.txt".to_owned()),
            "spec.ignore decides last: {taken:?}"
        );
    }

    #[test]
    fn takes_sparse_paths_by_prefix() {
        let files = fake(&[
            ("app/one/x", ""),
            ("app/two/x", ""),
            ("app2/x", ""),
            ("other/.sourceignore", "*\n"),
            ("root", ""),
        ]);
        assert_eq!(chosen(&files, None, &["app/one"]), ["app/one"]);
        assert_eq!(chosen(&files, None, &["./app"]), ["app", "app2"]);
        assert_eq!(chosen(&files, None, &["app/", "root"]), ["root", "app"]);
        for path in ["nope", "app/three", "root/x"] {
            let error = select(&files, None, &["app".into(), path.into()]).expect_err(path);
            assert!(
                matches!(error, Error::Failed(text) if text.contains(path)),
                "{path}"
            );
        }
        // S9: a path that climbs stays inside.
        assert!(select(&files, None, &["app".into(), "../../app/one".into()]).is_ok());
    }
}

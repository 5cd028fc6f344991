//! The object that an artifact belongs to, as the path of its folder.

use crate::store::StoreError;

/// Longest component of a storage path, in bytes (file systems allow 255; temporary and index names are longer).
const MAX_COMPONENT: usize = 240;

/// A source object: its folder is `<kind in lower case>/<namespace>/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    kind: String,
    namespace: String,
    name: String,
}

impl Owner {
    /// The owner of this kind (for example `GitRepository`), namespace and name.
    ///
    /// # Errors
    /// One of them cannot be a folder's name.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Result<Self, StoreError> {
        let kind = kind.to_ascii_lowercase();
        for part in [kind.as_str(), namespace, name] {
            check_component(part)?;
        }
        Ok(Self {
            kind,
            namespace: namespace.into(),
            name: name.into(),
        })
    }

    /// `<kind>/<namespace>/<name>`.
    pub fn folder(&self) -> String {
        format!("{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// Refuses what is no single visible file name: separators, dots at the start, control characters.
pub(crate) fn check_component(part: &str) -> Result<(), StoreError> {
    let bad = part.is_empty()
        || part.len() > MAX_COMPONENT
        || part.starts_with('.')
        || part.chars().any(|c| c == '/' || c == '\\' || c.is_control());
    if bad {
        return Err(StoreError::Name {
            part: part.chars().take(64).collect(),
        });
    }
    Ok(())
}

/// Checks a path below the storage root, as it stands in `status.artifact.path`: four visible names.
pub(crate) fn check_path(path: &str) -> Result<(&str, &str), StoreError> {
    let fail = || StoreError::Name {
        part: path.chars().take(256).collect(),
    };
    let (folder, file) = path.rsplit_once('/').ok_or_else(fail)?;
    if folder.split('/').count() != 3 {
        return Err(fail());
    }
    for part in path.split('/') {
        check_component(part)?;
    }
    Ok((folder, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A1, G6: names and paths that would leave their folder are refused.
    #[test]
    fn refuses_names_that_are_paths() {
        let owner = Owner::new("GitRepository", "flux-system", "podinfo").expect("plain names");
        assert_eq!(owner.folder(), "gitrepository/flux-system/podinfo");
        for name in [
            "..",
            ".hidden",
            "a/b",
            "a\\b",
            "",
            "a\nb",
            "a\0b",
            &"x".repeat(300),
        ] {
            assert!(Owner::new("Bucket", "ns", name).is_err(), "{name:?}");
        }
        assert!(check_path("gitrepository/ns/name/0a.tar.gz").is_ok());
        for path in [
            "../x/y/z",
            "/a/b/c/d",
            "a/b/c",
            "a/b/c/d/e",
            ".index/a/b/c",
            "a/b/../c",
        ] {
            assert!(check_path(path).is_err(), "{path}");
        }
    }
}

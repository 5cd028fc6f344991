//! Ids of objects: group, version, kind, name and namespace, with kustomize's idea of equality.

use std::borrow::Cow;
use std::fmt;

use crate::scope::is_cluster_scoped;

/// The namespace that ids of objects outside of namespaces have when they are compared.
pub const NO_NAMESPACE: &str = "_non_namespaceable_";
const DEFAULT_NAMESPACE: &str = "default";

/// Group, version and kind; an empty part of a selector selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Gvk {
    /// `apps`, empty for the core group.
    pub group: Cow<'static, str>,
    /// `v1`
    pub version: Cow<'static, str>,
    /// `Deployment`
    pub kind: Cow<'static, str>,
}

impl Gvk {
    /// A gvk of fixed parts.
    pub const fn fixed(group: &'static str, version: &'static str, kind: &'static str) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            kind: Cow::Borrowed(kind),
        }
    }

    /// A gvk of parts that were read.
    pub fn owned(group: String, version: String, kind: String) -> Self {
        Self {
            group: Cow::Owned(group),
            version: Cow::Owned(version),
            kind: Cow::Owned(kind),
        }
    }

    /// True when `id` has every part that this selector names.
    pub fn selects(&self, id: &IdRef<'_>) -> bool {
        self.selects_parts(id.group, id.version, id.kind)
    }

    /// True when the parts have every part that this selector names.
    pub fn selects_parts(&self, group: &str, version: &str, kind: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }

    /// True when this selector is at least as general as the other.
    pub fn covers(&self, other: &Gvk) -> bool {
        self.selects_parts(&other.group, &other.version, &other.kind)
    }
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_gvk(f, &self.group, &self.version, &self.kind)
    }
}

fn write_gvk(f: &mut fmt::Formatter<'_>, group: &str, version: &str, kind: &str) -> fmt::Result {
    let or = |text: &str, none: &'static str| {
        if text.is_empty() {
            none.to_owned()
        } else {
            text.to_owned()
        }
    };
    write!(
        f,
        "{}.{}.{}",
        or(kind, "[noKind]"),
        or(version, "[noVer]"),
        or(group, "[noGrp]")
    )
}

/// Group and version of an apiVersion.
pub fn parse_api_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

/// A borrowed id.
#[derive(Debug, Clone, Copy)]
pub struct IdRef<'a> {
    /// Group, empty for core.
    pub group: &'a str,
    /// Version.
    pub version: &'a str,
    /// Kind.
    pub kind: &'a str,
    /// metadata.name
    pub name: &'a str,
    /// metadata.namespace
    pub namespace: &'a str,
    /// Known to live outside of namespaces.
    pub cluster_scoped: bool,
}

impl<'a> IdRef<'a> {
    /// The id of an object, its scope looked up.
    pub fn new(api_version: &'a str, kind: &'a str, name: &'a str, namespace: &'a str) -> Self {
        let (group, version) = parse_api_version(api_version);
        let cluster_scoped = is_cluster_scoped(api_version, kind);
        Self {
            group,
            version,
            kind,
            name,
            namespace,
            cluster_scoped,
        }
    }

    /// The namespace that counts when ids are compared.
    pub fn effective_namespace(&self) -> &'a str {
        if self.cluster_scoped {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            DEFAULT_NAMESPACE
        } else {
            self.namespace
        }
    }

    /// Equal group, version, kind and name.
    pub fn equals_but_namespace(&self, other: &IdRef<'_>) -> bool {
        self.name == other.name
            && self.kind == other.kind
            && self.group == other.group
            && self.version == other.version
    }

    /// Equal, the empty namespace being `default`.
    pub fn equals(&self, other: &IdRef<'_>) -> bool {
        self.equals_but_namespace(other) && self.effective_namespace() == other.effective_namespace()
    }

    /// What equal ids have in common, for maps.
    pub fn key(&self) -> IdKey {
        IdKey {
            group: self.group.into(),
            version: self.version.into(),
            kind: self.kind.into(),
            name: self.name.into(),
            namespace: self.effective_namespace().into(),
        }
    }
}

impl fmt::Display for IdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_gvk(f, self.group, self.version, self.kind)?;
        let name = if self.name.is_empty() {
            "[noName]"
        } else {
            self.name
        };
        let namespace = if self.namespace.is_empty() {
            "[noNs]"
        } else {
            self.namespace
        };
        write!(f, "/{name}.{namespace}")
    }
}

/// An id as a key of a map: equal exactly when the ids are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdKey {
    group: String,
    version: String,
    kind: String,
    name: String,
    namespace: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_namespaces_as_kustomize_does() {
        let one = IdRef::new("v1", "ConfigMap", "a", "");
        assert!(one.equals(&IdRef::new("v1", "ConfigMap", "a", "default")));
        assert!(!one.equals(&IdRef::new("v1", "ConfigMap", "a", "other")));
        let node = IdRef::new("v1", "Node", "a", "x");
        assert!(node.equals(&IdRef::new("v1", "Node", "a", "y")));
    }

    #[test]
    fn prints_like_kustomize() {
        assert_eq!(
            IdRef::new("apps/v1", "Deployment", "a", "").to_string(),
            "Deployment.v1.apps/a.[noNs]"
        );
        assert_eq!(
            IdRef::new("v1", "Service", "a", "b").to_string(),
            "Service.v1.[noGrp]/a.b"
        );
    }

    #[test]
    fn selects_by_parts() {
        let selector = Gvk::fixed("", "", "Deployment");
        assert!(selector.selects(&IdRef::new("apps/v1", "Deployment", "a", "")));
        assert!(!selector.selects(&IdRef::new("apps/v1", "DaemonSet", "a", "")));
    }
}

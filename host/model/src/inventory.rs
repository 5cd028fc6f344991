//! The inventory of applied objects, with Flux's ids.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Kinds whose names may hold colons; the id writes them as double underscores.
const RBAC_KINDS: [&str; 4] = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// Names an object of a cluster, whatever its version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId {
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// Empty for the core group.
    pub group: String,
    /// For example `Deployment`.
    pub kind: String,
}

/// The text is not an inventory id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse inventory id {text:?}: want <namespace>_<name>_<group>_<kind>")]
pub struct ParseObjectIdError {
    /// What was given.
    pub text: String,
}

impl ObjectId {
    /// `Kind/namespace/name` or `Kind/name`, as messages name objects.
    pub fn subject(&self) -> String {
        if self.namespace.is_empty() {
            format!("{}/{}", self.kind, self.name)
        } else {
            format!("{}/{}/{}", self.kind, self.namespace, self.name)
        }
    }

    fn is_rbac(&self) -> bool {
        self.group == RBAC_GROUP && RBAC_KINDS.contains(&self.kind.as_str())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_rbac() {
            self.name.replace(':', "__")
        } else {
            self.name.clone()
        };
        write!(f, "{}_{}_{}_{}", self.namespace, name, self.group, self.kind)
    }
}

impl FromStr for ObjectId {
    type Err = ParseObjectIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseObjectIdError {
            text: text.chars().take(256).collect(),
        };
        let (namespace, rest) = text.split_once('_').ok_or_else(fail)?;
        let (rest, kind) = rest.rsplit_once('_').ok_or_else(fail)?;
        let (name, group) = rest.rsplit_once('_').ok_or_else(fail)?;
        let mut id = Self {
            namespace: namespace.into(),
            name: name.into(),
            group: group.into(),
            kind: kind.into(),
        };
        if id.is_rbac() {
            id.name = id.name.replace("__", ":");
        }
        if id.name.is_empty() || id.kind.is_empty() {
            return Err(fail());
        }
        Ok(id)
    }
}

/// One applied object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryEntry {
    /// An [`ObjectId`] as text.
    pub id: String,
    /// The API version it was applied with, without the group.
    pub v: String,
}

/// What a reconciler applied and answers for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// In apply order.
    #[serde(default)]
    pub entries: Vec<InventoryEntry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_as_flux_writes_them() {
        let cases = [
            (
                "default_podinfo_apps_Deployment",
                "default",
                "podinfo",
                "apps",
                "Deployment",
            ),
            ("_apps__Namespace", "", "apps", "", "Namespace"),
            (
                "_system__node_rbac.authorization.k8s.io_ClusterRole",
                "",
                "system:node",
                "rbac.authorization.k8s.io",
                "ClusterRole",
            ),
        ];
        for (text, namespace, name, group, kind) in cases {
            let id: ObjectId = text.parse().expect(text);
            assert_eq!(
                (
                    id.namespace.as_str(),
                    id.name.as_str(),
                    id.group.as_str(),
                    id.kind.as_str()
                ),
                (namespace, name, group, kind)
            );
            assert_eq!(id.to_string(), text);
        }
        assert!("a_b".parse::<ObjectId>().is_err());
    }
}

//! The aggregated discovery document (`apidiscovery.k8s.io/v2`, Kubernetes 1.30; `v2beta1` from 1.26) as a table.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

use super::Resource;
use crate::error::ClusterError;

pub(super) const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
     application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Name,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
struct Name {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: String,
    #[serde(default)]
    resources: Vec<Served>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    #[serde(default)]
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

/// The served kinds, each with its versions in the server's order of preference.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    kinds: HashMap<(String, String), Vec<Arc<Resource>>>,
    /// Group and version whose server did not answer.
    stale: HashSet<(String, String)>,
}

impl Table {
    pub(super) fn find(&self, group: &str, version: &str, kind: &str) -> Option<Arc<Resource>> {
        self.versions(group, kind)
            .iter()
            .find(|resource| resource.version == version)
            .cloned()
    }

    pub(super) fn preferred(&self, group: &str, kind: &str) -> Option<Arc<Resource>> {
        self.versions(group, kind).first().cloned()
    }

    fn versions(&self, group: &str, kind: &str) -> &[Arc<Resource>] {
        self.kinds
            .get(&(group.to_owned(), kind.to_owned()))
            .map_or(&[], Vec::as_slice)
    }

    /// Everything that is served, in no order.
    pub(super) fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.kinds.values().flatten()
    }

    /// Whether a server of this group did not answer, so that a miss proves nothing.
    pub(super) fn is_stale(&self, group: &str) -> bool {
        self.stale.iter().any(|(stale, _)| stale == group)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.kinds.extend(other.kinds);
        self.stale.extend(other.stale);
    }

    /// Takes over from the older table what a server that did not answer had served.
    pub(super) fn keep_stale_from(&mut self, older: &Self) {
        for ((group, kind), resources) in &older.kinds {
            for resource in resources {
                let lost = self.stale.contains(&(group.clone(), resource.version.clone()))
                    && self.find(group, &resource.version, kind).is_none();
                if lost {
                    self.kinds
                        .entry((group.clone(), kind.clone()))
                        .or_default()
                        .push(resource.clone());
                }
            }
        }
    }
}

/// The table in an answer of `/api` or `/apis`.
pub(super) fn parse(bytes: &[u8]) -> Result<Table, ClusterError> {
    let fail = |reason: String| ClusterError::Other {
        message: format!("failed to read discovery: {reason}"),
        reason: String::new(),
        code: 0,
    };
    let document: Document = serde_json::from_slice(bytes).map_err(|error| fail(error.to_string()))?;
    if document.kind != "APIGroupDiscoveryList" {
        return Err(fail(format!(
            "the server answered with {:?}; Kubernetes 1.26 or newer is needed",
            document.kind
        )));
    }
    let mut table = Table::default();
    for group in document.items {
        let name = group.metadata.name;
        for version in group.versions {
            if version.freshness == "Stale" {
                table.stale.insert((name.clone(), version.version.clone()));
            }
            for served in version.resources {
                insert(&mut table, &name, &version.version, served);
            }
        }
    }
    Ok(table)
}

fn insert(table: &mut Table, group: &str, version: &str, served: Served) {
    let Some(kind) = served
        .response_kind
        .map(|kind| kind.kind)
        .filter(|kind| !kind.is_empty())
    else {
        return;
    };
    let resource = Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: kind.clone(),
        plural: served.resource,
        namespaced: served.scope == "Namespaced",
        verbs: served.verbs,
    };
    let versions = table.kinds.entry((group.to_owned(), kind)).or_default();
    if versions.iter().all(|known| known.version != version) {
        versions.push(Arc::new(resource));
    }
}

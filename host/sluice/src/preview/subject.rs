//! Where an object to look at comes from: the cluster, a file, or another one's objects.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sluice_api::{HelmRelease, HelmRepository, Kustomization};
use sluice_cluster::Cluster;
use sluice_model::{Object, ObjectId};
use sluice_yaml::Limits;

/// A file is the user's own and small.
const LIMITS: Limits = Limits {
    max_bytes: 16 << 20,
    max_depth: 128,
    max_nodes: 1_000_000,
};

/// A kind that can be looked at before it is applied.
pub trait Subject: DeserializeOwned {
    /// Its group.
    const GROUP: &'static str;
    /// Its name.
    const KIND: &'static str;
    /// The served version.
    const VERSION: &'static str;
    /// Its name in messages.
    const NOUN: &'static str;
    /// Has the status of the one in the cluster.
    fn take_status(&mut self, live: Self);
}

impl Subject for Kustomization {
    const GROUP: &'static str = sluice_reconcile::kustomization::GROUP;
    const KIND: &'static str = "Kustomization";
    const VERSION: &'static str = "v1";
    const NOUN: &'static str = "kustomization";

    fn take_status(&mut self, live: Self) {
        self.status = live.status;
    }
}

impl Subject for HelmRelease {
    const GROUP: &'static str = sluice_reconcile::helm_release::GROUP;
    const KIND: &'static str = "HelmRelease";
    const VERSION: &'static str = "v2";
    const NOUN: &'static str = "helmrelease";

    fn take_status(&mut self, live: Self) {
        self.status = live.status;
    }
}

impl Subject for HelmRepository {
    const GROUP: &'static str = "source.toolkit.fluxcd.io";
    const KIND: &'static str = "HelmRepository";
    const VERSION: &'static str = "v1";
    const NOUN: &'static str = "helmrepository";

    fn take_status(&mut self, live: Self) {
        self.status = live.status;
    }
}

/// Where to look for an object.
pub struct Places<'a> {
    /// A file, which comes first.
    pub file: Option<&'a Path>,
    /// None in a dry run.
    pub cluster: Option<&'a Cluster>,
    /// One of the file need not be in the cluster.
    pub may_be_new: bool,
}

/// The one of the file with the status of the one in the cluster, else the one in the cluster.
pub async fn find<S: Subject>(places: Places<'_>, namespace: &str, name: &str) -> anyhow::Result<S> {
    let local: Option<S> = match places.file {
        Some(file) => Some(from_file(file, name, namespace)?),
        None => None,
    };
    let live: Option<S> = match places.cluster {
        Some(cluster) => from_cluster(cluster, namespace, name).await?,
        None => None,
    };
    match (local, live) {
        (Some(mut local), Some(live)) => {
            local.take_status(live);
            Ok(local)
        }
        (Some(local), None) if places.cluster.is_none() || places.may_be_new => Ok(local),
        (None, Some(live)) => Ok(live),
        (_, None) => bail!(
            "failed to get {} object: {namespace}/{name} does not exist in the cluster",
            S::NOUN
        ),
    }
}

/// The one in the cluster; none when it does not exist.
pub async fn from_cluster<S: Subject>(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
) -> anyhow::Result<Option<S>> {
    let id = ObjectId {
        namespace: namespace.into(),
        name: name.into(),
        group: S::GROUP.into(),
        kind: S::KIND.into(),
    };
    match cluster.get(&id, S::VERSION).await {
        Ok(object) => from_object(object).map(Some),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to get {} object", S::NOUN)),
    }
}

/// As a typed object.
pub fn from_object<S: Subject>(object: Object) -> anyhow::Result<S> {
    let subject = object.id().subject();
    serde_json::from_value(object.into_value()).with_context(|| format!("{subject} is no valid {}", S::KIND))
}

/// The one of this name in a file of several documents; its namespace may be left out.
pub fn from_file<S: Subject>(file: &Path, name: &str, namespace: &str) -> anyhow::Result<S> {
    find_in_file(file, name, namespace)?.with_context(|| {
        format!(
            "failed find {} with name '{name}' and namespace '{namespace}' in file '{}'",
            S::NOUN,
            file.display()
        )
    })
}

/// As [`from_file`]; none when the file does not have it.
pub fn find_in_file<S: Subject>(file: &Path, name: &str, namespace: &str) -> anyhow::Result<Option<S>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("invalid {} file {shown}", S::NOUN))?;
    for document in documents(&text) {
        let value = sluice_yaml::read_value(document.as_bytes(), false, &LIMITS)
            .with_context(|| format!("failed to read {} file {shown}", S::NOUN))?;
        let Some(mut object) = Object::from_value(value) else {
            continue;
        };
        let fits = object.kind() == S::KIND
            && object.group() == S::GROUP
            && object.name() == name
            && ["", namespace].contains(&object.namespace());
        if fits {
            object
                .metadata_mut()
                .insert("namespace".into(), Value::from(namespace));
            return from_object(object).map(Some).with_context(|| format!("{shown}"));
        }
    }
    Ok(None)
}

/// The documents of a stream, split at lines that begin with `---`, as Kubernetes' clients split them.
fn documents(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            documents.push(String::new());
        } else if let Some(last) = documents.last_mut() {
            last.push_str(line);
        }
    }
    documents
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# a comment\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\n---\napiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization\nmetadata:\n  name: app\nspec:\n  interval: 1m\n  prune: yes\n  sourceRef: {kind: GitRepository, name: r}\n";

    #[test]
    fn the_kustomization_of_a_file_is_found_by_its_name() -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), FILE)?;
        let found: Kustomization = from_file(file.path(), "app", "apps")?;
        assert_eq!(found.metadata.namespace.as_deref(), Some("apps"));
        assert!(found.spec.prune, "yes is a bool to Kubernetes");
        let error = from_file::<Kustomization>(file.path(), "other", "apps").expect_err("is not in it");
        assert!(
            error.to_string().contains("name 'other' and namespace 'apps'"),
            "{error}"
        );
        Ok(())
    }
}

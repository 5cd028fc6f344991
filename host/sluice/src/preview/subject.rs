//! Where a Kustomization comes from: the cluster, a file, or another one's objects.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;
use sluice_api::Kustomization;
use sluice_cluster::Cluster;
use sluice_model::{Object, ObjectId};
use sluice_reconcile::kustomization::GROUP;
use sluice_yaml::Limits;

/// A file is the user's own and small.
const LIMITS: Limits = Limits {
    max_bytes: 16 << 20,
    max_depth: 128,
    max_nodes: 1_000_000,
};

/// The one in the cluster; none when it does not exist.
pub async fn from_cluster(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
) -> anyhow::Result<Option<Kustomization>> {
    let id = ObjectId {
        namespace: namespace.into(),
        name: name.into(),
        group: GROUP.into(),
        kind: "Kustomization".into(),
    };
    match cluster.get(&id, "v1").await {
        Ok(object) => from_object(object).map(Some),
        Err(error) if error.is_absent() => Ok(None),
        Err(error) => Err(error).context("failed to get kustomization object"),
    }
}

/// As a typed object.
pub fn from_object(object: Object) -> anyhow::Result<Kustomization> {
    let subject = object.id().subject();
    serde_json::from_value(object.into_value())
        .with_context(|| format!("{subject} is no valid Kustomization"))
}

/// The one of this name in a file of several documents; its namespace may be left out.
pub fn from_file(file: &Path, name: &str, namespace: &str) -> anyhow::Result<Kustomization> {
    let shown = file.display();
    let text =
        std::fs::read_to_string(file).with_context(|| format!("invalid kustomization file {shown}"))?;
    for document in documents(&text) {
        let value = sluice_yaml::read_value(document.as_bytes(), false, &LIMITS)
            .with_context(|| format!("failed to read kustomization file {shown}"))?;
        let Some(mut object) = Object::from_value(value) else {
            continue;
        };
        let fits = object.kind() == "Kustomization"
            && object.group() == GROUP
            && object.name() == name
            && ["", namespace].contains(&object.namespace());
        if fits {
            object
                .metadata_mut()
                .insert("namespace".into(), Value::from(namespace));
            return from_object(object).with_context(|| format!("{shown}"));
        }
    }
    bail!("failed find kustomization with name '{name}' and namespace '{namespace}' in file '{shown}'")
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
        let found = from_file(file.path(), "app", "apps")?;
        assert_eq!(found.metadata.namespace.as_deref(), Some("apps"));
        assert!(found.spec.prune, "yes is a bool to Kubernetes");
        let error = from_file(file.path(), "other", "apps").expect_err("is not in it");
        assert!(
            error.to_string().contains("name 'other' and namespace 'apps'"),
            "{error}"
        );
        Ok(())
    }
}

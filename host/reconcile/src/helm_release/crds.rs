//! The definitions in a chart's `crds/` folders: created, or brought up to date, before anything else; never deleted.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use sluice_api::helm_action::CrdsPolicy;
use sluice_apply::{ApplyOptions, Intent, IntentError, apply};
use sluice_cluster::Cluster;
use sluice_model::{Inventory, Object};
use tokio::time::Instant;

/// How long the server may take to serve what was defined.
const SERVED_WITHIN: Duration = Duration::from_secs(10);

/// Definitions leave no inventory: they stay.
struct Kept;

#[async_trait]
impl Intent for Kept {
    async fn record(&self, _: &Inventory) -> Result<(), IntentError> {
        Ok(())
    }
}

/// Applies the definitions as the policy says and waits until they are ready; tells whether anything was changed. Other
/// kinds in these folders are left out with a warning (H14).
pub(super) async fn put(
    cluster: &Cluster,
    crds: &[Object],
    policy: Option<&CrdsPolicy>,
    options: &ApplyOptions,
) -> Result<bool, String> {
    let policy = policy.unwrap_or(&CrdsPolicy::Create);
    if *policy == CrdsPolicy::Skip {
        return Ok(false);
    }
    let mut wanted = Vec::new();
    for object in crds {
        if !is_definition(object) {
            tracing::warn!(
                object = object.id().subject(),
                "is left out: crds/ is for CustomResourceDefinitions, other objects belong into templates/"
            );
            continue;
        }
        if *policy == CrdsPolicy::CreateReplace || is_absent(cluster, object).await? {
            wanted.push(object.clone());
        }
    }
    if wanted.is_empty() {
        return Ok(false);
    }
    let kinds: Vec<Served> = wanted.iter().flat_map(served).collect();
    match apply(cluster, wanted, options, &Kept).await {
        Ok(applied) => {
            let has_changes = applied.changes.has_changes();
            if has_changes {
                until_served(cluster, &kinds).await;
            }
            Ok(has_changes)
        }
        Err(error) => Err(format!(
            "failed to apply CustomResourceDefinitions: {}",
            error.message()
        )),
    }
}

/// Group, version and kind.
type Served = (String, String, String);

/// What a definition says that is to be served.
fn served(definition: &Object) -> Vec<Served> {
    let spec = &definition.0["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = spec["versions"].as_array().into_iter().flatten();
    versions
        .filter(|version| version["served"] == true)
        .map(|version| {
            (
                text(&spec["group"]),
                text(&version["name"]),
                text(&spec["names"]["kind"]),
            )
        })
        .collect()
}

/// Waits until the server tells of kinds that were defined: a chart may look whether they are there.
async fn until_served(cluster: &Cluster, kinds: &[Served]) {
    let deadline = Instant::now() + SERVED_WITHIN;
    for (group, version, kind) in kinds {
        let wanted = (group.as_str(), version.as_str(), kind.as_str());
        if !cluster.discovery().until_served(wanted, deadline).await {
            tracing::warn!(
                group,
                version,
                kind,
                "is not served yet; the chart does not see it"
            );
        }
    }
}

fn is_definition(object: &Object) -> bool {
    object.group() == "apiextensions.k8s.io" && object.kind() == "CustomResourceDefinition"
}

async fn is_absent(cluster: &Cluster, object: &Object) -> Result<bool, String> {
    match cluster.get_metadata(&object.id(), object.version()).await {
        Ok(_) => Ok(false),
        Err(error) if error.is_absent() => Ok(true),
        Err(error) => Err(format!(
            "failed to get CustomResourceDefinition {}: {error}",
            object.name()
        )),
    }
}

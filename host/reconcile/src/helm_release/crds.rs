//! The definitions in a chart's `crds/` folders: created, or brought up to date, before anything else; never deleted.

use async_trait::async_trait;
use sluice_api::helm_action::CrdsPolicy;
use sluice_apply::{ApplyOptions, Intent, IntentError, apply};
use sluice_cluster::Cluster;
use sluice_model::{Inventory, Object};

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
    match apply(cluster, wanted, options, &Kept).await {
        Ok(applied) => Ok(applied.changes.has_changes()),
        Err(error) => Err(format!(
            "failed to apply CustomResourceDefinitions: {}",
            error.message()
        )),
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

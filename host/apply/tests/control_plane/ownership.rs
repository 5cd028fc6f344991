//! Section 7, 13: fields that kubectl wrote become ours, so that they go when the source drops them.

use anyhow::Result;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use sluice_cluster::kube;

use crate::bed::{Bed, MANAGER, actions, bed};

async fn create_as(bed: &Bed, manager: &str, object: Value) -> Result<()> {
    let api = bed.others.api("v1", "ConfigMap", &bed.namespace);
    let parameters = PostParams {
        field_manager: Some(manager.into()),
        ..PostParams::default()
    };
    api.create(&parameters, &serde_json::from_value(object)?).await?;
    Ok(())
}

async fn edit_as(bed: &Bed, manager: &str, patch: Value) -> Result<()> {
    let api = bed.others.api("v1", "ConfigMap", &bed.namespace);
    api.patch(
        "c",
        &PatchParams {
            field_manager: Some(manager.into()),
            ..PatchParams::default()
        },
        &Patch::Merge(patch),
    )
    .await?;
    Ok(())
}

fn configmap(namespace: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": namespace}, "data": data})
}

fn managers(live: &Value) -> Vec<&str> {
    let entries = live["metadata"]["managedFields"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .filter_map(|entry| entry["manager"].as_str())
        .collect()
}

/// Section 7, 13: managers are matched by the start of their name, others keep their fields.
#[tokio::test(flavor = "multi_thread")]
async fn kubectls_fields_are_taken_over() -> Result<()> {
    let bed = bed("ownership-kubectl").await?;
    let mut old = configmap("ownership-kubectl", json!({"a": "1", "gone": "x"}));
    old["metadata"]["annotations"] = json!({"kubectl.kubernetes.io/last-applied-configuration": "{}"});
    create_as(&bed, "kubectl-client-side-apply", old).await?;
    let wanted = || vec![configmap("ownership-kubectl", json!({"a": "1"}))];
    let applied = bed.apply(wanted()).await?;
    assert_eq!(actions(&applied), ["ConfigMap/ownership-kubectl/c configured"]);
    let live = bed.get("v1", "ConfigMap", "c").await?;
    assert_eq!(live["data"], json!({"a": "1"}), "what kubectl had added is gone");
    assert_eq!(managers(&live), [MANAGER]);
    assert!(live["metadata"].get("annotations").is_none(), "{live:#}");

    edit_as(&bed, "kubectl-edit", json!({"data": {"added": "by hand"}})).await?;
    edit_as(&bed, "other-controller", json!({"data": {"theirs": "stays"}})).await?;
    bed.apply(wanted()).await?;
    let live = bed.get("v1", "ConfigMap", "c").await?;
    assert_eq!(live["data"], json!({"a": "1", "theirs": "stays"}));
    assert_eq!(
        actions(&bed.apply(wanted()).await?),
        ["ConfigMap/ownership-kubectl/c unchanged"]
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn merge_leaves_kubectls_fields_and_overridden_managers_lose_theirs() -> Result<()> {
    let bed = bed("ownership-merge").await?;
    create_as(
        &bed,
        "kubectl-create",
        configmap("ownership-merge", json!({"a": "1", "kept": "x"})),
    )
    .await?;
    let mut merged = configmap("ownership-merge", json!({"a": "1"}));
    merged["metadata"]["annotations"] = json!({"kustomize.toolkit.fluxcd.io/ssa": "Merge"});
    bed.apply(vec![merged]).await?;
    assert_eq!(
        bed.get("v1", "ConfigMap", "c").await?["data"],
        json!({"a": "1", "kept": "x"})
    );

    edit_as(&bed, "console", json!({"data": {"clicked": "x"}})).await?;
    let mut options = bed.options();
    options.override_managers = vec!["console".into()];
    // the first apply takes the annotation off, the second is free to take over
    for _ in 0..2 {
        bed.apply_with(vec![configmap("ownership-merge", json!({"a": "1"}))], &options)
            .await?;
    }
    let live = bed.get("v1", "ConfigMap", "c").await?;
    assert_eq!(live["data"], json!({"a": "1"}));
    assert_eq!(managers(&live), [MANAGER]);
    Ok(())
}

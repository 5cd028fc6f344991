//! Annotations that keep objects from being applied (section 7, 4 and 5).

use anyhow::Result;
use serde_json::{Value, json};

use crate::bed::{actions, bed};

fn configmap(namespace: &str, value: &str, annotations: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": value},
        "metadata": {"name": "c", "namespace": namespace, "annotations": annotations}})
}

/// Section 7, 4: an object that is only created counts by what is desired, and stays on record.
#[tokio::test(flavor = "multi_thread")]
async fn if_not_present_creates_and_then_leaves_alone() -> Result<()> {
    let bed = bed("rules-present").await?;
    let wanted = |value| {
        vec![configmap(
            "rules-present",
            value,
            json!({"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
        )]
    };
    assert_eq!(
        actions(&bed.apply(wanted("1")).await?),
        ["ConfigMap/rules-present/c created"]
    );
    let second = bed.apply(wanted("2")).await?;
    assert_eq!(actions(&second), ["ConfigMap/rules-present/c skipped"]);
    assert_eq!(
        second.inventory.entries[0].id, "rules-present_c__ConfigMap",
        "skipped objects stay on record"
    );
    assert_eq!(bed.get("v1", "ConfigMap", "c").await?["data"], json!({"a": "1"}));
    Ok(())
}

/// Section 7, 4: an exclusion counts on the desired object and on the live one.
#[tokio::test(flavor = "multi_thread")]
async fn exclusions_count_on_either_side() -> Result<()> {
    let bed = bed("rules-excluded").await?;
    let ignored = vec![configmap(
        "rules-excluded",
        "1",
        json!({"kustomize.toolkit.fluxcd.io/ssa": "ignore"}),
    )];
    assert_eq!(
        actions(&bed.apply(ignored).await?),
        ["ConfigMap/rules-excluded/c skipped"]
    );
    assert!(bed.get("v1", "ConfigMap", "c").await.is_err());

    bed.apply(vec![configmap("rules-excluded", "1", json!({}))])
        .await?;
    let mark = json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}});
    bed.others
        .merge("v1", "ConfigMap", "rules-excluded", "c", mark)
        .await?;
    let skipped = bed
        .apply(vec![configmap("rules-excluded", "2", json!({}))])
        .await?;
    assert_eq!(actions(&skipped), ["ConfigMap/rules-excluded/c skipped"]);
    assert_eq!(bed.get("v1", "ConfigMap", "c").await?["data"], json!({"a": "1"}));
    Ok(())
}

/// Section 7, 5: a skipped cluster-scoped object is recorded as the server names it, whatever namespace it was given.
#[tokio::test(flavor = "multi_thread")]
async fn a_skipped_cluster_scoped_object_keeps_its_id() -> Result<()> {
    let bed = bed("rules-scope").await?;
    let role = |annotation: &str| {
        serde_json::json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": [],
            "metadata": {"name": "rules-scope", "namespace": "bogus",
                "annotations": {"kustomize.toolkit.fluxcd.io/ssa": annotation}}})
    };
    let first = bed.apply(vec![role("IfNotPresent")]).await?;
    let second = bed.apply(vec![role("IfNotPresent")]).await?;
    assert_eq!(crate::bed::actions(&second), ["ClusterRole/rules-scope skipped"]);
    assert_eq!(first.inventory, second.inventory);
    assert!(sluice_apply::diff_inventory(&first.inventory, &second.inventory).is_empty());
    let ignored = bed.apply(vec![role("Ignore")]).await?;
    assert_eq!(first.inventory, ignored.inventory);
    Ok(())
}

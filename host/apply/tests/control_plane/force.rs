//! K13: immutable fields, with and without force.

use anyhow::Result;
use serde_json::{Value, json};

use crate::bed::{actions, bed};

fn immutable(namespace: &str, value: &str, annotations: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "immutable": true, "data": {"a": value},
        "metadata": {"name": "c", "namespace": namespace, "annotations": annotations}})
}

/// Section 7, 12: an immutable object is deleted and made again by force, and only by force.
#[tokio::test(flavor = "multi_thread")]
async fn an_immutable_object_is_recreated_only_by_force() -> Result<()> {
    let bed = bed("force-immutable").await?;
    let wanted = |value| vec![immutable("force-immutable", value, json!({}))];
    bed.apply(wanted("1")).await?;
    let old = bed.get("v1", "ConfigMap", "c").await?;
    let error = bed.apply(wanted("2")).await.expect_err("immutable");
    assert!(error.to_string().contains("dry-run failed (Invalid)"), "{error}");
    assert_eq!(
        bed.get("v1", "ConfigMap", "c").await?["metadata"]["uid"],
        old["metadata"]["uid"]
    );

    let mut options = bed.options();
    options.force = true;
    let applied = bed.apply_with(wanted("2"), &options).await?;
    assert_eq!(actions(&applied), ["ConfigMap/force-immutable/c created"]);
    let new = bed.get("v1", "ConfigMap", "c").await?;
    assert_ne!(new["metadata"]["uid"], old["metadata"]["uid"]);
    assert_eq!(new["data"], json!({"a": "2"}));

    let annotated = json!({"kustomize.toolkit.fluxcd.io/force": "enabled"});
    bed.apply(vec![immutable("force-immutable", "3", annotated)])
        .await?;
    assert_eq!(bed.get("v1", "ConfigMap", "c").await?["data"], json!({"a": "3"}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_for_immutable_fields_are_understood() -> Result<()> {
    let bed = bed("force-words").await?;
    let pod = json!({"metadata": {"labels": {"app": "x"}}, "spec": {"restartPolicy": "Never",
        "containers": [{"name": "c", "image": "i"}]}});
    let set = |service: &str| {
        let mut template = pod.clone();
        template["spec"]["restartPolicy"] = json!("Always");
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "s", "namespace": "force-words"},
            "spec": {"replicas": 0, "serviceName": service, "selector": {"matchLabels": {"app": "x"}}, "template": template}})
    };
    let job = |image: &str| {
        let mut template = pod.clone();
        template["spec"]["containers"][0]["image"] = json!(image);
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "force-words"},
            "spec": {"suspend": true, "template": template}})
    };
    let binding = |role: &str| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "b", "namespace": "force-words"}, "subjects": [],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}})
    };
    bed.apply(vec![set("a"), job("a"), binding("view")]).await?;
    let mut options = bed.options();
    options.force = true;
    let applied = bed
        .apply_with(vec![set("b"), job("b"), binding("edit")], &options)
        .await?;
    let created = applied.changes.count(sluice_apply::Action::Created);
    assert_eq!(created, 3, "{:?}", actions(&applied));
    Ok(())
}

/// Flux deletes the live object of an invalid manifest when forced; we must not.
#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_object_is_never_deleted() -> Result<()> {
    let bed = bed("force-invalid").await?;
    let service = |port: u32| {
        vec![
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "force-invalid"},
            "spec": {"ports": [{"port": port}]}}),
        ]
    };
    bed.apply(service(80)).await?;
    let old = bed.get("v1", "Service", "s").await?;
    let mut options = bed.options();
    options.force = true;
    let error = bed
        .apply_with(service(99999), &options)
        .await
        .expect_err("invalid");
    assert!(
        error
            .to_string()
            .contains("Service/force-invalid/s dry-run failed (Invalid)"),
        "{error}"
    );
    assert_eq!(
        bed.get("v1", "Service", "s").await?["metadata"]["uid"],
        old["metadata"]["uid"]
    );
    Ok(())
}

/// K12: a finalizer that never clears ends in an error that says so, in bounded time.
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_does_not_go_is_reported() -> Result<()> {
    let bed = bed("force-stuck").await?;
    let mut stuck = immutable("force-stuck", "1", json!({}));
    stuck["metadata"]["finalizers"] = json!(["sluice.dev/test"]);
    bed.others.apply(&stuck).await?;
    let mut options = bed.options();
    options.force = true;
    options.wait_timeout = std::time::Duration::from_secs(1);
    let wanted = vec![immutable("force-stuck", "2", json!({}))];
    let error = bed.apply_with(wanted, &options).await.expect_err("it stays");
    assert!(
        error
            .to_string()
            .contains("failed to wait for object to be deleted"),
        "{error}"
    );
    let free = json!({"metadata": {"finalizers": null}});
    bed.others
        .merge("v1", "ConfigMap", "force-stuck", "c", free)
        .await?;
    Ok(())
}

//! Single calls: apply, patch, delete with preconditions, lists, discovery of new kinds.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_cluster::{ClusterError, DeleteOptions, PatchOptions};
use sluice_model::Object;

use crate::bed::{apply_options, bed, configmap, id};

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_applied_read_patched_and_deleted() -> Result<()> {
    let bed = bed("calls-object").await?;
    let id = id("calls-object", "c");
    let wanted = configmap("calls-object", "c", json!({"a": "1"}));
    let dry = PatchOptions {
        dry_run: true,
        ..apply_options()
    };
    let merged = bed.cluster.apply(&wanted, &dry).await?;
    assert_eq!(merged.0["data"], json!({"a": "1"}));
    let error = bed
        .cluster
        .get(&id, "v1")
        .await
        .expect_err("dry-run wrote nothing");
    assert!(
        matches!(error, ClusterError::NotFound { .. }) && error.is_absent(),
        "{error:?}"
    );

    bed.cluster.apply(&wanted, &apply_options()).await?;
    let patch = json!([{"op": "add", "path": "/data/b", "value": "2"}]);
    bed.cluster
        .json_patch(&id, "v1", &patch, &apply_options())
        .await?;
    bed.cluster
        .merge_patch(&id, "v1", "", &json!({"data": {"a": null}}), &apply_options())
        .await?;
    let live = bed.cluster.get(&id, "").await?;
    assert_eq!(live.0["data"], json!({"b": "2"}));
    let metadata = bed.cluster.get_metadata(&id, "v1").await?;
    assert!(!metadata.0.contains_key("data") && metadata.name() == "c");

    let wrong = DeleteOptions {
        uid: Some("someone-else".into()),
        ..DeleteOptions::default()
    };
    let error = bed
        .cluster
        .delete(&id, "v1", &wrong)
        .await
        .expect_err("another uid");
    assert!(matches!(error, ClusterError::Conflict { .. }), "{error:?}");
    bed.cluster.delete(&id, "v1", &DeleteOptions::default()).await?;
    assert!(bed.cluster.get(&id, "v1").await.is_err());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_cross_pages_and_name_their_kind() -> Result<()> {
    let bed = bed("calls-list").await?;
    for at in 0..3 {
        let mut object = configmap("calls-list", &format!("c{at}"), json!({}));
        object.set_label("app", "x");
        bed.cluster.apply(&object, &apply_options()).await?;
    }
    let resource = bed
        .cluster
        .discovery()
        .resolve("", "v1", "ConfigMap", false)
        .await?;
    let found = bed.cluster.list(&resource, "calls-list", "app in (x,y)").await?;
    assert_eq!(
        found.iter().map(Object::kind).collect::<Vec<_>>(),
        ["ConfigMap"; 3]
    );
    Ok(())
}

pub fn definition(group: &str, plural: &str, kind: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
            "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}

/// Section 7, 17: kinds that come are found, kinds that go are forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn kinds_come_and_go() -> Result<()> {
    let bed = bed("calls-kinds").await?;
    let discovery = bed.cluster.discovery();
    let missing = discovery.resolve("calls.sluice.dev", "v1", "Gadget", false).await;
    assert!(
        matches!(missing, Err(ClusterError::NoMatch { uncertain: false, .. })),
        "{missing:?}"
    );
    let yaml = definition("calls.sluice.dev", "gadgets", "Gadget").to_string();
    bed.others.apply_crds(&yaml).await?;
    let found = sluice_testbed::eventually_ok(
        std::time::Duration::from_secs(10),
        "the kind is served",
        || async {
            discovery.invalidate();
            Ok(discovery
                .resolve("calls.sluice.dev", "v1", "Gadget", false)
                .await?)
        },
    );
    assert_eq!(found.await?.plural, "gadgets");
    bed.others
        .delete(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            "gadgets.calls.sluice.dev",
        )
        .await?;
    let gadget = sluice_model::ObjectId {
        namespace: "calls-kinds".into(),
        name: "g".into(),
        group: "calls.sluice.dev".into(),
        kind: "Gadget".into(),
    };
    sluice_testbed::eventually(
        std::time::Duration::from_secs(60),
        "the kind is forgotten",
        || async {
            matches!(
                bed.cluster.get(&gadget, "v1").await,
                Err(ClusterError::NoMatch { .. })
            )
        },
    )
    .await
}

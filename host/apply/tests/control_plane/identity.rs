//! T3: a tenant's service account is what the API server sees, in every call, with no way back to the own identity.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_apply::{ObjectError, PruneOptions, apply, prune};
use sluice_cluster::ClusterError;

use crate::bed::{Recorder, bed, objects};

fn grant(namespace: &str, verbs: &[&str]) -> Vec<Value> {
    vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "tenant", "namespace": namespace}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
            "metadata": {"name": "tenant", "namespace": namespace},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "verbs": verbs}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "tenant", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"},
            "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}]}),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_can_do_what_its_account_can() -> Result<()> {
    let bed = bed("identity-tenant").await?;
    for object in grant("identity-tenant", &["get", "create", "patch"]) {
        bed.others.apply(&object).await?;
    }
    let tenant = bed.cluster.impersonate("identity-tenant", "tenant")?;
    let own = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "identity-tenant"}});
    let applied = apply(
        &tenant,
        objects(vec![own.clone()]),
        &bed.options(),
        &Recorder::default(),
    )
    .await?;

    let mut elsewhere = own.clone();
    elsewhere["metadata"]["namespace"] = json!("default");
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "identity-tenant"}});
    let denied = apply(
        &tenant,
        objects(vec![elsewhere, secret]),
        &bed.options(),
        &Recorder::default(),
    )
    .await;
    let error = denied.expect_err("no rights");
    assert_eq!(error.objects().len(), 2, "{error}");
    for refused in error.objects() {
        let forbidden = matches!(refused, ObjectError::Query { error: ClusterError::Forbidden { message }, .. }
            if message.contains("system:serviceaccount:identity-tenant:tenant"));
        assert!(forbidden, "{refused:?}");
    }

    let pruned = prune(
        &tenant,
        &applied.inventory.entries,
        &PruneOptions::new(bed.options().owner),
    )
    .await;
    assert_eq!(pruned.failed.len(), 1, "no right to delete");
    assert!(
        pruned.failed[0]
            .1
            .contains("ConfigMap/identity-tenant/c delete failed"),
        "{:?}",
        pruned.failed
    );
    assert!(bed.get("v1", "ConfigMap", "c").await.is_ok());
    Ok(())
}

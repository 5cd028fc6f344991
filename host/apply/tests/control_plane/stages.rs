//! Stages, validation as a whole, and the recorded intent.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_apply::{Action, Failure, ObjectError, apply};
use sluice_model::{Inventory, InventoryEntry};

use crate::bed::{Recorder, actions, bed, objects};

fn configmap(namespace: &str, name: &str, data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data})
}

fn definition(plural: &str, kind: &str) -> Value {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.stages.sluice.dev")},
        "spec": {"group": "stages.sluice.dev", "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema":
                {"type": "object", "properties": {"spec": {"type": "object", "properties":
                {"size": {"type": "integer"}}}}}}}]}})
}

/// Section 7, 17: a CRD, a namespace and objects that need both go in with one apply; a second apply writes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn definitions_and_what_needs_them_go_in_together() -> Result<()> {
    let bed = bed("stages-together").await?;
    let all = || {
        vec![
            json!({"apiVersion": "stages.sluice.dev/v1", "kind": "Widget",
                "metadata": {"name": "w", "namespace": "stages-new"}, "spec": {"size": 3}}),
            configmap("stages-new", "c", json!({"a": "b"})),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stages-new"}}),
            definition("widgets", "Widget"),
        ]
    };
    let first = bed.apply(all()).await?;
    assert_eq!(
        actions(&first),
        [
            "CustomResourceDefinition/widgets.stages.sluice.dev created",
            "Namespace/stages-new created",
            "ConfigMap/stages-new/c created",
            "Widget/stages-new/w created",
        ]
    );
    let ids: Vec<&str> = first
        .inventory
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids[1], "_stages-new__Namespace");
    assert_eq!(ids[3], "stages-new_w_stages.sluice.dev_Widget");

    let before = bed.cluster.counters().read();
    let second = bed.apply(all()).await?;
    assert_eq!(
        second.changes.count(Action::Unchanged),
        4,
        "{:?}",
        actions(&second)
    );
    assert_eq!(second.inventory, first.inventory);
    let spent = bed.cluster.counters().read() - before;
    assert_eq!(
        (spent.gets, spent.dry_runs, spent.applies, spent.patches),
        (4, 4, 0, 0)
    );
    for (old, new) in first.changes.changes.iter().zip(&second.changes.changes) {
        let version = |change: &sluice_apply::Change| change.fingerprint.map(|print| print.resource_version);
        if old.id.kind == "ConfigMap" {
            assert_eq!(
                version(old),
                version(new),
                "an unchanged object keeps its version"
            );
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_object_keeps_the_stage_from_being_written_and_all_bad_ones_are_named() -> Result<()> {
    let bed = bed("stages-bad").await?;
    let error = bed
        .apply(vec![
            configmap("stages-bad", "good", json!({})),
            configmap("stages-bad", "Bad_Name", json!({})),
            configmap("stages-bad", "badkey", json!({"a b": "c"})),
            configmap("stages-nowhere", "lost", json!({})),
            json!({"apiVersion": "nope.sluice.dev/v1", "kind": "Nope", "metadata": {"name": "n", "namespace": "stages-bad"}}),
        ])
        .await
        .expect_err("four are bad");
    let texts: Vec<String> = error.objects().iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 4, "{texts:#?}");
    assert!(
        texts[0].starts_with("ConfigMap/stages-bad/Bad_Name dry-run failed (Invalid): "),
        "{texts:#?}"
    );
    assert!(
        texts[1].starts_with("ConfigMap/stages-bad/badkey dry-run failed (Invalid): "),
        "{texts:#?}"
    );
    assert!(
        texts[2].starts_with("ConfigMap/stages-nowhere/lost not found: namespaces \"stages-nowhere\""),
        "{texts:#?}"
    );
    assert_eq!(
        texts[3],
        "Nope/stages-bad/n dry-run failed: no matches for kind \"Nope\" in version \"nope.sluice.dev/v1\""
    );
    assert!(
        bed.get("v1", "ConfigMap", "good").await.is_err(),
        "nothing was written"
    );
    assert_eq!(error.inventory, Inventory::default());
    Ok(())
}

/// The design's crash rule: before the first write the old and the intended entries are on record.
#[tokio::test(flavor = "multi_thread")]
async fn the_intent_is_recorded_before_the_first_write_and_only_then() -> Result<()> {
    let bed = bed("stages-intent").await?;
    let mut options = bed.options();
    let old = InventoryEntry {
        id: "stages-intent_old__ConfigMap".into(),
        v: "v1".into(),
    };
    options.previous = Inventory {
        entries: vec![old.clone()],
    };
    let wanted = || objects(vec![configmap("stages-intent", "new", json!({}))]);

    let refusing = Recorder {
        refuse: true,
        ..Recorder::default()
    };
    let error = apply(&bed.cluster, wanted(), &options, &refusing)
        .await
        .expect_err("refused");
    assert!(matches!(error.failure, Failure::Intent(_)), "{error}");
    assert_eq!(error.inventory, options.previous);
    assert!(
        bed.get("v1", "ConfigMap", "new").await.is_err(),
        "nothing was written"
    );

    let recorder = Recorder::default();
    let applied = apply(&bed.cluster, wanted(), &options, &recorder).await?;
    let new = applied.inventory.entries[0].clone();
    assert_eq!(
        *recorder.records.lock(),
        [Inventory {
            entries: vec![new.clone(), old]
        }]
    );

    let again = Recorder::default();
    apply(&bed.cluster, wanted(), &options, &again).await?;
    assert!(
        again.records.lock().is_empty(),
        "nothing to write, nothing to record"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_follow_the_scope_of_the_kind() -> Result<()> {
    let bed = bed("stages-scope").await?;
    let class = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 7,
        "metadata": {"name": "stages-scope", "namespace": "bogus"}});
    let homeless = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "homeless"}});
    let error = bed
        .apply(vec![class.clone(), homeless.clone()])
        .await
        .expect_err("no namespace");
    assert!(
        matches!(error.objects(), [ObjectError::NoNamespace { .. }]),
        "{error}"
    );

    let mut options = bed.options();
    options.default_namespace = Some(bed.namespace.clone());
    let applied = bed.apply_with(vec![class, homeless], &options).await?;
    assert_eq!(
        actions(&applied),
        [
            "PriorityClass/stages-scope created",
            "ConfigMap/stages-scope/homeless created"
        ]
    );
    let twice = || configmap("stages-scope", "homeless", json!({}));
    let error = bed.apply(vec![twice(), twice()]).await.expect_err("twice");
    assert!(
        matches!(error.objects(), [ObjectError::Duplicate { .. }]),
        "{error}"
    );
    Ok(())
}

/// Section 7, 18: a Role that must stand before a RoleBinding of it may be made is applied in a stage of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_binds_a_role_that_the_same_apply_brings() -> Result<()> {
    let bed = bed("stages-roles").await?;
    let namespace = "stages-roles";
    for object in [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "t", "namespace": namespace}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "t", "namespace": namespace},
            "rules": [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
                "verbs": ["get", "create", "patch", "bind", "escalate"]}]}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "t", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "t"},
            "subjects": [{"kind": "ServiceAccount", "name": "t", "namespace": namespace}]}),
    ] {
        bed.others.apply(&object).await?;
    }
    let tenant = bed.cluster.impersonate(namespace, "t")?;
    let mut options = bed.options();
    options.custom_stage_kinds = vec![("rbac.authorization.k8s.io".into(), "Role".into())];
    let brought = || {
        objects(vec![
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": "brought", "namespace": namespace},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "brought"},
                "subjects": [{"kind": "ServiceAccount", "name": "t", "namespace": namespace}]}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                "metadata": {"name": "brought", "namespace": namespace},
                "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}),
        ])
    };
    let applied = sluice_testbed::eventually_ok(
        std::time::Duration::from_secs(20),
        "the rights are known",
        || async { Ok(apply(&tenant, brought(), &options, &Recorder::default()).await?) },
    )
    .await?;
    assert_eq!(
        actions(&applied),
        [
            "Role/stages-roles/brought created",
            "RoleBinding/stages-roles/brought created"
        ]
    );
    Ok(())
}

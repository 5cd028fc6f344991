//! What others change is put right, what is theirs stays.

use anyhow::Result;
use serde_json::json;
use sluice_apply::{Action, IgnoreRule, IgnoreRules, IgnoreTarget};

use crate::bed::{actions, bed};

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_field_is_put_right_and_foreign_fields_stay() -> Result<()> {
    let bed = bed("drift-field").await?;
    let wanted = || {
        vec![
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1", "b": "2"},
            "metadata": {"name": "c", "namespace": "drift-field", "labels": {"x": "y"}}}),
        ]
    };
    bed.apply(wanted()).await?;
    let patch = json!({"data": {"a": "changed", "theirs": "stays"}, "metadata": {"labels": {"x": null}}});
    bed.others
        .merge("v1", "ConfigMap", "drift-field", "c", patch)
        .await?;
    let applied = bed.apply(wanted()).await?;
    assert_eq!(actions(&applied), ["ConfigMap/drift-field/c configured"]);
    let live = bed.get("v1", "ConfigMap", "c").await?;
    assert_eq!(live["data"], json!({"a": "1", "b": "2", "theirs": "stays"}));
    assert_eq!(live["metadata"]["labels"]["x"], "y");
    assert_eq!(
        live["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"],
        "apps"
    );

    let less = vec![
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "2"},
        "metadata": {"name": "c", "namespace": "drift-field"}}),
    ];
    bed.apply(less).await?;
    let live = bed.get("v1", "ConfigMap", "c").await?;
    assert_eq!(
        live["data"],
        json!({"b": "2", "theirs": "stays"}),
        "what left the source left the object"
    );
    Ok(())
}

/// Section 7, 14: a Secret given as text does not change from apply to apply.
#[tokio::test(flavor = "multi_thread")]
async fn defaults_and_secret_text_are_no_drift() -> Result<()> {
    let bed = bed("drift-none").await?;
    let wanted = || {
        vec![
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "drift-none"},
                "stringData": {"password": "hunter2"}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "drift-none"},
                "spec": {"selector": {"app": "x"}, "ports": [{"port": 80}]}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "drift-none"},
                "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata":
                {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i",
                "ports": [{"containerPort": 80}], "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}}]}}}}),
            json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                "metadata": {"name": "h", "namespace": "drift-none"}, "spec": {"maxReplicas": 3, "scaleTargetRef":
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "metrics": [{"type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}]}}),
            json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "j", "namespace": "drift-none"},
                "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {"spec":
                {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}}}),
        ]
    };
    let first = bed.apply(wanted()).await?;
    assert_eq!(first.changes.count(Action::Created), 5);
    // the controllers add their annotations and status first
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let second = bed.apply(wanted()).await?;
    assert_eq!(
        second.changes.count(Action::Unchanged),
        5,
        "{:?}",
        actions(&second)
    );
    Ok(())
}

/// L1: what the server quotes of a Secret is masked.
#[tokio::test(flavor = "multi_thread")]
async fn errors_do_not_tell_secrets() -> Result<()> {
    let bed = bed("drift-secret").await?;
    let error = bed
        .apply(vec![json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "drift-secret"},
            "data": {"password": "not-base64-hunter2"}, "stringData": {"bad key": "canary-value"}})])
        .await
        .expect_err("invalid");
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("Secret/drift-secret/s"), "{shown}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("canary-value"),
        "{shown}"
    );
    let error = bed
        .apply(vec![json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "drift-secret"},
            "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "aHVudGVyMg=="}})])
        .await
        .expect_err("invalid");
    let shown = format!("{error} {error:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("aHVudGVyMg"),
        "{shown}"
    );
    Ok(())
}

/// `spec.ignore`: another's value is no drift, and survives a write for another reason.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_fields_are_left_to_others() -> Result<()> {
    let bed = bed("drift-ignore").await?;
    let wanted = |image: &str| {
        vec![
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "drift-ignore"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata":
            {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": image}]}}}}),
        ]
    };
    let mut options = bed.options();
    let rule = IgnoreRule {
        paths: vec!["/spec/replicas".into()],
        target: None,
    };
    options.ignore = IgnoreRules::compile(&[rule])?;
    bed.apply_with(wanted("one"), &options).await?;
    let scaled = json!({"spec": {"replicas": 3}});
    bed.others
        .merge("apps/v1", "Deployment", "drift-ignore", "d", scaled)
        .await?;
    let unchanged = bed.apply_with(wanted("one"), &options).await?;
    assert_eq!(actions(&unchanged), ["Deployment/drift-ignore/d unchanged"]);
    bed.apply_with(wanted("two"), &options).await?;
    let live = bed.get("apps/v1", "Deployment", "d").await?;
    assert_eq!(live["spec"]["replicas"], 3);
    assert_eq!(live["spec"]["template"]["spec"]["containers"][0]["image"], "two");
    Ok(())
}

/// A field that another manager applies is stripped from what is sent, also inside a keyed list; one that is ours alone
/// is sent as it stands.
#[tokio::test(flavor = "multi_thread")]
async fn ignored_fields_are_stripped_or_adopted() -> Result<()> {
    let bed = bed("drift-strip").await?;
    let wanted = |image: &str, cpu: &str| {
        vec![
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "drift-strip"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": {"metadata":
            {"labels": {"app": "x"}}, "spec": {"containers": [
                {"name": "side", "image": "s"},
                {"name": "c", "image": image, "resources": {"limits": {"cpu": cpu}}}]}}}}),
        ]
    };
    let mut options = bed.options();
    let rule = IgnoreRule {
        paths: vec![
            "/spec/template/spec/containers/1/resources/limits/cpu".into(),
            "/spec/replicas".into(),
        ],
        target: Some(IgnoreTarget {
            kind: "Deploy.*".into(),
            ..IgnoreTarget::default()
        }),
    };
    options.ignore = IgnoreRules::compile(&[rule])?;
    bed.apply_with(wanted("one", "1"), &options).await?;
    let theirs = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "resources": {"limits": {"cpu": "2"}}}]}}}});
    bed.others
        .api("apps/v1", "Deployment", "drift-strip")
        .patch(
            "d",
            &sluice_testbed::kube::api::PatchParams::apply("vpa").force(),
            &sluice_testbed::kube::api::Patch::Apply(&theirs),
        )
        .await?;
    let scaled = json!({"spec": {"replicas": 1}});
    bed.others
        .merge("apps/v1", "Deployment", "drift-strip", "d", scaled)
        .await?;
    bed.apply_with(wanted("two", "1"), &options).await?;
    let live = bed.get("apps/v1", "Deployment", "d").await?;
    let container = &live["spec"]["template"]["spec"]["containers"][1];
    assert_eq!(container["image"], "two");
    assert_eq!(
        container["resources"]["limits"]["cpu"], "2",
        "stripped: it stays the other's"
    );
    assert_eq!(live["spec"]["replicas"], 1, "adopted: it stays as it stands");
    let ours = live["metadata"]["managedFields"].as_array().expect("entries");
    let ours = ours
        .iter()
        .find(|entry| entry["manager"] == crate::bed::MANAGER && entry["operation"] == "Apply")
        .expect("our entry");
    let owned = ours["fieldsV1"].to_string();
    assert!(
        owned.contains("f:replicas") && !owned.contains("f:cpu"),
        "{owned}"
    );
    Ok(())
}

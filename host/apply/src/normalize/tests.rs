use super::*;
use crate::options::Owner;
use sluice_model::{Health, Verdict};

fn options() -> ApplyOptions {
    let owner = Owner {
        group_prefix: "kustomize.toolkit.fluxcd.io".into(),
        name: "apps".into(),
        namespace: "flux".into(),
    };
    ApplyOptions::new("kustomize-controller", owner, |_| {
        Verdict::new(Health::Current, "")
    })
}

fn run(values: Vec<Value>) -> Result<Vec<Object>, Vec<ObjectError>> {
    normalize(
        values.into_iter().filter_map(Object::from_value).collect(),
        &options(),
    )
}

fn one(value: Value) -> Object {
    run(vec![value]).expect("fit").pop().expect("one")
}

#[test]
fn lists_are_opened_and_kustomize_files_left_out() {
    let objects = run(vec![
        json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "b"}}]}]}),
        json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}),
    ])
    .expect("fit");
    let names: Vec<(&str, &str)> = objects
        .iter()
        .map(|object| (object.kind(), object.name()))
        .collect();
    assert_eq!(names, [("ConfigMap", "a"), ("ConfigMap", "b")]);
    assert_eq!(objects[1].label("kustomize.toolkit.fluxcd.io/name"), Some("apps"));
    assert_eq!(
        objects[1].label("kustomize.toolkit.fluxcd.io/namespace"),
        Some("flux")
    );
}

/// Section 7, 14: a Secret given as text is the same as one given as data.
#[test]
fn secret_text_is_folded_and_wins() {
    let secret = one(
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "creationTimestamp": null},
        "data": {"k": "b2xk", "other": "eA=="}, "stringData": {"k": "new"}, "status": {}}),
    );
    assert_eq!(secret.0["data"], json!({"k": "bmV3", "other": "eA=="}));
    assert!(!secret.0.contains_key("stringData") && !secret.0.contains_key("status"));
    assert!(
        !secret
            .metadata()
            .expect("metadata")
            .contains_key("creationTimestamp")
    );
}

#[test]
fn ciphertext_is_refused_unless_decryption_is_off() {
    let secret = |annotations: Value| {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b",
            "annotations": annotations}, "sops": {"mac": "x"}})
    };
    let errors = run(vec![secret(json!({}))]).expect_err("still encrypted");
    assert_eq!(
        errors[0].to_string(),
        "Secret/b/a is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
    );
    assert!(
        run(vec![secret(
            json!({"kustomize.toolkit.fluxcd.io/decrypt": "Disabled"})
        )])
        .is_ok()
    );
}

#[test]
fn incomplete_objects_are_all_named() {
    let errors = run(vec![
        json!({"kind": "A"}),
        json!({"apiVersion": "v1", "kind": "B"}),
    ])
    .expect_err("unfit");
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(
        texts[0].contains("object 1") && texts[0].contains("apiVersion is missing"),
        "{texts:?}"
    );
    assert!(
        texts[1].contains("object 2") && texts[1].contains("metadata.name is missing"),
        "{texts:?}"
    );
}

#[test]
fn ports_speak_tcp_unless_they_say_otherwise() {
    let service = one(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 53}, {"port": 53, "protocol": "UDP"}]}}),
    );
    assert_eq!(
        service.0["spec"]["ports"],
        json!([{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}])
    );
    let job = one(
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec":
        {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"ports": [{"containerPort": 1}]}, {}]}}}}}}),
    );
    let container = job.0["spec"]
        .pointer("/jobTemplate/spec/template/spec/containers/0")
        .expect("there");
    assert_eq!(
        container["ports"],
        json!([{"containerPort": 1, "protocol": "TCP"}])
    );
}

#[test]
fn a_ca_bundle_that_is_no_certificate_is_dropped() {
    let crd = |bundle: &str| {
        one(
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "a"}, "status": {"storedVersions": []},
            "spec": {"conversion": {"webhook": {"clientConfig": {"caBundle": bundle}}}}}),
        )
    };
    let bundle = |object: &Object| {
        object.0["spec"]["conversion"]["webhook"]["clientConfig"]
            .get("caBundle")
            .cloned()
    };
    assert_eq!(bundle(&crd("Cg==")), None);
    assert_eq!(bundle(&crd("!!")), None);
    let good = STANDARD.encode("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
    assert_eq!(bundle(&crd(&good)), Some(json!(good)));
    assert!(
        crd("Cg==").0.contains_key("status"),
        "a CRD keeps its status for health"
    );
}

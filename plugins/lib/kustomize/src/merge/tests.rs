//! Cases of strategic merge; expectations were taken from kustomize 5.8.1.

use sluice_yaml::{Limits, Node};

use super::*;

fn parse(text: &str) -> Node {
    sluice_yaml::parse_document(text.as_bytes(), &Limits::default())
        .expect("YAML")
        .expect("a document")
}

fn merged(dest: &str, patch: &str) -> Option<Node> {
    strategic_merge(&OpenApi::default(), parse(dest), parse(patch)).expect("merges")
}

const HEAD: &str = "apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: ";

fn pod(text: &str) -> String {
    format!("{{{HEAD}{text}}}}}}}")
}

fn check_pod(dest: &str, patch: &str, expected: &str) {
    assert_eq!(merged(&pod(dest), &pod(patch)), Some(parse(&pod(expected))));
}

#[test]
fn new_elements_come_first_e70() {
    check_pod(
        "{containers: [{name: a, image: x}]}",
        "{containers: [{name: Z, image: z}, {name: a, image: y}]}",
        "{containers: [{name: Z, image: z}, {name: a, image: y}]}",
    );
    check_pod(
        "{containers: [{name: a}, {name: b}]}",
        "{containers: [{name: c}]}",
        "{containers: [{name: c}, {name: a}, {name: b}]}",
    );
}

#[test]
fn directives_delete_and_replace() {
    check_pod(
        "{containers: [{name: a}, {name: b}]}",
        "{containers: [{name: a, $patch: delete}]}",
        "{containers: [{name: b}]}",
    );
    check_pod(
        "{containers: [{name: a}], x: 1}",
        "{$patch: replace, containers: [{name: b}]}",
        "{containers: [{name: b}]}",
    );
    check_pod(
        "{containers: [{name: a}]}",
        "{containers: [{$patch: replace}, {name: b}]}",
        "{containers: [{name: b}]}",
    );
    assert_eq!(merged("{a: 1}", "{$patch: delete}"), None);
}

#[test]
fn null_removes_and_spelled_nulls_stay() {
    let result = merged("{a: 1, b: null, c: , d: {e: ~}}", "{a: null}").expect("not deleted");
    assert_eq!(result, parse("{b: null, d: {e: ~}}"));
}

#[test]
fn ports_merge_by_port_and_protocol() {
    check_pod(
        "{containers: [{name: a, ports: [{containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP}]}]}",
        "{containers: [{name: a, ports: [{containerPort: 80, protocol: UDP, name: dns}]}]}",
        "{containers: [{name: a, ports: [{containerPort: 80, protocol: TCP}, {containerPort: 80, protocol: UDP, name: dns}]}]}",
    );
}

#[test]
fn unknown_kinds_replace_lists() {
    let result =
        merged("{apiVersion: x/v1, kind: X, l: [{name: a}]}", "{l: [{name: b}]}").expect("not deleted");
    assert_eq!(result, parse("{apiVersion: x/v1, kind: X, l: [{name: b}]}"));
}

#[test]
fn embedded_objects_have_their_own_schema() {
    let result = merged(
        &format!(
            "{{apiVersion: x/v1, kind: X, t: {}}}",
            pod("{containers: [{name: a}]}")
        ),
        &format!("{{t: {}}}", pod("{containers: [{name: b}]}")),
    );
    assert_eq!(
        result,
        Some(parse(&format!(
            "{{apiVersion: x/v1, kind: X, t: {}}}",
            pod("{containers: [{name: b}, {name: a}]}")
        )))
    );
}

#[test]
fn kinds_that_do_not_fit_are_errors() {
    let result = strategic_merge(&OpenApi::default(), parse("{a: {b: 1}}"), parse("{a: [1]}"));
    assert!(
        result
            .expect_err("a list")
            .contains("expected MappingNode but got SequenceNode")
    );
}

#[test]
fn plain_lists_merge_by_value() {
    let dest = "{apiVersion: v1, kind: ConfigMap, metadata: {finalizers: [a, b]}}";
    let patch = "{metadata: {finalizers: [c, a]}}";
    let expected = "{apiVersion: v1, kind: ConfigMap, metadata: {finalizers: [c, a, b]}}";
    assert_eq!(merged(dest, patch), Some(parse(expected)));
}

//! Bad input: each error names the file, the line where there is one, and the field or object.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use memory::Memory;
use sluice_kustomize::{Config, build};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n";

/// What Flux's way of building says of these files below `app`, beside `app/a.yaml` with a ConfigMap.
fn error(files: &[(&str, &str)], config: &str) -> String {
    let mut all = vec![("app/a.yaml", CONFIG_MAP)];
    all.extend(files.iter().copied());
    let config = Config::parse(config).expect("a config");
    build(&Memory::new(all), "app", &config.options)
        .expect_err("must fail")
        .to_string()
}

fn names_all(said: &str, wanted: &[&str]) {
    for part in wanted {
        assert!(said.contains(part), "no {part:?} in {said:?}");
    }
}

/// Lines are those of the file, also in its later documents.
#[test]
fn broken_yaml_names_file_and_line() {
    let kustomization = ("app/kustomization.yaml", "resources: [b.yaml]\n");
    let first = ("app/b.yaml", "apiVersion: v1\nkind: ConfigMap\n  metadata: [\n");
    names_all(&error(&[kustomization, first], "{}"), &["b.yaml", "line 3"]);
    let text =
        format!("# a comment\n---\n{CONFIG_MAP}---\r\napiVersion: v1\nkind: ConfigMap\n  metadata: x\n");
    let later = ("app/b.yaml", text.as_str());
    names_all(&error(&[kustomization, later], "{}"), &["b.yaml", "line 12"]);
    names_all(&error(&[later], "{}"), &["./b.yaml", "line 12"]);
    let broken = (
        "app/kustomization.yaml",
        "namespace: x\nresources: [a.yaml\npatches:\n",
    );
    names_all(&error(&[broken], "{}"), &["/app/kustomization.yaml", "line 2"]);
}

/// A document that is no object, or misses a name, is found by its line.
#[test]
fn an_object_without_a_name_names_file_line_and_field() {
    let text = format!("{CONFIG_MAP}---\napiVersion: v1\nkind: Secret\n");
    let files = [
        ("app/kustomization.yaml", "resources: [b.yaml]\n"),
        ("app/b.yaml", text.as_str()),
    ];
    let wanted = ["b.yaml", "line 8", "metadata.name", "Secret"];
    names_all(&error(&files, "{}"), &wanted);
    names_all(&error(&files[1..], "{}"), &wanted);
}

#[test]
fn a_wrong_field_of_a_kustomization_is_named() {
    let count = (
        "app/kustomization.yaml",
        "resources: [a.yaml]\nreplicas:\n- name: x\n  count: many\n",
    );
    names_all(
        &error(&[count], "{}"),
        &["/app/kustomization.yaml", "replicas.count"],
    );
    let unknown = ("app/kustomization.yaml", "resources: [a.yaml]\nnameprefixes: x\n");
    let strict = r#"{"mode": "cli"}"#;
    names_all(
        &error(&[unknown], strict),
        &["/app/kustomization.yaml", "nameprefixes"],
    );
    let table = [
        (
            "app/kustomization.yaml",
            "resources: [a.yaml]\nconfigurations: [c.yaml]\n",
        ),
        ("app/c.yaml", "namePrefix: x\n"),
    ];
    names_all(&error(&table, "{}"), &["c.yaml", "namePrefix"]);
}

#[test]
fn a_missing_file_is_named_with_who_asks_for_it() {
    let below = [
        ("app/kustomization.yaml", "resources: [../base]\n"),
        ("base/kustomization.yaml", "resources: [gone.yaml]\n"),
    ];
    names_all(
        &error(&below, "{}"),
        &["'../base'", "path '/base'", "/base/gone.yaml"],
    );
    let generator = (
        "app/kustomization.yaml",
        "configMapGenerator:\n- name: g\n  files: [gone.txt]\n",
    );
    names_all(
        &error(&[generator], "{}"),
        &["/app/kustomization.yaml", "/app/gone.txt"],
    );
    names_all(
        &error(
            &[("app/kustomization.yaml", "resources: [a.yaml]\n")],
            r#"{"components": ["../gone"]}"#,
        ),
        &["components", "/gone"],
    );
}

#[test]
fn a_patch_that_does_not_apply_names_the_patch_and_its_kustomization() {
    let lists = "resources: [a.yaml]\npatches:\n- path: p.yaml\n";
    let stray = [
        ("app/kustomization.yaml", lists),
        (
            "app/p.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: other\n",
        ),
    ];
    let wanted = ["/app/kustomization.yaml", "p.yaml", "ConfigMap.v1.[noGrp]/other"];
    names_all(&error(&stray, "{}"), &wanted);
    let broken = [
        ("app/kustomization.yaml", lists),
        ("app/p.yaml", "kind: A\nmetadata:\n  name: a\n spec: 1\n"),
    ];
    names_all(
        &error(&broken, "{}"),
        &["/app/kustomization.yaml", "p.yaml", "line 3"],
    );
    let missing = "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - op: remove\n      path: /data/none\n";
    let said = error(&[("app/kustomization.yaml", missing)], "{}");
    names_all(
        &said,
        &[
            "/app/kustomization.yaml",
            "inline patch for ConfigMap",
            "/data/none",
        ],
    );
}

/// What a transformer meets in an object of a base is found in the base's file.
#[test]
fn a_field_of_the_wrong_kind_names_both_files_the_field_and_the_line() {
    let text =
        format!("{CONFIG_MAP}---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: b\n  labels: [x]\n");
    let files = [
        (
            "app/kustomization.yaml",
            "resources: [../base]\nlabels:\n- pairs: {a: b}\n",
        ),
        ("base/kustomization.yaml", "resources: [b.yaml]\n"),
        ("base/b.yaml", text.as_str()),
    ];
    let wanted = [
        "/app/kustomization.yaml",
        "../base/b.yaml",
        "metadata/labels",
        "/b.[noNs]",
        "line 12",
    ];
    names_all(&error(&files, "{}"), &wanted);
}

/// R5: duplicate keys are told with their lines in the file.
#[test]
fn a_key_that_is_there_twice_names_file_object_and_lines() {
    let text = format!(
        "{CONFIG_MAP}---\n{}  k: w\n",
        CONFIG_MAP.replace("name: a", "name: b")
    );
    let files = [
        ("app/kustomization.yaml", "resources: [b.yaml]\n"),
        ("app/b.yaml", text.as_str()),
    ];
    let wanted = ["b.yaml", "/b.[noNs]", "line 14", "\"k\"", "line 13"];
    names_all(&error(&files, "{}"), &wanted);
}

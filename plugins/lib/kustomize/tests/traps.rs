//! The traps of a re-implementation that need a whole build to show, by their number in the study (E..).

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use memory::Memory;
use sluice_kustomize::{BuildOptions, Reorder, build};

const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

fn try_render(files: &[(&str, &str)]) -> Result<String, String> {
    let options = BuildOptions {
        reorder: Reorder::None,
        ..BuildOptions::default()
    };
    build(&Memory::new(files.iter().copied()), "", &options)
        .and_then(|built| built.to_yaml())
        .map_err(|error| error.to_string())
}

fn render(files: &[(&str, &str)]) -> String {
    try_render(files).expect("builds")
}

fn error(files: &[(&str, &str)]) -> String {
    try_render(files).expect_err("must fail")
}

#[test]
fn output_is_canonical_e67() {
    let text = format!(
        "{HEAD}  annotations: {{n: 1.0, e: 1e3, o: 0777}}\ndata: {{z: >\n    folded\n    text\n\n  , y: 'it''s', x: \"a\"}} # gone\n"
    );
    let block = format!(
        "{HEAD}  annotations: {{n: 1.0, e: 1e3, o: 0777}}\ndata:\n  z: >\n    folded\n    text\n  y: 'it''s' # gone\n  x: \"a\"\n"
    );
    assert!(try_render(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", &text)]).is_err());
    assert_eq!(
        render(&[
            ("kustomization.yaml", "resources: [a.yaml]\n"),
            ("a.yaml", &block)
        ]),
        "apiVersion: v1\ndata:\n  x: a\n  \"y\": it's\n  z: |\n    folded text\nkind: ConfigMap\nmetadata:\n  annotations:\n    e: \"1e3\"\n    \"n\": \"1.0\"\n    o: \"0777\"\n  name: a\n"
    );
}

#[test]
fn json_patches_send_objects_through_json_e68() {
    let text = format!("{HEAD}  annotations: {{f: 1.0, e: 1e3, o: 0777}}\n");
    let kustomization = "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - op: add\n      path: /metadata/annotations/p\n      value: 010\n";
    assert_eq!(
        render(&[("kustomization.yaml", kustomization), ("a.yaml", &text)]),
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  annotations:\n    e: \"1000\"\n    f: \"1\"\n    o: \"511\"\n    p: \"8\"\n  name: a\n"
    );
}

#[test]
fn annotations_are_text_and_data_is_not_e69() {
    let text = format!("{HEAD}  annotations: {{plain: yes}}\ndata:\n  empty:\n  number: 1\n");
    assert_eq!(
        render(&[("kustomization.yaml", "resources: [a.yaml]\n"), ("a.yaml", &text)]),
        "apiVersion: v1\ndata:\n  empty: null\n  number: 1\nkind: ConfigMap\nmetadata:\n  annotations:\n    plain: \"yes\"\n  name: a\n"
    );
}

#[test]
fn references_follow_renamed_objects_e74() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  volumes:\n  - {name: v, configMap: {name: a}}\n  - {name: w, configMap: {name: other}}\n  containers:\n  - name: c\n    envFrom:\n    - configMapRef: {name: g}\n";
    let kustomization =
        "resources: [a.yaml, p.yaml]\nnamePrefix: x-\nconfigMapGenerator:\n- {name: g, literals: [k=v]}\n";
    let text = render(&[
        ("kustomization.yaml", kustomization),
        ("a.yaml", HEAD),
        ("p.yaml", pod),
    ]);
    let generated = text
        .lines()
        .find_map(|line| line.strip_prefix("  name: x-g-"))
        .expect("a hashed name");
    for expected in [
        "        name: x-a\n",
        "        name: other\n",
        &format!("        name: x-g-{generated}\n"),
    ] {
        assert!(text.contains(expected.trim_start()), "{expected} in {text}");
    }
}

#[test]
fn common_labels_make_missing_selectors_e77() {
    let deployment =
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {template: {spec: {}}}\n";
    let text = render(&[
        (
            "kustomization.yaml",
            "resources: [d.yaml, j.yaml]\ncommonLabels: {app: x}\n",
        ),
        ("d.yaml", deployment),
        (
            "j.yaml",
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec: {template: {spec: {}}}\n",
        ),
    ]);
    let (deployment, job) = text.split_once("---\n").expect("two objects");
    assert!(
        deployment.contains("  selector:\n    matchLabels:\n      app: x\n"),
        "{deployment}"
    );
    assert!(
        !job.contains("selector") && job.contains("    metadata:\n      labels:\n        app: x\n"),
        "{job}"
    );
}

#[test]
fn accumulation_names_what_is_wrong_e82() {
    let twice = error(&[
        ("kustomization.yaml", "resources: [a.yaml, b.yaml]\n"),
        ("a.yaml", HEAD),
        ("b.yaml", HEAD),
    ]);
    assert!(
        twice.contains("may not add resource with an already registered id: ConfigMap.v1.[noGrp]/a.[noNs]"),
        "{twice}"
    );
    let empty = error(&[("kustomization.yaml", "# nothing\n")]);
    assert!(empty.contains("kustomization.yaml is empty"), "{empty}");
    let missing = error(&[("kustomization.yaml", "resources: [none.yaml]\n")]);
    assert!(
        missing.contains("none.yaml") && missing.contains("no such file or directory"),
        "{missing}"
    );
    let renamed = render(&[
        ("kustomization.yaml", "resources: [one, two]\n"),
        ("one/kustomization.yaml", "resources: [../base]\nnamePrefix: x-\n"),
        ("two/kustomization.yaml", "resources: [../base]\nnamePrefix: y-\n"),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", HEAD),
    ]);
    assert!(
        renamed.contains("name: x-a") && renamed.contains("name: y-a"),
        "{renamed}"
    );
}

#[test]
fn local_objects_are_dropped_e83() {
    let local =
        "kind: Local\nmetadata:\n  name: l\n  annotations: {config.kubernetes.io/local-config: \"true\"}\n";
    let text = render(&[
        ("kustomization.yaml", "resources: [a.yaml, l.yaml]\n"),
        ("a.yaml", HEAD),
        ("l.yaml", local),
    ]);
    assert!(!text.contains("Local"), "{text}");
}

#[test]
fn a_file_under_two_names_is_an_error_e85() {
    let both = error(&[
        ("kustomization.yaml", "resources: [a.yaml]\n"),
        ("kustomization.yml", "resources: [a.yaml]\n"),
        ("a.yaml", HEAD),
    ]);
    assert!(both.contains("Found multiple kustomization files"), "{both}");
    let unknown = error(&[("kustomization.yaml", "resource: [a.yaml]\n"), ("a.yaml", HEAD)]);
    assert!(unknown.contains("json: unknown field \"resource\""), "{unknown}");
}

#[test]
fn charts_are_refused_by_name_e87() {
    let refused = error(&[(
        "kustomization.yaml",
        "helmCharts:\n- {name: nginx, repo: https://example.com}\n",
    )]);
    assert!(
        refused.contains("nginx") && refused.contains("must specify --enable-helm"),
        "{refused}"
    );
}

//! A render as objects: what the host applies.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;
use sluice_helm::{Environment, Files, Limits, MemoryFiles, NoCluster, Options, Rendered, template};

const TEMPLATES: &str = "\
kind: List
apiVersion: v1
items:
- {kind: ConfigMap, apiVersion: v1, metadata: {name: one}, data: {port: 8080, ratio: 1.5}}
- {kind: ConfigMap, apiVersion: v1, metadata: {name: two}}
---
# nothing but a comment
---
kind: Namespace
apiVersion: v1
metadata: {name: first}
---
kind: Job
apiVersion: batch/v1
metadata: {name: hook, annotations: {helm.sh/hook: pre-install, helm.sh/hook-weight: '-5'}}
";

fn render() -> Rendered {
    render_with(json!({}))
}

fn render_with(more: serde_json::Value) -> Rendered {
    let files = [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: 9\n",
        ),
        ("values.yaml", "a: {b: 1}\nsecret: null\n"),
        ("templates/a.yaml", TEMPLATES),
        ("templates/NOTES.txt", "Welcome to {{ .Release.Name }}"),
        (
            "crds/x.yaml",
            "kind: CustomResourceDefinition\nmetadata: {name: x}\n---\nkind: CustomResourceDefinition\nmetadata: {name: z}\n",
        ),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    let files: Rc<dyn Files> = Rc::new(MemoryFiles(BTreeMap::from(files)));
    let mut config = json!({"release": {"name": "rel"}, "values": [{"object": {"a": {"c": 2}}}]});
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    let environment = Environment {
        seed: [0; 32],
        now_ms: 0,
        cluster: Rc::new(NoCluster),
        limits: Limits::default(),
    };
    template(
        &files,
        ".",
        Options::parse(&config.to_string()).unwrap(),
        &environment,
    )
    .unwrap()
}

#[test]
fn lists_are_taken_apart_and_hooks_stand_aside() {
    let rendered = render();
    let objects = rendered.objects().unwrap();
    let names: Vec<&str> = objects
        .iter()
        .filter_map(|(object, _)| object["metadata"]["name"].as_str())
        .collect();
    assert_eq!(names, ["first", "one", "two"]);
    assert_eq!(objects[1].0["data"], json!({"port": 8080, "ratio": 1.5}));
    assert!(objects.iter().all(|(_, path)| path == "c/templates/a.yaml"));
    let hooks = rendered.hook_objects().unwrap();
    assert_eq!(hooks.len(), 1);
    assert_eq!(hooks[0]["metadata"]["name"], "hook");
    assert_eq!(
        (rendered.hooks[0].weight, &rendered.hooks[0].events[..]),
        (-5, &["pre-install"][..])
    );
}

#[test]
fn definitions_notes_and_chart_come_beside() {
    let rendered = render();
    let crds = rendered.crd_objects().unwrap();
    let names: Vec<&str> = crds
        .iter()
        .filter_map(|crd| crd["metadata"]["name"].as_str())
        .collect();
    assert_eq!(names, ["x", "z"]);
    assert_eq!(rendered.notes.as_deref(), Some(&b"Welcome to rel"[..]));
    let chart = rendered.chart_json().unwrap();
    assert_eq!(chart["metadata"]["version"], "1.2.3");
    assert_eq!(chart["metadata"]["appVersion"], "9");
    assert_eq!(chart["values"], json!({"a": {"b": 1, "c": 2}}));
}

/// What a release needs: the chart as Helm stores it, under the version that it was given.
#[test]
fn the_record_of_a_release_is_the_chart_as_helm_stores_it() {
    let rendered = render_with(json!({"releaseRecord": true, "chartVersion": "1.2.3+abc"}));
    let chart = rendered.chart_json().unwrap();
    let record = &chart["record"];
    assert_eq!(
        record["metadata"],
        json!({"name": "c", "version": "1.2.3+abc", "apiVersion": "v2", "appVersion": "9"})
    );
    assert_eq!(record["values"]["a"], json!({"b": 1}));
    let names: Vec<&str> = record["templates"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|file| file["name"].as_str())
        .collect();
    assert_eq!(names, ["templates/NOTES.txt", "templates/a.yaml"]);
    assert_eq!(record["files"][0]["name"], "crds/x.yaml");
    assert_eq!(chart["config"], json!({"a": {"c": 2}}));
    assert_eq!(chart["hookPaths"], json!(["c/templates/a.yaml"]));
}

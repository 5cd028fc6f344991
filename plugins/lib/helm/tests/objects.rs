//! A render as objects: what the host applies.

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
    let config = json!({"release": {"name": "rel"}, "values": [{"object": {"a": {"c": 2}}}]});
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
    let chart = rendered.chart_json();
    assert_eq!(chart["metadata"]["version"], "1.2.3");
    assert_eq!(chart["metadata"]["appVersion"], "9");
    assert_eq!(chart["values"], json!({"a": {"b": 1, "c": 2}}));
}

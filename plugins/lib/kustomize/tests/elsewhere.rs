//! What a build needs from elsewhere: it asks, and goes on with the answers.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use std::collections::BTreeMap;

use memory::Memory;
use serde_json::{Value, json};
use sluice_kustomize::{BuildOptions, Built, Elsewhere, Error, Mounts, build};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

/// Builds, and answers what is asked for until nothing is.
fn build_with(main: &Memory, answers: &BTreeMap<String, Memory>) -> (Result<Built, Error>, usize) {
    let mut asked: Vec<String> = Vec::new();
    for round in 0.. {
        let others = asked
            .iter()
            .filter_map(|need| Some((need.clone(), answers.get(need)?.clone())));
        let (files, held) = Mounts::new(main.clone(), others.collect());
        let options = BuildOptions {
            enable_helm: true,
            elsewhere: Elsewhere { allowed: true, held },
            ..BuildOptions::default()
        };
        match build(&files, "", &options) {
            Err(Error::Needs(needs))
                if needs
                    .iter()
                    .any(|need| !asked.contains(need) && answers.contains_key(need)) =>
            {
                asked.extend(needs);
            }
            result => return (result, round),
        }
    }
    unreachable!()
}

fn repository(url: &str, reference: &str) -> String {
    json!({"git": url, "ref": reference}).to_string()
}

fn file(url: &str) -> String {
    json!({"file": url}).to_string()
}

fn names(built: Result<Built, Error>) -> Vec<String> {
    let built = built.expect("builds");
    let name = |data: &Value| data["metadata"]["name"].as_str().map(str::to_owned);
    built
        .objects
        .iter()
        .filter_map(|object| name(&object.data))
        .collect()
}

#[test]
fn bases_components_and_files_of_elsewhere_are_asked_for_at_once() {
    let main = Memory::new([(
        "kustomization.yaml",
        "namePrefix: x-\nresources:\n- https://github.com/o/r//deep/base?ref=v1\n- https://host/a.yaml\n\
         components: [\"ssh://git@host/o/c\"]\nbuildMetadata: [originAnnotations]\n",
    )]);
    let answers = BTreeMap::from([
        (
            repository("https://github.com/o/r", "v1"),
            Memory::new([
                ("deep/base/kustomization.yaml", "resources: [../other, a.yaml]\n"),
                ("deep/base/a.yaml", CONFIG_MAP),
                ("deep/other/kustomization.yaml", "resources: [b.yaml]\n"),
                ("deep/other/b.yaml", &CONFIG_MAP.replace("name: a", "name: b")),
            ]),
        ),
        (
            file("https://host/a.yaml"),
            Memory::new([("content", CONFIG_MAP.replace("name: a", "name: c").as_str())]),
        ),
        (
            repository("ssh://git@host/o/c", ""),
            Memory::new([(
                "kustomization.yaml",
                "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -y\n",
            )]),
        ),
    ]);
    let (built, rounds) = build_with(&main, &answers);
    let origin = built.as_ref().expect("builds").objects[1].data["metadata"]["annotations"]
        ["config.kubernetes.io/origin"]
        .clone();
    // components are reached once the resources are there
    assert_eq!(rounds, 2);
    assert_eq!(
        origin,
        "path: deep/other/b.yaml\nrepo: https://github.com/o/r\nref: v1\n"
    );
    assert_eq!(names(built), ["x-a-y", "x-b-y", "x-c-y"]);
}

#[test]
fn an_address_without_a_file_may_be_a_repository() {
    let url = "https://host/o/r";
    let main = Memory::new([("kustomization.yaml", format!("resources: [{url}]\n").as_str())]);
    let answers = BTreeMap::from([
        (file(url), Memory::new([("status", "404")])),
        (
            repository(url, ""),
            Memory::new([
                ("kustomization.yaml", "resources: [a.yaml]\n"),
                ("a.yaml", CONFIG_MAP),
            ]),
        ),
    ]);
    assert_eq!(names(build_with(&main, &answers).0), ["a"]);
    let main = Memory::new([("kustomization.yaml", "resources: [\"https://host/x.yaml\"]\n")]);
    let answers = BTreeMap::from([(file("https://host/x.yaml"), Memory::new([("status", "500")]))]);
    let error = build_with(&main, &answers).0.expect_err("no file").to_string();
    assert!(
        error.contains("https://host/x.yaml") && error.contains("500"),
        "{error}"
    );
}

/// R1, R3: what another repository holds sees that repository only.
#[test]
fn r3_bases_of_elsewhere_never_leave_their_repository() {
    let main = Memory::new([
        ("kustomization.yaml", "resources: [\"github.com/o/r//a\"]\n"),
        ("secret.yaml", CONFIG_MAP),
    ]);
    for (text, outside) in [
        ("resources: [../..]\n", "../.."),
        ("resources: [../../secret.yaml]\n", "secret.yaml"),
        ("resources: [../own.yaml]\n", "own.yaml"),
        (
            "configMapGenerator: [{name: x, files: [../own.yaml]}]\n",
            "own.yaml",
        ),
        (
            "resources: [\"https://github.com/o/r//a\"]\n",
            "https://github.com/o/r//a",
        ),
        ("resources: [\"github.com/o/r//a\"]\n", "github.com/o/r//a"),
    ] {
        let clone = Memory::new([("a/kustomization.yaml", text), ("own.yaml", CONFIG_MAP)]);
        let answers = BTreeMap::from([(repository("https://github.com/o/r", ""), clone)]);
        let error = build_with(&main, &answers).0.expect_err(text);
        assert!(error.to_string().contains(outside), "{text}: {error}");
        assert!(!matches!(error, Error::Needs(_)), "{text}: {error}");
    }
}

#[test]
fn charts_are_rendered_by_the_caller() {
    let main = Memory::new([
        (
            "app/kustomization.yaml",
            "namespace: other\nnamePrefix: p-\nhelmCharts:\n- name: web\n  releaseName: r\n  namespace: own\n  includeCRDs: true\n  \
             valuesInline: {replicas: 2, list: [c], gone: null}\n  additionalValuesFiles: [more.yaml]\n  apiVersions: [x/v1]\n\
             resources: [a.yaml]\n",
        ),
        ("kustomization.yaml", "resources: [app]\n"),
        ("app/a.yaml", CONFIG_MAP),
        ("app/more.yaml", "z: 1\n"),
        ("app/charts/web/Chart.yaml", "name: web\nversion: 1.0.0\n"),
        (
            "app/charts/web/values.yaml",
            "replicas: 1\nlist: [a, b]\ngone: 1\nkept: 1\n",
        ),
    ]);
    let need = json!({
        "render": "helm",
        "chart": "/app/charts/web",
        "config": {
            "release": {"name": "r", "namespace": "own"},
            "values": [{"object": {"kept": 1, "list": ["c"], "replicas": 2}}, {"yaml": "z: 1\n"}],
            "apiVersions": ["x/v1"], "includeCrds": true, "skipTests": false, "noHooks": false,
        },
    });
    let (asked, _) = build_with(&main, &BTreeMap::new());
    let Err(Error::Needs(needs)) = asked else {
        panic!("{asked:?}");
    };
    let asked: Value = serde_json::from_str(&needs[0]).expect("JSON");
    assert_eq!(asked, need);
    let output =
        "---\n# Source: web\napiVersion: v1\nkind: Service\nmetadata:\n  name: r-web\n  namespace: own\n";
    let answers = BTreeMap::from([(needs[0].clone(), Memory::new([("output.yaml", output)]))]);
    let built = build_with(&main, &answers).0.expect("builds");
    let text = built.to_yaml().expect("text");
    // the chart's namespace stays, all else is kustomize's
    assert!(text.contains("name: p-r-web\n  namespace: own\n"), "{text}");
    assert!(text.contains("name: p-a\n  namespace: other\n"), "{text}");
    assert!(!text.contains("helm-generated"), "{text}");
}

#[test]
fn charts_of_a_repository_are_fetched_first() {
    let main = Memory::new([(
        "kustomization.yaml",
        "helmCharts: [{name: web, repo: \"https://charts.host\", version: 1.0.0, releaseName: r}]\n",
    )]);
    let chart =
        json!({"chart": "web", "version": "1.0.0", "repository": "https://charts.host", "devel": false})
            .to_string();
    let (asked, _) = build_with(&main, &BTreeMap::new());
    assert!(
        matches!(&asked, Err(Error::Needs(needs)) if *needs == [chart.clone()]),
        "{asked:?}"
    );
    let files = Memory::new([("web/Chart.yaml", "name: web\n"), ("web/values.yaml", "a: 1\n")]);
    let (asked, _) = build_with(&main, &BTreeMap::from([(chart.clone(), files)]));
    let Err(Error::Needs(needs)) = asked else {
        panic!("{asked:?}");
    };
    let asked: Value = serde_json::from_str(&needs[0]).expect("JSON");
    assert_eq!((&asked["in"], &asked["chart"]), (&json!(chart), &json!("/web")));
}

//! Builds in Flux's way: generated kustomizations and the fields laid over them.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use memory::Memory;
use sluice_kustomize::{Built, Config, build};

fn object(kind: &str, name: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
}

fn render(files: &Memory, config: &str) -> Built {
    let config = Config::parse(config).expect("a config");
    build(files, "apps", &config.options).expect("builds")
}

fn names(built: &Built) -> Vec<String> {
    let name = |object: &sluice_kustomize::BuiltObject| {
        let metadata = &object.data["metadata"];
        let namespace = metadata["namespace"].as_str().unwrap_or("-");
        format!("{}/{}", namespace, metadata["name"].as_str().unwrap_or_default())
    };
    built.objects.iter().map(name).collect()
}

#[test]
fn a_missing_kustomization_is_made_of_all_manifests() {
    let (one, two, three) = (
        object("ConfigMap", "one"),
        object("Secret", "two"),
        object("Service", "three"),
    );
    let files = Memory::new([
        ("apps/b.yaml", one.as_str()),
        ("apps/a/x.yml", two.as_str()),
        (
            "apps/base/kustomization.yaml",
            "namePrefix: p-\nresources: [s.yaml]\n",
        ),
        ("apps/base/s.yaml", three.as_str()),
        ("apps/base/unused.yaml", "not: an object\n"),
        ("apps/README.md", "text"),
    ]);
    let built = render(&files, r#"{"mode": "flux", "targetNamespace": "prod"}"#);
    assert_eq!(names(&built), ["prod/two", "prod/one", "prod/p-three"]);
    assert_eq!(built.objects[2].origin.as_deref(), Some("base/s.yaml"));
}

#[test]
fn manifests_that_do_not_parse_fail_the_build() {
    let files = Memory::new([("apps/a.yaml", "not: an object\n")]);
    let error =
        build(&files, "apps", &Config::parse("{}").expect("a config").options).expect_err("must fail");
    assert!(
        error
            .to_string()
            .contains("failed to decode Kubernetes YAML from ./a.yaml"),
        "{error}"
    );
}

#[test]
fn an_empty_directory_is_no_error() {
    let files = Memory::new([("apps/README.md", "text")]);
    assert!(render(&files, "{}").objects.is_empty());
}

#[test]
fn the_overlay_is_laid_over_the_file() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: nginx:1\n";
    let files = Memory::new([
        (
            "apps/kustomization.yaml",
            "namespace: old\nunknown: 1\nresources: [d.yaml]\nimages: [{name: nginx, digest: sha256:ab}]\n",
        ),
        ("apps/d.yaml", deployment),
        (
            "components/c/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {c: d}\n",
        ),
    ]);
    let config = r#"{"targetNamespace": "new", "namePrefix": "p-", "nameSuffix": "-s",
        "images": [{"name": "nginx", "newTag": "2"}],
        "components": ["../components/c", "../components/missing"], "ignoreMissingComponents": true,
        "patches": [{"patch": "- op: add\n  path: /spec/replicas\n  value: 3\n", "target": {"kind": "Deployment"}}]}"#;
    let built = render(&files, config);
    assert_eq!(names(&built), ["new/p-web-s"]);
    let data = &built.objects[0].data;
    assert_eq!(data["spec"]["replicas"], 3);
    assert_eq!(
        data["spec"]["template"]["spec"]["containers"][0]["image"],
        "nginx:2"
    );
    assert_eq!(data["metadata"]["annotations"]["c"], "d");
}

#[test]
fn remote_components_are_refused() {
    let text = object("ConfigMap", "a");
    let files = Memory::new([("apps/a.yaml", text.as_str())]);
    let config = Config::parse(r#"{"components": ["https://example.com/c"]}"#).expect("a config");
    let error = build(&files, "apps", &config.options).expect_err("must fail");
    assert!(
        error.to_string().contains("must be local and relative"),
        "{error}"
    );
}

/// Section 7, item 15 (Flux's `MultiplePatchDelete`): deletions in one patch of several documents, and in patches of
/// their own, of the spec and of the file.
#[test]
fn many_patches_that_delete_objects_all_count() {
    let delete =
        |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n$patch: delete\n");
    let maps: String = ["a", "b", "c", "d", "e", "stays"]
        .map(|name| format!("---\n{}", object("ConfigMap", name)))
        .concat();
    let both = format!("{}---\n{}", delete("a"), delete("b"));
    let files = Memory::new([
        (
            "apps/kustomization.yaml",
            "resources: [maps.yaml]\npatches:\n- path: both.yaml\n- path: c.yaml\n",
        ),
        ("apps/maps.yaml", maps.as_str()),
        ("apps/both.yaml", both.as_str()),
        ("apps/c.yaml", &delete("c")),
    ]);
    let config = serde_json::json!({"mode": "flux",
        "patches": [{"patch": format!("{}---\n{}", delete("d"), delete("e"))}]});
    assert_eq!(names(&render(&files, &config.to_string())), ["-/stays"]);
}

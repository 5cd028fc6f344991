//! Fields of kustomizations that need no files of their own, and configs of transformers.

use serde_json::{Map, Value, json};

use super::kustomization::Draft;
use super::objects::{Known, name};
use super::scalars::{key, nasty, string, word};
use super::yaml::{BLOCK, RAW, stream};
use crate::random::Random;

/// `namespace`
pub fn namespace(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    draft.fields.insert(
        "namespace".into(),
        json!(random.pick(&["prod", "dev", "default", "ns-2"])),
    );
}

/// `namePrefix`
pub fn prefix(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    draft
        .fields
        .insert("namePrefix".into(), json!(random.pick(&["p-", "x", "my-"])));
}

/// `nameSuffix`
pub fn suffix(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    draft
        .fields
        .insert("nameSuffix".into(), json!(random.pick(&["-s", "-v2", "1"])));
}

/// Texts for a field that wants strings.
pub fn strings(random: &mut Random) -> Value {
    let mut map = Map::new();
    for _ in 0..random.between(1, 3) {
        let value = if random.below(300) == 0 {
            nasty(random)
        } else {
            string(random)
        };
        map.insert(key(random), value);
    }
    Value::Object(map)
}

/// `labels` in all forms
pub fn labels(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    for _ in 0..random.between(1, 2) {
        let mut label = json!({"pairs": strings(random)});
        if random.chance(40) {
            label["includeSelectors"] = json!(random.chance(80));
        }
        if random.chance(40) {
            label["includeTemplates"] = json!(random.chance(80));
        }
        if random.chance(15) {
            label["fields"] = json!([field_spec(random)]);
        }
        draft.push("labels", label);
    }
}

fn field_spec(random: &mut Random) -> Value {
    let paths = [
        "spec/template/metadata/labels",
        "spec/deep/labels",
        "metadata/labels",
        "spec/list",
        "spec/items/labels",
        "spec/deep/a\\.b",
        "spec/containers[]/labels",
        "data",
    ];
    let mut spec = json!({"path": random.pick(&paths), "create": random.chance(60)});
    if random.chance(60) {
        spec["kind"] = json!(random.pick(&["Foo", "Deployment", "ConfigMap"]));
    }
    if random.chance(15) {
        spec["group"] = json!(random.pick(&["apps", "example.com"]));
    }
    if random.chance(10) {
        spec["version"] = json!("v1");
    }
    spec
}

/// `commonLabels`
pub fn common_labels(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    draft.fields.insert("commonLabels".into(), strings(random));
}

/// `commonAnnotations`
pub fn annotations(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    draft.fields.insert("commonAnnotations".into(), strings(random));
}

/// `images`
pub fn images(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    for _ in 0..random.between(1, 2) {
        let names = [
            "nginx",
            "busybox",
            "app",
            "registry.example.com:5000/app/nginx",
            "localhost:5000/nginx",
            "ghcr.io/a/b",
            "ng.*",
            "docker.io/library/nginx",
            "my/nginx",
        ];
        let mut image = json!({"name": random.pick(&names)});
        if random.chance(50) {
            image["newName"] = json!(random.pick(&["other", "r.io:5000/x/y", "nginx"]));
        }
        if random.chance(50) {
            image["newTag"] = Value::String(format!(
                "{RAW}{}",
                random.pick(&["v2", "\"2\"", "\"1.10\"", "latest", "'0777'", "\"\""])
            ));
        }
        if random.chance(20) {
            image["digest"] = json!(random.pick(&["sha256:ff", "x"]));
        }
        if random.chance(12) {
            image["tagSuffix"] = json!("-alpine");
        }
        draft.push("images", image);
    }
}

/// `replicas`
pub fn replicas(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    let scalable: Vec<&str> = known
        .iter()
        .filter(|k| ["Deployment", "StatefulSet", "ReplicaSet"].contains(&k.kind.as_str()))
        .map(|k| k.name.as_str())
        .collect();
    if !scalable.is_empty() {
        let name = random.pick(&scalable);
        draft.push("replicas", json!({"name": name, "count": random.below(9)}));
    }
}

/// `vars`
pub fn vars(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    for name in random.some(&["VAR", "VAR2", "NONE"], 50) {
        let Some(object) = known.get(random.below(known.len())) else {
            return;
        };
        let mut var = json!({"name": name, "objref": {"apiVersion": object.api_version, "kind": object.kind, "name": object.name}});
        if random.chance(60) {
            let paths = [
                "metadata.name",
                "metadata.namespace",
                "data.key",
                "spec.replicas",
                "metadata.labels.app",
                "spec.template.spec.containers[0].image",
            ];
            var["fieldref"] = json!({"fieldpath": random.pick(&paths)});
        }
        draft.push("vars", var);
    }
}

/// `sortOptions`
pub fn sort_options(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let options = match random.below(4) {
        0 => json!({"order": "fifo"}),
        1 => json!({"order": "legacy"}),
        _ => {
            json!({"order": "legacy", "legacySortOptions": {"orderFirst": random.some(&["Namespace", "Secret", "Deployment"], 60),
            "orderLast": random.some(&["ConfigMap", "Foo", "Service"], 60)}})
        }
    };
    draft.fields.insert("sortOptions".into(), options);
}

/// `buildMetadata`
pub fn build_metadata(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let list = random.some(
        &["originAnnotations", "transformerAnnotations", "managedByLabel"],
        50,
    );
    draft.fields.insert("buildMetadata".into(), json!(list));
}

/// `transformers`, inline or as files
pub fn transformers(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let metadata = json!({"name": "t"});
    let specs = json!([field_spec(random)]);
    let config = match random.below(9) {
        0 => json!({"kind": "LabelTransformer", "labels": strings(random), "fieldSpecs": specs}),
        1 => {
            json!({"kind": "AnnotationsTransformer", "annotations": strings(random), "fieldSpecs": [{"path": "metadata/annotations", "create": true}]})
        }
        2 => json!({"kind": "NamespaceTransformer", "metadata": {"name": "t", "namespace": "tns"},
            "unsetOnly": random.chance(50), "setRoleBindingSubjects": random.pick(&["none", "defaultOnly", "allServiceAccounts"]),
            "fieldSpecs": [{"path": "metadata/namespace", "create": true}]}),
        3 => json!({"kind": "PrefixTransformer", "prefix": "t-", "fieldSpecs": [{"path": "metadata/name"}]}),
        4 => json!({"kind": "SuffixTransformer", "suffix": "-t", "fieldSpecs": [{"path": "metadata/name"}]}),
        5 => {
            json!({"kind": "ImageTagTransformer", "imageTag": {"name": "nginx", "newTag": "t"}, "fieldSpecs": [{"path": "spec/image", "kind": "Foo"}]})
        }
        6 => {
            json!({"kind": "ReplicaCountTransformer", "replica": {"name": name(random), "count": 7}, "fieldSpecs": [{"path": "spec/replicas", "create": true}]})
        }
        7 => {
            json!({"kind": "ValueAddTransformer", "value": word(random), "targets": [{"fieldPath": "metadata/namespace"}]})
        }
        _ => {
            json!({"kind": "PatchTransformer", "patch": "[{\"op\": \"add\", \"path\": \"/metadata/annotations/t\", \"value\": \"x\"}]", "target": {"kind": random.pick(&["Deployment", "ConfigMap", ".*"])}})
        }
    };
    let mut whole = json!({"apiVersion": "builtin", "kind": config["kind"], "metadata": metadata});
    if let (Value::Object(whole), Value::Object(config)) = (&mut whole, config) {
        whole.extend(config);
    }
    let text = stream(random, &[whole]);
    let field = if random.chance(5) {
        "validators"
    } else {
        "transformers"
    };
    if random.chance(50) && !text.contains(['\r', '\u{feff}', '\t']) {
        draft.push(field, Value::String(format!("{BLOCK}|-\n{}", text.trim_start())));
    } else {
        draft.add("transformer.yaml", text);
        draft.push(field, json!("transformer.yaml"));
    }
}

/// `configurations`
pub fn configurations(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let mut config = Map::new();
    let tables = [
        (
            "namePrefix",
            json!([{"path": "metadata/name"}, {"path": "spec/deep/a/b/c", "kind": "Foo"}]),
        ),
        (
            "namespace",
            json!([{"path": "spec/namespace", "create": true, "kind": "Foo"}]),
        ),
        (
            "commonLabels",
            json!([{"path": "spec/labels", "create": true, "kind": "Foo"}]),
        ),
        (
            "commonAnnotations",
            json!([{"path": "spec/annotations", "create": true}]),
        ),
        ("images", json!([{"path": "spec/image", "kind": "Foo"}])),
        (
            "replicas",
            json!([{"path": "spec/replicas", "kind": "Foo", "create": random.chance(50)}]),
        ),
        (
            "nameReference",
            json!([{"kind": "ConfigMap", "version": "v1", "fieldSpecs": [{"path": "spec/configMapRef/name", "kind": "Foo"}]},
            {"kind": "Foo", "group": "example.com", "fieldSpecs": [{"path": "spec/issuerRef/name", "kind": "Certificate"}]}]),
        ),
        (
            "varReference",
            json!([{"path": "spec/list", "kind": "Foo"}, {"path": "data", "kind": "ConfigMap"}]),
        ),
    ];
    for (name, table) in tables {
        if random.chance(30) {
            config.insert(name.into(), table);
        }
    }
    let text = stream(random, &[Value::Object(config)]);
    draft.add("config.yaml", text);
    draft.push("configurations", json!("config.yaml"));
}

/// `crds`
pub fn crds(_: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let crd = json!({"example.com/v1.Foo": {"Schema": {"description": "Foo", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"$ref": "k8s.io/ObjectMeta"},
        "spec": {"$ref": "example.com/v1.FooSpec"}}}, "Dependencies": []},
        "example.com/v1.FooSpec": {"Schema": {"properties": {"configMapRef": {"x-kubernetes-object-ref-api-version": "v1",
            "x-kubernetes-object-ref-kind": "ConfigMap", "$ref": "k8s.io/Ref"},
            "image": {"x-kubernetes-annotation": "", "type": "string"}}}, "Dependencies": []}});
    draft.add("crd.json", crd.to_string());
    draft.push("crds", json!("crd.json"));
}

/// `openapi`
pub fn openapi(random: &mut Random, _: &[Known], draft: &mut Draft<'_>) {
    let document = json!({"definitions": {"v1.Foo": {"properties": {"spec": {"type": "object", "properties": {
        "items": {"type": "array", "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge",
            "items": {"type": "object", "properties": {"name": {"type": "string"}}}}}}},
        "x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Foo"}]}}});
    draft.add("schema.json", document.to_string());
    let value = if random.chance(80) {
        json!({"path": "schema.json"})
    } else {
        json!({"version": random.pick(&["v1.21.2", "v1.20.4"])})
    };
    draft.fields.insert("openapi".into(), value);
}

//! Patches: strategic merge and JSON, inline and in files, with targets and options.

use serde_json::{Value, json};

use super::kustomization::Draft;
use super::objects::{Known, manifest, texts};
use super::scalars::{mild, nasty};
use super::workload::{env, ports, service_ports, volumes};
use super::yaml::{BLOCK, stream};
use crate::random::Random;

fn one<'k>(random: &mut Random, known: &'k [Known]) -> Option<&'k Known> {
    known.get(random.below(known.len()))
}

/// The target of a patch that selects an object, exactly or by a pattern.
pub fn target(random: &mut Random, object: &Known) -> Value {
    let (group, version) = object.group_version();
    let mut target = json!({});
    if random.chance(85) {
        target["kind"] = json!(if random.chance(10) { ".*" } else { &object.kind });
    }
    if random.chance(50) {
        target["name"] = json!(if random.chance(25) { ".*" } else { &object.name });
    }
    if random.chance(20) && !group.is_empty() {
        target["group"] = json!(group);
    }
    if random.chance(20) {
        target["version"] = json!(version);
    }
    if random.chance(12) {
        target["namespace"] = json!(random.pick(&["prod", "default", "dev", ".*"]));
    }
    if random.chance(10) {
        target["labelSelector"] =
            json!(random.pick(&["app", "app=one", "app!=one", "tier in (one,two)", "!team", "a,b"]));
    }
    if random.chance(6) {
        target["annotationSelector"] = json!(random.pick(&["team", "a=one", "!b"]));
    }
    target
}

/// Puts a patch in a field: inline, or as a file.
fn add(random: &mut Random, field: &str, text: String, mut entry: Value, draft: &mut Draft<'_>) {
    let inline = !text.contains(['\r', '\u{feff}']) && random.chance(65);
    if inline {
        entry["patch"] = Value::String(format!("{BLOCK}|-\n{text}"));
    } else {
        let name = format!("patch{}.yaml", draft.files.0.len());
        draft.add(&name, text);
        entry["path"] = json!(name);
    }
    draft.push(field, entry);
}

/// A strategic merge patch in `patches`
pub fn strategic(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    for _ in 0..random.between(1, 2) {
        let Some(object) = one(random, known) else { return };
        let count = if random.chance(8) { 2 } else { 1 };
        let patches: Vec<Value> = (0..count).map(|_| merge_patch(random, object, known)).collect();
        let mut entry = json!({});
        if random.chance(50) {
            entry["target"] = target(random, object);
        }
        if random.chance(10) {
            entry["options"] =
                json!({"allowNameChange": random.chance(60), "allowKindChange": random.chance(40)});
        }
        let text = stream(random, &patches);
        add(random, "patches", text, entry, draft);
    }
}

/// `patchesStrategicMerge`
pub fn legacy_strategic(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    let Some(object) = one(random, known) else { return };
    let patch = merge_patch(random, object, known);
    let text = stream(random, &[patch]);
    if random.chance(50) && !text.contains(['\r', '\u{feff}']) {
        draft.push(
            "patchesStrategicMerge",
            Value::String(format!("{BLOCK}|-\n{text}")),
        );
    } else {
        let name = format!("smp{}.yaml", draft.files.0.len());
        draft.add(&name, text);
        draft.push("patchesStrategicMerge", json!(name));
    }
}

fn merge_patch(random: &mut Random, object: &Known, known: &[Known]) -> Value {
    let mut patch =
        json!({"apiVersion": object.api_version, "kind": object.kind, "metadata": {"name": object.name}});
    if !object.namespace.is_empty() {
        patch["metadata"]["namespace"] = json!(object.namespace);
    }
    if random.chance(5) {
        patch["$patch"] = json!(if random.chance(5) {
            "bogus"
        } else {
            random.pick(&["delete", "replace", "merge"])
        });
        return patch;
    }
    if random.chance(4) {
        patch["metadata"]["name"] = json!("renamed");
    }
    if random.chance(30) {
        patch["metadata"]["labels"] = texts(random, 2);
    }
    if random.chance(30) {
        patch["metadata"]["annotations"] = with_null(texts(random, 2), random);
    }
    if random.chance(10) {
        return manifest(random, object, known);
    }
    fill(random, object, known, &mut patch);
    patch
}

fn with_null(mut value: Value, random: &mut Random) -> Value {
    if random.chance(25) {
        value["app"] = Value::Null;
    }
    if random.chance(6) {
        value["$patch"] = json!(random.pick(&["delete", "replace", "merge"]));
    }
    if random.chance(3) {
        value["$retainKeys"] = json!(["a"]);
    }
    value
}

fn fill(random: &mut Random, object: &Known, known: &[Known], patch: &mut Value) {
    match object.kind.as_str() {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" | "Rollout" => {
            patch["spec"] = json!({"template": {"spec": pod_patch(random, known)}});
            if random.chance(30) {
                patch["spec"]["replicas"] = nasty(random);
            }
            if random.chance(10) {
                patch["spec"]["strategy"] =
                    json!({"type": "Recreate", "rollingUpdate": null, "$retainKeys": ["type"]});
            }
            if random.chance(10) {
                patch["spec"]["selector"] = Value::Null;
            }
        }
        "CronJob" => {
            patch["spec"] = json!({"jobTemplate": {"spec": {"template": {"spec": pod_patch(random, known)}}}})
        }
        "Pod" => patch["spec"] = pod_patch(random, known),
        "Service" => {
            let list = service_ports(random);
            patch["spec"] = json!({"ports": list_patch(random, list, "port")});
        }
        "ConfigMap" | "Secret" => {
            let data = texts(random, 3);
            patch["data"] = with_null(data, random);
        }
        "Foo" => {
            let list = json!([{"name": "b", "value": nasty(random)}, {"name": "n", "value": 1}]);
            patch["spec"] = json!({"items": list_patch(random, list, "name"), "list": ["z"], "deep": with_null(json!({"a": {"b": mild(random)}}), random)});
        }
        "ServiceAccount" => patch["imagePullSecrets"] = json!([{"name": "more"}]),
        "Role" | "ClusterRole" => patch["rules"] = json!([{"apiGroups": ["x"], "verbs": ["list"]}]),
        _ => patch["spec"] = json!({"extra": nasty(random), "list": [1, 2]}),
    }
}

fn pod_patch(random: &mut Random, known: &[Known]) -> Value {
    let count = random.between(1, 2);
    let mut list: Vec<Value> = (0..count).map(|_| container_patch(random, known)).collect();
    if random.chance(10) {
        list.push(json!({"$setElementOrder/containers": [{"name": "c2"}, {"name": "c1"}]}));
    }
    let containers = list_patch(random, Value::Array(list), "name");
    let mut pod = json!({"containers": containers});
    if random.chance(25) {
        let list = volumes(random, known);
        pod["volumes"] = list_patch(random, list, "name");
    }
    if random.chance(8) {
        pod["$setElementOrder/containers"] = json!([{"name": "c2"}, {"name": "c1"}]);
    }
    if random.chance(10) {
        pod["tolerations"] = json!([{"key": "p"}]);
    }
    if random.chance(8) {
        pod["topologySpreadConstraints"] = json!([{"topologyKey": "zone", "maxSkew": 2}]);
    }
    if random.chance(8) {
        pod["imagePullSecrets"] = json!([{"name": "cred"}, {"name": "z"}]);
    }
    if random.chance(8) {
        pod["nodeSelector"] = with_null(json!({"a": "b"}), random);
    }
    if random.chance(4) {
        pod["initContainers"] = Value::Null;
    }
    pod
}

fn container_patch(random: &mut Random, known: &[Known]) -> Value {
    let mut container = json!({"name": random.pick(&["c1", "c1", "c2", "new"])});
    if random.chance(40) {
        container["image"] = json!(random.pick(&["patched:1", "nginx", "app:v3"]));
    }
    if random.chance(45) {
        let list = env(random, known);
        container["env"] = list_patch(random, list, "name");
    }
    if random.chance(40) {
        let list = ports(random);
        container["ports"] = list_patch(random, list, "containerPort");
    }
    if random.chance(15) {
        container["args"] = json!(["p", mild(random)]);
    }
    if random.chance(15) {
        container["volumeMounts"] =
            json!([{"mountPath": "/a", "name": "v9"}, {"mountPath": "/c", "name": "v1"}]);
    }
    if random.chance(10) {
        container["resources"] = with_null(json!({"limits": {"cpu": nasty(random)}}), random);
    }
    if random.chance(7) {
        container["$patch"] = json!(random.pick(&["delete", "replace", "merge"]));
    }
    container
}

/// A list of a patch with directives, elements without key, or nothing at all.
fn list_patch(random: &mut Random, list: Value, key: &str) -> Value {
    let Value::Array(mut items) = list else {
        return list;
    };
    match random.below(28) {
        0 => items.push(json!({"$patch": "replace"})),
        1 => items.insert(0, json!({"$patch": "replace"})),
        2 => items.push(json!({"$patch": "delete"})),
        3 => {
            if let Some(Value::Object(item)) = items.first_mut() {
                item.insert("$patch".into(), json!("delete"));
            }
        }
        4 => return Value::Null,
        5 => return json!([]),
        6 => items.push(Value::Null),
        7 => {
            if let Some(Value::Object(item)) = items.first_mut() {
                item.remove(key);
            }
        }
        8 => {
            if let Some(first) = items.first().cloned() {
                items.push(first);
            }
        }
        9 => items.push(json!("text")),
        _ => {}
    }
    Value::Array(items)
}

/// A JSON patch in `patches`
pub fn json6902(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    for _ in 0..random.between(1, 2) {
        let Some(object) = one(random, known) else { return };
        let entry = json!({"target": target(random, object)});
        let text = operations_text(random, object);
        add(random, "patches", text, entry, draft);
    }
}

/// `patchesJson6902`
pub fn legacy_json6902(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    let Some(object) = one(random, known) else { return };
    let (group, version) = object.group_version();
    let mut target = json!({"version": version, "kind": object.kind, "name": object.name});
    if !group.is_empty() {
        target["group"] = json!(group);
    }
    if !object.namespace.is_empty() {
        target["namespace"] = json!(object.namespace);
    }
    let text = operations_text(random, object);
    add(random, "patchesJson6902", text, json!({"target": target}), draft);
}

fn operations_text(random: &mut Random, object: &Known) -> String {
    let count = random.between(1, 3);
    let operations: Vec<Value> = (0..count).map(|_| operation(random, object)).collect();
    if random.chance(10) {
        return Value::Array(operations)
            .to_string()
            .replace("\\u0001", "")
            .replace("\\u0002", "");
    }
    stream(random, &[Value::Array(operations)])
}

/// A path that is likely there, or whose parent is.
fn safe_path(random: &mut Random, object: &Known, op: &str) -> &'static str {
    let workload =
        ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"].contains(&object.kind.as_str());
    match (op, workload) {
        ("add", true) if random.chance(60) => random.pick(&[
            "/spec/replicas",
            "/spec/template/spec/containers/0/image",
            "/spec/template/spec/containers/-",
            "/spec/template/spec/containers/0/env",
            "/spec/template/spec/volumes",
            "/spec/template/metadata",
            "/spec/selector",
            "/spec/template/spec/containers/0",
        ]),
        ("add", _) => random.pick(&[
            "/metadata/labels",
            "/metadata/annotations",
            "/data",
            "/spec",
            "/extra",
            "/metadata/namespace",
            "/metadata/labels",
        ]),
        ("replace" | "remove", true) if random.chance(60) => random.pick(&[
            "/spec/template/spec/containers/0/image",
            "/spec/template/spec/containers",
            "/spec/template",
            "/spec",
        ]),
        ("replace", _) => random.pick(&["/metadata/name", "/kind", "/metadata", "/metadata/name"]),
        ("copy" | "move", _) => random.pick(&["/extra", "/more", "/data"]),
        _ => path(random, object),
    }
}

fn path(random: &mut Random, object: &Known) -> &'static str {
    let workload: [&str; 16] = [
        "/spec/replicas",
        "/spec/template/spec/containers/0/image",
        "/spec/template/spec/containers/0/env",
        "/spec/template/spec/containers/-",
        "/spec/template/spec/containers/0",
        "/spec/template/spec/containers/1",
        "/spec/template/spec/containers/0/args/-",
        "/spec/template/metadata/labels/app",
        "/spec/selector",
        "/spec/template/spec/volumes",
        "/spec/template/spec/containers/00",
        "/spec/template/spec/containers/-1",
        "/spec/template/spec/containers/0/ports/0",
        "/spec/none/deep",
        "/spec/template/spec/containers/9/x",
        "/spec/template/spec/containers/0/env/0/value",
    ];
    let general: [&str; 14] = [
        "/metadata/labels",
        "/metadata/labels/app",
        "/metadata/annotations",
        "/metadata/annotations/example.com~1name",
        "/metadata/name",
        "/metadata/namespace",
        "/data",
        "/data/key",
        "/data/a",
        "/kind",
        "/spec",
        "",
        "/spec/deep/x~1y",
        "/metadata/annotations/a~0b",
    ];
    if [
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Rollout",
        "Job",
    ]
    .contains(&object.kind.as_str())
        && random.chance(70)
    {
        random.pick(&workload)
    } else {
        random.pick(&general)
    }
}

fn operation(random: &mut Random, object: &Known) -> Value {
    let last = if random.chance(20) { "test" } else { "add" };
    let op = random.pick(&[
        "add", "add", "add", "add", "replace", "replace", "add", "add", "remove", "copy", "move", last,
    ]);
    let safe = random.chance(85);
    let path_of = if safe {
        safe_path(random, object, op)
    } else {
        path(random, object)
    };
    let mut operation = json!({"op": op, "path": path_of});
    if random.chance(97) && !["remove", "copy", "move"].contains(&op) {
        operation["value"] = match random.below(6) {
            0 => json!({"a": nasty(random), "b": [1, nasty(random)]}),
            1 => json!([mild(random), {"name": "n"}]),
            2 => texts(random, 2),
            _ => nasty(random),
        };
    }
    if ["copy", "move"].contains(&op) {
        operation["from"] = json!(if safe {
            random.pick(&["/metadata/name", "/metadata", "/kind"])
        } else {
            path(random, object)
        });
    }
    operation
}

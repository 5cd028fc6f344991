//! Objects of all kinds that kustomize treats in a way of its own, and some that it does not know.

use serde_json::{Map, Value, json};

use super::embedded::document;
use super::scalars::{key, mild, nasty, string};
use super::workload;
use crate::random::Random;

/// An object that a kustomization can name.
#[derive(Debug, Clone)]
pub struct Known {
    /// `apps/v1`
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name as it is written in its file.
    pub name: String,
    /// Namespace as it is written in its file.
    pub namespace: String,
    /// Paths into a text of it that is YAML.
    pub inner: Vec<String>,
}

impl Known {
    /// Group and version.
    pub fn group_version(&self) -> (&str, &str) {
        self.api_version
            .rsplit_once('/')
            .unwrap_or(("", &self.api_version))
    }
}

/// Kinds with their versions, the frequent ones more than once.
const KINDS: [(&str, &str); 40] = [
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Secret"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("batch/v1beta1", "CronJob"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "Service"),
    ("networking.k8s.io/v1", "Ingress"),
    ("extensions/v1beta1", "Ingress"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("v1", "Namespace"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("v1", "PersistentVolumeClaim"),
    ("v1", "PersistentVolume"),
    ("policy/v1", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("storage.k8s.io/v1", "StorageClass"),
    (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
    ),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("example.com/v1", "Foo"),
    ("example.com/v1", "Foo"),
    ("argoproj.io/v1alpha1", "Rollout"),
    ("cert-manager.io/v1", "Certificate"),
    ("v1", "PodTemplate"),
];

const NAMES: [&str; 12] = [
    "web",
    "db",
    "cfg",
    "cred",
    "api",
    "a",
    "b",
    "web-config",
    "default",
    "x.y",
    "v1",
    "job",
];

/// A name, mostly one that others use as well.
pub fn name(random: &mut Random) -> String {
    random.pick(&NAMES).to_owned()
}

/// A namespace, mostly none.
pub fn namespace(random: &mut Random) -> &'static str {
    random.pick(&["", "", "", "", "prod", "dev", "default"])
}

/// A random object that is not among those known.
pub fn object(random: &mut Random, known: &mut Vec<Known>) -> Value {
    let mut id = identity(random);
    let duplicates = random.chance(2);
    for _ in 0..20 {
        let taken = known.iter().any(|k| k.kind == id.kind && k.name == id.name);
        if !taken || duplicates {
            break;
        }
        id = identity(random);
    }
    let mut value = manifest(random, &id, known);
    embed(random, &mut id, &mut value);
    known.push(id);
    value
}

/// Gives some objects a text that is YAML.
fn embed(random: &mut Random, id: &mut Known, object: &mut Value) {
    let (parent, chance) = match id.kind.as_str() {
        "ConfigMap" => ("data", 35),
        "Secret" => ("stringData", 15),
        "Foo" => ("spec", 20),
        _ => return,
    };
    if !(random.chance(chance) && object[parent].is_object()) {
        return;
    }
    let name = random.pick(&["config.yaml", "app", "config.yaml"]);
    let embedded = document(random);
    object[parent][name] = Value::String(embedded.text);
    let paths = embedded.paths.iter();
    id.inner = paths.map(|path| format!("{parent}.[{name}].{path}")).collect();
}

fn identity(random: &mut Random) -> Known {
    let (api_version, kind) = KINDS[random.below(KINDS.len())];
    Known {
        api_version: api_version.into(),
        kind: kind.into(),
        name: name(random),
        namespace: namespace(random).into(),
        inner: Vec::new(),
    }
}

/// An object of an identity.
pub fn manifest(random: &mut Random, id: &Known, known: &[Known]) -> Value {
    let mut object = json!({"apiVersion": id.api_version, "kind": id.kind, "metadata": metadata(random, id)});
    for (field, value) in body(random, id, known) {
        object[&field] = value;
    }
    if random.chance(10) {
        shuffle(random, &mut object);
    }
    object
}

fn shuffle(random: &mut Random, object: &mut Value) {
    if let Value::Object(map) = object {
        let mut entries: Vec<_> = std::mem::take(map).into_iter().collect();
        while !entries.is_empty() {
            let (key, value) = entries.remove(random.below(entries.len()));
            map.insert(key, value);
        }
    }
}

fn metadata(random: &mut Random, id: &Known) -> Value {
    let mut metadata = json!({"name": id.name});
    if !id.namespace.is_empty() {
        metadata["namespace"] = json!(id.namespace);
    }
    if random.chance(40) {
        metadata["labels"] = texts(random, 3);
    }
    if random.chance(35) {
        metadata["annotations"] = texts(random, 3);
    }
    if random.chance(3) {
        let name = random.pick(&[
            "config.kubernetes.io/local-config",
            "internal.config.kubernetes.io/needsHashSuffix",
            "config.kubernetes.io/index",
            "kustomize.config.k8s.io/id",
            "internal.config.kubernetes.io/path",
        ]);
        metadata["annotations"][name] = json!(random.pick(&["true", "false", "enabled", "x"]));
    }
    if random.chance(3) {
        metadata["finalizers"] = json!(["a", "b"]);
    }
    if random.chance(3) {
        metadata["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "cfg", "uid": "1"}]);
    }
    if random.chance(3) {
        metadata["creationTimestamp"] = Value::Null;
    }
    metadata
}

/// A map of texts, some of which are none.
pub fn texts(random: &mut Random, most: usize) -> Value {
    let mut map = Map::new();
    for _ in 0..random.between(0, most) {
        let value = if random.chance(25) {
            nasty(random)
        } else {
            string(random)
        };
        map.insert(key(random), value);
    }
    Value::Object(map)
}

/// The name of a known object of a kind, or a random one.
pub fn name_of(random: &mut Random, known: &[Known], kind: &str) -> String {
    let names: Vec<&str> = known
        .iter()
        .filter(|k| k.kind == kind)
        .map(|k| k.name.as_str())
        .collect();
    if names.is_empty() || random.chance(15) {
        name(random)
    } else {
        random.pick(&names).to_owned()
    }
}

fn data(random: &mut Random) -> Value {
    let mut map = Map::new();
    for _ in 0..random.between(0, 4) {
        map.insert(key(random), nasty(random));
    }
    Value::Object(map)
}

fn body(random: &mut Random, id: &Known, known: &[Known]) -> Vec<(String, Value)> {
    let fields = match id.kind.as_str() {
        "ConfigMap" if random.chance(15) => {
            json!({"data": data(random), "binaryData": {"x": "aGVsbG8="}, "immutable": true})
        }
        "ConfigMap" => json!({"data": data(random)}),
        "Secret" => {
            json!({"type": random.pick(&["Opaque", "kubernetes.io/tls"]), "data": {"k": "aGk="}, "stringData": data(random)})
        }
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Rollout" | "Job" | "CronJob" | "Pod"
        | "PodTemplate" => workload::body(random, &id.kind, known),
        "Service" => {
            json!({"spec": {"selector": texts(random, 2), "type": mild(random), "ports": workload::service_ports(random)}})
        }
        "Foo" => json!({"spec": foo(random, known), "status": {}}),
        _ => bound(random, &id.kind, known),
    };
    match fields {
        Value::Object(map) => map.into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Kinds that name other objects.
fn bound(random: &mut Random, kind: &str, known: &[Known]) -> Value {
    match kind {
        "Ingress" => json!({"spec": {
            "defaultBackend": {"service": {"name": name_of(random, known, "Service"), "port": {"number": 80}}},
            "tls": [{"secretName": name_of(random, known, "Secret"), "hosts": ["a.example.com"]}],
            "rules": [{"host": mild(random), "http": {"paths": [{"path": "/", "backend": {
                "serviceName": name_of(random, known, "Service"), "service": {"name": name_of(random, known, "Service")}}}]}}]}}),
        "ServiceAccount" => {
            json!({"secrets": [{"name": name_of(random, known, "Secret")}], "imagePullSecrets": [{"name": "cred"}]})
        }
        "Role" | "ClusterRole" => {
            json!({"rules": [{"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get"],
            "resourceNames": [name_of(random, known, "Secret"), name_of(random, known, "ConfigMap")]}]})
        }
        "RoleBinding" | "ClusterRoleBinding" => json!({
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": random.pick(&["Role", "ClusterRole"]), "name": name_of(random, known, "Role")},
            "subjects": subjects(random, known)}),
        "CustomResourceDefinition" => {
            json!({"spec": {"group": "example.com", "names": {"kind": "Foo", "plural": "foos"}, "scope": "Namespaced",
            "versions": [{"name": "v1", "served": true, "storage": true}]}})
        }
        "HorizontalPodAutoscaler" => {
            json!({"spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment",
            "name": name_of(random, known, "Deployment")}, "metrics": [{"type": "Resource"}]}})
        }
        "PersistentVolumeClaim" => {
            json!({"spec": {"storageClassName": name_of(random, known, "StorageClass"),
            "volumeName": name_of(random, known, "PersistentVolume"), "accessModes": ["ReadWriteOnce"]}})
        }
        "PersistentVolume" => json!({"spec": {"storageClassName": name_of(random, known, "StorageClass"),
            "claimRef": {"name": name_of(random, known, "PersistentVolumeClaim"), "namespace": "prod"},
            "csi": {"driver": "x", "nodePublishSecretRef": {"name": name_of(random, known, "Secret")}}}}),
        "PodDisruptionBudget" => {
            json!({"spec": {"minAvailable": mild(random), "selector": {"matchLabels": texts(random, 2)}}})
        }
        "NetworkPolicy" => {
            json!({"spec": {"podSelector": {"matchLabels": texts(random, 2)}, "ingress": [{"from": [
            {"podSelector": {"matchLabels": texts(random, 1)}}, {"namespaceSelector": {}}]}], "policyTypes": ["Ingress"]}})
        }
        "StorageClass" => json!({"provisioner": "x", "parameters": texts(random, 2)}),
        "ValidatingWebhookConfiguration" => {
            json!({"webhooks": [{"name": "a.example.com", "clientConfig": {"service": {
            "name": name_of(random, known, "Service"), "namespace": random.pick(&["prod", "default", "system"])}}}]})
        }
        "APIService" => {
            json!({"spec": {"group": "x", "version": "v1", "service": {"name": name_of(random, known, "Service"), "namespace": "prod"}}})
        }
        "Certificate" => {
            json!({"spec": {"secretName": name_of(random, known, "Secret"), "dnsNames": ["a", "b"],
            "issuerRef": {"name": name_of(random, known, "Foo"), "kind": "Issuer"}}})
        }
        _ => json!({}),
    }
}

fn subjects(random: &mut Random, known: &[Known]) -> Value {
    let count = random.between(0, 3);
    let one = |random: &mut Random| {
        let mut subject = json!({"kind": random.pick(&["ServiceAccount", "ServiceAccount", "User", "Group"]),
            "name": name_of(random, known, "ServiceAccount")});
        if random.chance(50) {
            subject["namespace"] = json!(random.pick(&["prod", "dev", "default", "other"]));
        }
        subject
    };
    Value::Array((0..count).map(|_| one(random)).collect())
}

/// A custom object: any shape.
fn foo(random: &mut Random, known: &[Known]) -> Value {
    json!({
        "configMapRef": {"name": name_of(random, known, "ConfigMap")},
        "image": "nginx:1.0",
        "replicas": mild(random),
        "list": [mild(random), mild(random)],
        "items": [{"name": "a", "value": nasty(random)}, {"name": "b", "value": nasty(random)}],
        "deep": {"a": {"b": {"c": nasty(random)}}, "a.b": nasty(random), "x/y": nasty(random)},
        "containers": [{"name": "c", "image": "busybox"}],
    })
}

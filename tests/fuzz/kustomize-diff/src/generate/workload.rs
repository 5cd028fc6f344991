//! Pods and what wraps them.

use serde_json::{Value, json};

use super::objects::{Known, name_of, texts};
use super::scalars::{mild, nasty, string};
use crate::random::Random;

const IMAGES: [&str; 12] = [
    "nginx",
    "nginx:1.25",
    "nginx@sha256:abcd",
    "nginx:1.25@sha256:abcd",
    "registry.example.com:5000/app/nginx:1",
    "busybox:latest",
    "docker.io/library/nginx",
    "localhost:5000/nginx",
    "ghcr.io/a/b:v1",
    "nginx:$(VAR)",
    "my/nginx:2",
    "app",
];

/// The fields of a workload beside its identity.
pub fn body(random: &mut Random, kind: &str, known: &[Known]) -> Value {
    let labels = texts(random, 2);
    let mut template = json!({"spec": pod(random, known)});
    if random.chance(80) {
        template["metadata"] = json!({"labels": labels});
    }
    if random.chance(20) {
        template["metadata"]["annotations"] = texts(random, 2);
    }
    let mut spec = match kind {
        "Pod" => return json!({"spec": pod(random, known)}),
        "PodTemplate" => return json!({"template": template}),
        "CronJob" => {
            return json!({"spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": template}}}});
        }
        "Job" => json!({"backoffLimit": mild(random), "template": template}),
        _ => {
            json!({"replicas": if random.chance(80) { json!(random.below(5)) } else { nasty(random) }, "template": template})
        }
    };
    if kind != "Job" && random.chance(75) {
        spec["selector"] = json!({"matchLabels": labels});
    }
    if kind == "StatefulSet" {
        spec["serviceName"] = json!(name_of(random, known, "Service"));
        if random.chance(60) {
            spec["volumeClaimTemplates"] = json!([{"metadata": {"name": "data", "labels": {"a": "b"}}, "spec": {"accessModes": ["ReadWriteOnce"]}}]);
        }
    }
    if random.chance(15) {
        spec["strategy"] = json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": mild(random), "maxUnavailable": 1}});
    }
    json!({"spec": spec})
}

fn pod(random: &mut Random, known: &[Known]) -> Value {
    let count = random.between(1, 3);
    let containers: Vec<Value> = (0..count)
        .map(|number| container(random, number, known))
        .collect();
    let mut pod = json!({"containers": containers});
    if random.chance(20) {
        pod["initContainers"] = json!([container(random, 0, known)]);
    }
    if random.chance(35) {
        pod["volumes"] = volumes(random, known);
    }
    if random.chance(30) {
        pod["serviceAccountName"] = json!(name_of(random, known, "ServiceAccount"));
    }
    if random.chance(15) {
        pod["imagePullSecrets"] = json!([{"name": name_of(random, known, "Secret")}, {"name": "other"}]);
    }
    if random.chance(10) {
        pod["tolerations"] = json!([{"key": "a", "operator": "Exists"}, {"key": "b", "value": mild(random), "effect": "NoSchedule"}]);
    }
    if random.chance(10) {
        pod["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": texts(random, 1)}}]);
    }
    if random.chance(8) {
        pod["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "x", "labelSelector": {"matchLabels": texts(random, 1)}}],
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "y",
            "labelSelector": {"matchLabels": texts(random, 1)}}}]}});
    }
    if random.chance(6) {
        pod["hostAliases"] = json!([{"ip": "127.0.0.1", "hostnames": ["a", "b"]}]);
    }
    pod
}

fn container(random: &mut Random, number: usize, known: &[Known]) -> Value {
    let name = ["c1", "c2", "c3"][number % 3];
    let mut container = json!({"name": name, "image": random.pick(&IMAGES)});
    if random.chance(50) {
        container["env"] = env(random, known);
    }
    if random.chance(20) {
        container["envFrom"] = json!([{"configMapRef": {"name": name_of(random, known, "ConfigMap")}},
            {"secretRef": {"name": name_of(random, known, "Secret")}, "prefix": "P_"}]);
    }
    if random.chance(30) {
        container["args"] = json!([string(random), "--x=$(VAR)", "$(VAR2)-$$(VAR)", mild(random)]);
    }
    if random.chance(15) {
        container["command"] = json!(["sh", "-c", "echo $(VAR) $(NONE)"]);
    }
    if random.chance(35) {
        container["ports"] = ports(random);
    }
    if random.chance(25) {
        container["volumeMounts"] = json!([{"name": "v1", "mountPath": "/a"}, {"name": "v2", "mountPath": "/b", "subPath": mild(random)}]);
    }
    if random.chance(15) {
        container["resources"] =
            json!({"limits": {"cpu": nasty(random), "memory": "1Gi"}, "requests": {"cpu": "100m"}});
    }
    container
}

/// Environment variables.
pub fn env(random: &mut Random, known: &[Known]) -> Value {
    let names = random.some(&["A", "B", "LOG", "VAR", "X"], 45);
    let one = |name: &str, random: &mut Random| match random.below(5) {
        0 => {
            json!({"name": name, "valueFrom": {"configMapKeyRef": {"name": name_of(random, known, "ConfigMap"), "key": "k"}}})
        }
        1 => {
            json!({"name": name, "valueFrom": {"secretKeyRef": {"name": name_of(random, known, "Secret"), "key": "k"}}})
        }
        2 => json!({"name": name, "value": "$(VAR)/$(VAR2)"}),
        _ => json!({"name": name, "value": nasty(random)}),
    };
    Value::Array(names.iter().map(|name| one(name, random)).collect())
}

/// Ports of a container, with and without protocol.
pub fn ports(random: &mut Random) -> Value {
    let all = [
        json!({"containerPort": 80}),
        json!({"containerPort": 80, "protocol": "TCP", "name": "http"}),
        json!({"containerPort": 80, "protocol": "UDP"}),
        json!({"containerPort": 8080, "name": "alt"}),
        json!({"containerPort": 443, "protocol": "TCP", "hostPort": 443}),
        json!({"name": "lost"}),
    ];
    Value::Array(
        random
            .some(&all.iter().collect::<Vec<_>>(), 35)
            .into_iter()
            .cloned()
            .collect(),
    )
}

/// Ports of a service.
pub fn service_ports(random: &mut Random) -> Value {
    let all = [
        json!({"port": 80, "targetPort": "http"}),
        json!({"port": 80, "protocol": "UDP"}),
        json!({"port": 443, "name": "tls", "protocol": "TCP"}),
        json!({"port": 8080, "targetPort": 8080, "name": "alt"}),
    ];
    Value::Array(
        random
            .some(&all.iter().collect::<Vec<_>>(), 45)
            .into_iter()
            .cloned()
            .collect(),
    )
}

/// Volumes that name ConfigMaps, Secrets and claims.
pub fn volumes(random: &mut Random, known: &[Known]) -> Value {
    let all = [
        json!({"name": "v1", "configMap": {"name": name_of(random, known, "ConfigMap"), "items": [{"key": "a", "path": "b"}]}}),
        json!({"name": "v2", "secret": {"secretName": name_of(random, known, "Secret")}}),
        json!({"name": "v3", "persistentVolumeClaim": {"claimName": name_of(random, known, "PersistentVolumeClaim")}}),
        json!({"name": "v4", "emptyDir": {}}),
        json!({"name": "v5", "projected": {"sources": [{"configMap": {"name": name_of(random, known, "ConfigMap")}},
            {"secret": {"name": name_of(random, known, "Secret")}}]}}),
    ];
    Value::Array(
        random
            .some(&all.iter().collect::<Vec<_>>(), 45)
            .into_iter()
            .cloned()
            .collect(),
    )
}

//! One kustomization with the files it names.

use serde_json::{Map, Value, json};

use super::objects::{Known, object};
use super::yaml::stream;
use super::{Files, fields, generators, patches, replacements};
use crate::random::Random;

/// What a kustomization is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Has objects of its own.
    Base,
    /// Stands over others.
    Overlay,
    /// `kind: Component`
    Component,
}

/// Where a kustomization stands.
pub struct Layer<'a> {
    /// Its directory.
    pub directory: &'a str,
    /// Its role.
    pub role: Role,
    /// Bases.
    pub below: &'a [String],
    /// Components.
    pub components: &'a [String],
    /// With few features.
    pub is_calm: bool,
}

/// A kustomization while it is made.
pub struct Draft<'a> {
    /// Its directory.
    pub directory: &'a str,
    /// Its fields.
    pub fields: Map<String, Value>,
    /// Files of the case.
    pub files: &'a mut Files,
}

impl Draft<'_> {
    /// Appends to a list field.
    pub fn push(&mut self, field: &str, value: Value) {
        let list = self.fields.entry(field).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(value);
        }
    }

    /// Adds a file beside the kustomization.
    pub fn add(&mut self, name: &str, bytes: impl Into<Vec<u8>>) {
        self.files.add(format!("{}/{name}", self.directory), bytes);
    }
}

/// Writes a kustomization and its files.
pub fn write_layer(random: &mut Random, layer: &Layer<'_>, known: &mut Vec<Known>, files: &mut Files) {
    let mut draft = Draft {
        directory: layer.directory,
        fields: Map::new(),
        files,
    };
    head(random, layer.role, &mut draft);
    for path in layer.below {
        draft.push(if random.chance(4) { "bases" } else { "resources" }, json!(path));
    }
    for path in layer.components {
        draft.push("components", json!(path));
    }
    resources(random, layer, known, &mut draft);
    generators::add(random, known, &mut draft);
    let busy = match (layer.role, layer.is_calm) {
        (Role::Base, false) => 12,
        (Role::Base, true) => 3,
        (_, false) => 30,
        (_, true) => 9,
    };
    features(random, busy, known, &mut draft);
    let fields = if random.chance(20) {
        shuffled(random, draft.fields)
    } else {
        draft.fields
    };
    let text = stream_of_one(random, &Value::Object(fields));
    let name = random.pick(&[
        "kustomization.yaml",
        "kustomization.yaml",
        "kustomization.yaml",
        "kustomization.yml",
        "Kustomization",
    ]);
    files.add(format!("{}/{name}", layer.directory), text);
}

fn shuffled(random: &mut Random, fields: Map<String, Value>) -> Map<String, Value> {
    let mut entries: Vec<_> = fields.into_iter().collect();
    let mut out = Map::new();
    while !entries.is_empty() {
        let (key, value) = entries.remove(random.below(entries.len()));
        out.insert(key, value);
    }
    out
}

fn stream_of_one(random: &mut Random, value: &Value) -> String {
    stream(random, std::slice::from_ref(value))
}

fn head(random: &mut Random, role: Role, draft: &mut Draft<'_>) {
    if role == Role::Component {
        draft
            .fields
            .insert("apiVersion".into(), json!("kustomize.config.k8s.io/v1alpha1"));
        draft.fields.insert("kind".into(), json!("Component"));
    } else if random.chance(60) {
        draft
            .fields
            .insert("apiVersion".into(), json!("kustomize.config.k8s.io/v1beta1"));
        draft.fields.insert("kind".into(), json!("Kustomization"));
    }
    if random.below(400) == 0 {
        draft.fields.insert("unknownField".into(), json!("x"));
    }
}

fn resources(random: &mut Random, layer: &Layer<'_>, known: &mut Vec<Known>, draft: &mut Draft<'_>) {
    let most = if layer.role == Role::Base || layer.below.is_empty() {
        3
    } else {
        1
    };
    let least = usize::from(layer.below.is_empty());
    for number in 0..random.between(least, most) {
        let count = [1, 1, 1, 2, 3][random.below(5)];
        let mut documents: Vec<Value> = (0..count).map(|_| object(random, known)).collect();
        if random.chance(5) {
            documents = vec![
                json!({"apiVersion": "v1", "kind": random.pick(&["List", "ConfigMapList", "FooList"]), "items": documents}),
            ];
        }
        let text = stream(random, &documents);
        let name = format!("r{number}.{}", random.pick(&["yaml", "yaml", "yml", "json"]));
        draft.add(&name, text);
        draft.push(
            "resources",
            json!(if random.chance(5) {
                format!("./{name}")
            } else {
                name
            }),
        );
    }
}

type Feature = fn(&mut Random, &[Known], &mut Draft<'_>);

/// Features with how much more or less frequent than others they are.
const FEATURES: [(Feature, usize); 20] = [
    (fields::namespace, 100),
    (fields::prefix, 70),
    (fields::suffix, 60),
    (fields::labels, 110),
    (fields::common_labels, 60),
    (fields::annotations, 70),
    (fields::images, 80),
    (fields::replicas, 60),
    (patches::strategic, 200),
    (patches::json6902, 160),
    (patches::legacy_strategic, 40),
    (patches::legacy_json6902, 40),
    (replacements::add, 130),
    (fields::vars, 50),
    (fields::sort_options, 30),
    (fields::build_metadata, 40),
    (fields::transformers, 50),
    (fields::configurations, 30),
    (fields::crds, 15),
    (fields::openapi, 6),
];

fn features(random: &mut Random, busy: usize, known: &[Known], draft: &mut Draft<'_>) {
    for (feature, weight) in FEATURES {
        if random.chance((busy * weight / 100).max(1)) {
            feature(random, known, draft);
        }
    }
}

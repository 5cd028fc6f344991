//! `replacements`, inline and in files.

use serde_json::{Value, json};

use super::kustomization::Draft;
use super::objects::Known;
use super::patches::target;
use super::scalars::string;
use super::yaml::stream;
use crate::random::Random;

const SOURCES: [&str; 14] = [
    "metadata.name",
    "metadata.namespace",
    "data.key",
    "data.a",
    "metadata.labels.app",
    "metadata.annotations.[example.com/name]",
    "spec.replicas",
    "spec.template.spec.containers.0.image",
    "spec.template.spec.containers.[name=c1].image",
    "spec.template.spec.containers.[name=c1].env",
    "metadata.labels",
    "spec.image",
    "spec.deep.a.b.c",
    "metadata",
];

const TARGETS: [&str; 22] = [
    "metadata.name",
    "metadata.namespace",
    "data.key",
    "data.new",
    "data.[file.yaml]",
    "data.[file.yaml].a.b",
    "metadata.labels.app",
    "metadata.annotations.[example.com/name]",
    "metadata.annotations.x\\.y",
    "spec.replicas",
    "spec.template.spec.containers.0.image",
    "spec.template.spec.containers.[name=c1].image",
    "spec.template.spec.containers.*.image",
    "spec.template.spec.containers.[name=c1].env.[name=A].value",
    "spec.template.spec.containers.[name=none].image",
    "spec.template.spec.containers.[name=c1].args.0",
    "spec.list.0",
    "spec.list.-",
    "spec.items.*.value",
    "spec.deep.a.b.c",
    "spec.items.[name=a].value",
    "spec.*.name",
];

/// Adds some replacements.
pub fn add(random: &mut Random, known: &[Known], draft: &mut Draft<'_>) {
    for _ in 0..random.between(1, 2) {
        let Some(replacement) = replacement(random, known) else {
            return;
        };
        if random.chance(20) {
            let list = if random.chance(60) {
                json!([replacement])
            } else {
                replacement
            };
            let text = stream(random, &[list]);
            let name = format!("replacement{}.yaml", draft.files.0.len());
            draft.add(&name, text);
            draft.push("replacements", json!({"path": name}));
        } else {
            draft.push("replacements", replacement);
        }
    }
}

fn options(random: &mut Random, of_target: bool) -> Option<Value> {
    if !random.chance(if of_target { 75 } else { 25 }) {
        return None;
    }
    let mut options = json!({});
    if random.chance(30) {
        options["delimiter"] = json!(random.pick(&[":", "/", "-", "."]));
        options["index"] = json!([0, 0, 1, 2, -1][random.below(5)]);
    }
    if of_target && random.chance(80) {
        options["create"] = json!(true);
    }
    if random.chance(4) {
        options["encoding"] = json!("base64");
    }
    Some(options)
}

fn replacement(random: &mut Random, known: &[Known]) -> Option<Value> {
    let mut replacement = if random.chance(15) {
        json!({"sourceValue": string(random)})
    } else {
        json!({"source": source(random, known)?})
    };
    let count = random.between(1, 2);
    let targets: Option<Vec<Value>> = (0..count).map(|_| one_target(random, known)).collect();
    replacement["targets"] = json!(targets?);
    Some(replacement)
}

fn source(random: &mut Random, known: &[Known]) -> Option<Value> {
    let object = known.get(random.below(known.len()))?;
    let mut source = json!({"kind": object.kind, "name": object.name});
    if random.chance(15) {
        source["namespace"] = json!(random.pick(&["prod", "default", "dev"]));
    }
    if random.chance(20) {
        source["version"] = json!(object.group_version().1);
    }
    if random.chance(75) {
        source["fieldPath"] = json!(if random.chance(70) {
            "metadata.name"
        } else {
            random.pick(&SOURCES)
        });
    }
    if let Some(options) = options(random, false) {
        source["options"] = options;
    }
    Some(source)
}

/// Mostly a field that can be made where it is missing.
fn target_path<'k>(random: &mut Random, object: &'k Known) -> &'k str {
    if !object.inner.is_empty() && random.chance(70) {
        return &object.inner[random.below(object.inner.len())];
    }
    if random.chance(70) {
        random.pick(&[
            "metadata.name",
            "metadata.labels.app",
            "data.new",
            "metadata.annotations.x\\.y",
            "spec.deep.a.b.c",
            "metadata.namespace",
            "spec.replicas",
            "metadata.annotations.[example.com/name]",
            "spec.list.0",
            "spec.items.[name=a].value",
        ])
    } else {
        random.pick(&TARGETS)
    }
}

/// An object to change; where there are such, mostly one with a text into which paths lead.
fn target_object<'k>(random: &mut Random, known: &'k [Known]) -> Option<&'k Known> {
    let mut textual = known.iter().filter(|object| !object.inner.is_empty());
    let count = textual.clone().count();
    if count > 0 && random.chance(60) {
        return textual.nth(random.below(count));
    }
    known.get(random.below(known.len()))
}

fn one_target(random: &mut Random, known: &[Known]) -> Option<Value> {
    let object = target_object(random, known)?;
    let mut out = json!({"select": target(random, object)});
    if random.chance(15) {
        let other = known.get(random.below(known.len()))?;
        out["reject"] = json!([target(random, other)]);
    }
    if random.chance(90) {
        let count = random.between(1, 2);
        let paths = (0..count).map(|_| target_path(random, object));
        out["fieldPaths"] = json!(paths.collect::<Vec<_>>());
    }
    if let Some(options) = options(random, true) {
        out["options"] = options;
    }
    Some(out)
}

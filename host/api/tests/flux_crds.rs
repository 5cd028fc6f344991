//! Our definitions against Flux's published ones: whatever theirs accept ours accept, and what they reject ours reject.

#![allow(clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

/// The deliberate difference: kinds of event sources and types of providers are checked by the controller, not by the
/// schema, so that plugins and other controllers' kinds can be named.
const OPEN_ENUMS: [&str; 3] = [
    "Alert:.spec.eventSources[].kind",
    "Provider:.spec.type",
    "Receiver:.spec.resources[].kind",
];

fn flux_crds() -> Option<BTreeMap<String, Value>> {
    let root = std::env::var_os("SLUICE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(root.join("flux-crds")) else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "SKIPPED: no flux-crds below {}; set SLUICE_SHARED\n",
                root.display()
            ),
        );
        return None;
    };
    let mut crds = BTreeMap::new();
    for entry in entries {
        let path = entry.expect("directory entry").path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("readable");
            let crd: Value = serde_yaml_ng::from_str(&text).expect("YAML");
            let kind = crd["spec"]["names"]["kind"].as_str().expect("a kind").to_owned();
            crds.insert(kind, crd);
        }
    }
    assert_eq!(crds.len(), 14, "want Flux's 14 kinds");
    Some(crds)
}

fn our_crds() -> BTreeMap<String, Value> {
    let crds = sluice_api::crds().expect("definitions");
    let read =
        |crd: &_| serde_yaml_ng::from_str(&sluice_api::render_crd(crd).expect("YAML")).expect("own YAML");
    crds.iter()
        .map(|crd| (crd.spec.names.kind.clone(), read(crd)))
        .collect()
}

/// Walks two schemas; what differs is told with its path.
struct Walk<'a> {
    kind: &'a str,
    differences: Vec<String>,
}

impl Walk<'_> {
    fn schema(&mut self, path: &str, ours: &Value, theirs: &Value) {
        let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else {
            return self.value(path, ours, theirs);
        };
        let empty = Value::Object(Map::new());
        for key in keys(ours, theirs) {
            let (left, right) = (
                ours.get(key).unwrap_or(&Value::Null),
                theirs.get(key).unwrap_or(&Value::Null),
            );
            match key {
                "description" => {}
                "properties" => self.properties(path, as_map(left, &empty), as_map(right, &empty)),
                "items" => self.schema(&format!("{path}[]"), left, right),
                "additionalProperties" => self.schema(&format!("{path}{{}}"), left, right),
                "required" => self.value(&format!("{path} required"), &sorted(left), &sorted(right)),
                "enum" if OPEN_ENUMS.contains(&format!("{}:{path}", self.kind).as_str()) => {
                    self.value(&format!("{path} open enum"), left, &Value::Null);
                }
                "enum" => self.value(&format!("{path} enum"), &sorted(left), &sorted(right)),
                key => self.value(&format!("{path} {key}"), left, right),
            }
        }
    }

    fn properties(&mut self, path: &str, ours: &Map<String, Value>, theirs: &Map<String, Value>) {
        for name in keys(ours, theirs) {
            let path = format!("{path}.{name}");
            match (ours.get(name), theirs.get(name)) {
                (Some(left), Some(right)) => self.schema(&path, left, right),
                (Some(_), None) => self.differences.push(format!("{path}: only ours")),
                _ => self.differences.push(format!("{path}: only theirs")),
            }
        }
    }

    fn value(&mut self, path: &str, ours: &Value, theirs: &Value) {
        if ours != theirs {
            self.differences
                .push(format!("{path}: ours {ours}, theirs {theirs}"));
        }
    }
}

fn keys<'a>(left: &'a Map<String, Value>, right: &'a Map<String, Value>) -> Vec<&'a str> {
    let mut keys: Vec<&str> = left.keys().chain(right.keys()).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn as_map<'a>(value: &'a Value, empty: &'a Value) -> &'a Map<String, Value> {
    value.as_object().or_else(|| empty.as_object()).expect("a map")
}

fn sorted(value: &Value) -> Value {
    let Value::Array(items) = value else {
        return value.clone();
    };
    let mut items = items.clone();
    items.sort_by_key(ToString::to_string);
    Value::Array(items)
}

/// What of a definition is compared as it stands: everything but schemas, descriptions and tool annotations.
fn frame(crd: &Value) -> Value {
    let mut crd = crd.clone();
    crd.as_object_mut().expect("a map").remove("status");
    let metadata = crd["metadata"].as_object_mut().expect("metadata");
    metadata.remove("labels");
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.remove("controller-gen.kubebuilder.io/version");
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    let version = crd["spec"]["versions"][0].as_object_mut().expect("a version");
    version.remove("schema");
    version.retain(|_, value| value != &serde_json::json!({}));
    let names = crd["spec"]["names"].as_object_mut().expect("names");
    names.retain(|_, value| value != &serde_json::json!([]));
    crd
}

#[test]
fn every_kind_accepts_and_rejects_what_flux_does() {
    let Some(theirs) = flux_crds() else { return };
    let ours = our_crds();
    let mut differences = Vec::new();
    for (kind, theirs) in &theirs {
        let ours = ours
            .get(kind)
            .unwrap_or_else(|| panic!("no definition of {kind}"));
        assert_eq!(theirs["spec"]["versions"].as_array().map(Vec::len), Some(1));
        assert_eq!(ours["spec"]["versions"].as_array().map(Vec::len), Some(1));
        let mut walk = Walk {
            kind,
            differences: Vec::new(),
        };
        walk.value(" frame", &frame(ours), &frame(theirs));
        let schema = "/spec/versions/0/schema/openAPIV3Schema";
        walk.schema(
            "",
            ours.pointer(schema).expect("schema"),
            theirs.pointer(schema).expect("schema"),
        );
        differences.extend(
            walk.differences
                .into_iter()
                .map(|difference| format!("{kind}{difference}")),
        );
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn the_walk_sees_a_difference() {
    let Some(theirs) = flux_crds() else { return };
    let ours = our_crds();
    let pointer = "/spec/versions/0/schema/openAPIV3Schema";
    let left = ours["GitRepository"].pointer(pointer).expect("schema");
    let mut right = theirs["GitRepository"].pointer(pointer).expect("schema").clone();
    right["properties"]["spec"]["properties"]["url"]["pattern"] = "^ftp://.*$".into();
    right["properties"]["status"]["properties"]["conditions"]["items"]["properties"]["type"]["maxLength"] =
        9.into();
    let mut walk = Walk {
        kind: "GitRepository",
        differences: Vec::new(),
    };
    walk.schema("", left, &right);
    assert_eq!(walk.differences.len(), 2, "{:?}", walk.differences);
}

/// No description is one of Flux's sentences.
#[test]
fn descriptions_are_our_own() {
    fn collect(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(text)) = map.get("description") {
                    out.push(text.split_whitespace().collect::<Vec<_>>().join(" "));
                }
                map.values().for_each(|value| collect(value, out));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, out)),
            _ => {}
        }
    }
    let Some(theirs) = flux_crds() else { return };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    our_crds().values().for_each(|crd| collect(crd, &mut left));
    theirs.values().for_each(|crd| collect(crd, &mut right));
    let shared: Vec<_> = left
        .iter()
        .filter(|text| text.len() > 30 && right.contains(text))
        .collect();
    assert!(!left.is_empty() && shared.is_empty(), "{shared:?}");
}

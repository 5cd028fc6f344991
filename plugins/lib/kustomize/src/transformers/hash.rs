//! HashTransformer: the suffix that names generated objects by their content.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sluice_yaml::{JsonOptions, Node, Schema, Style, write_json};

use crate::error::{Error, Result};
use crate::json_patch::numbers_to_floats;
use crate::node::{set_meta_text, top_text};
use crate::origin::{ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION};
use crate::resmap::ResMap;
use crate::resource::Resource;

use super::node_json::node_json;

/// Appends the hash to the names of the objects that want it.
pub(crate) fn add_hashes(objects: &mut ResMap) -> Result<()> {
    for resource in objects.resources_mut() {
        if !resource.needs_hash {
            continue;
        }
        let hash = hash_of(resource).map_err(|reason| Error::Object {
            object: resource.id().to_string(),
            reason,
        })?;
        resource.store_previous_id();
        let name = format!("{}-{hash}", resource.id().name);
        resource.change("metadata/name", |node| set_meta_text(node, "name", &name))?;
    }
    Ok(())
}

/// Annotations that kustomize adds one by one, in the order in which it mostly does; and whether it adds them in quotes.
const LATER: [(&str, bool); 7] = [
    ("/previousNames", true),
    ("/previousNamespaces", true),
    ("/previousKinds", true),
    ("/allowNameChange", false),
    ("/allowKindChange", false),
    ("/prefixes", true),
    ("/suffixes", true),
];

/// Ten characters of the content's sha256, without vowels and look-alikes.
pub(crate) fn hash_of(resource: &Resource) -> Result<String, String> {
    let node = resource.node();
    let json = match top_text(node, "kind") {
        "ConfigMap" => content(node, &[("data", true), ("binaryData", false)])?,
        "Secret" => content(node, &[("type", true), ("data", true), ("stringData", false)])?,
        _ => node_json(&visible(resource)),
    };
    Ok(encode(&hex::encode(Sha256::digest(json.as_bytes()))))
}

/// Whether an object of this kind is hashed by its data alone, and not by everything that was read of it.
pub(super) fn is_hashed_by_data(kind: &str) -> bool {
    matches!(kind, "ConfigMap" | "Secret")
}

/// Whether an object is hashed by everything that was read of it.
pub(super) fn is_hashed_whole(resource: &Resource) -> bool {
    resource.needs_hash && !is_hashed_by_data(top_text(resource.node(), "kind"))
}

/// The object with the annotations that kustomize has in it, in the order and the style in which it has added them.
fn visible(resource: &Resource) -> Node {
    let mut shown = resource.clone();
    shown.show_build_annotations();
    let mut node = shown.take_node();
    let metadata = node.get_mut("metadata");
    let Some(annotations) = metadata.and_then(|metadata| metadata.get_mut("annotations")) else {
        return node;
    };
    let first = |name: &str| {
        name == ORIGIN_ANNOTATION
            || name == TRANSFORMATIONS_ANNOTATION
            || match resource.settled_annotations.as_slice() {
                [] => name.ends_with("/generatorBehavior") || name.ends_with("/needsHashSuffix"),
                settled => settled.iter().any(|(known, _)| known == name),
            }
    };
    let pairs = annotations
        .pairs()
        .map(|(key, value)| [key.clone(), value.clone()]);
    let (mut entries, mut later): (Vec<_>, Vec<_>) = pairs.partition(|[key, _]| first(&key.value));
    entries.sort_by(|a, b| a[0].value.cmp(&b[0].value));
    for [key, value] in &mut entries {
        let mut settled = resource.settled_annotations.iter();
        if let Some((_, style)) = settled.find(|(known, _)| *known == key.value) {
            value.style = *style;
        }
    }
    later.sort_by_key(|[key, _]| LATER.iter().position(|(name, _)| key.value.ends_with(name)));
    for [key, value] in &mut later {
        if LATER
            .iter()
            .any(|(name, quoted)| *quoted && key.value.ends_with(name))
        {
            value.style = Style::SingleQuoted;
        }
    }
    annotations.content = entries.into_iter().chain(later).flatten().collect();
    node
}

/// Kind and these fields; fields that are not always there count only as maps. The name is part of the content but
/// always empty: kustomize looks it up under a key that no object has.
fn content(node: &Node, fields: &[(&str, bool)]) -> Result<String, String> {
    let mut content = json!({"kind": top_text(node, "kind"), "name": ""});
    for (field, always) in fields {
        let value = match node.get(field) {
            None => Value::String(String::new()),
            Some(value) if value.is_scalar() => Value::String(value.value.clone()),
            Some(value) => {
                let mut value = sluice_yaml::to_json(value, Schema::V3).map_err(|error| error.to_string())?;
                numbers_to_floats(&mut value);
                // kustomize reads it into a map and does not look whether that works.
                if value.is_object() { value } else { Value::Null }
            }
        };
        if *always || value.is_object() {
            content[*field] = value;
        }
    }
    Ok(write_json(&content, JsonOptions::COMPACT))
}

fn encode(hex: &str) -> String {
    let replace = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    hex.chars().take(10).map(replace).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> String {
        let limits = sluice_yaml::Limits::default();
        let node = sluice_yaml::parse_document(text.as_bytes(), &limits)
            .expect("YAML")
            .expect("a document");
        hash_of(&Resource::new(node)).expect("data")
    }

    #[test]
    fn equals_kustomize_e73() {
        let config_map = "{kind: ConfigMap, metadata: {name: c}, data: {a: \"1\", b: '<x>&\"y\"'}}";
        assert_eq!(hash(config_map), "hcgk82997k");
        assert_eq!(
            hash("{kind: Secret, type: my-type, metadata: {name: s}, data: {a: MQ==}}"),
            "8df4665k76"
        );
    }
}

//! Values inside of text that is YAML or JSON itself, as replacements may change them.

use sluice_yaml::{EmitOptions, JsonOptions, Kind, Limits, Node, Schema, write_json};

use crate::node::{Match, at_mut, lookup, match_paths};

/// Sets a value inside of the text to which a part of the path leads. False: there is no such text.
pub(super) fn set_in_text(
    target: &mut Node,
    path: &[String],
    value: &Node,
    create: Option<Kind>,
    limits: &Limits,
) -> bool {
    let Some((length, text)) = find_text(target, path, limits) else {
        return false;
    };
    let Some(changed) = change(&text, &path[length..], value, create, limits) else {
        return false;
    };
    let Some(field) = lookup_mut(target, &path[..length]) else {
        return false;
    };
    field.value = changed;
    true
}

/// The first scalar on the path that is not its end and reads as YAML.
fn find_text(target: &Node, path: &[String], limits: &Limits) -> Option<(usize, String)> {
    (1..path.len()).find_map(|length| {
        let scalar = lookup(target, &path[..length])
            .ok()
            .flatten()
            .filter(|node| node.is_scalar())?;
        sluice_yaml::parse_document(scalar.value.as_bytes(), limits).ok()?;
        Some((length, scalar.value.clone()))
    })
}

fn change(
    text: &str,
    path: &[String],
    value: &Node,
    create: Option<Kind>,
    limits: &Limits,
) -> Option<String> {
    let mut document = sluice_yaml::parse_document(text.as_bytes(), limits).ok()??;
    let matches = match_paths(&mut document, path, create).ok()?;
    if matches.is_empty() {
        return None;
    }
    for found in matches {
        if let Match::At(at) = found {
            let field = at_mut(&mut document, &at)?;
            if field.is_scalar() {
                field.value.clone_from(&value.value);
            } else {
                *field = value.clone();
            }
        }
    }
    write(&document, text)
}

/// JSON stays JSON, in one line or indented; everything else is written as YAML.
fn write(document: &Node, original: &str) -> Option<String> {
    if !original.trim_start().starts_with(['{', '[']) {
        return sluice_yaml::emit_node(document, &EmitOptions::KYAML)
            .ok()
            .map(|text| text.trim().to_owned());
    }
    let data = sluice_yaml::to_json(document, Schema::V3).ok()?;
    if original.contains('\n') && original.contains("  ") {
        return Some(write_json(&data, JsonOptions::PRETTY));
    }
    Some(write_json(&data, JsonOptions::COMPACT))
}

fn lookup_mut<'n>(node: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    let found = match_paths(node, path, None).ok()?;
    match found.into_iter().next()? {
        Match::At(at) => at_mut(node, &at),
        Match::Detached => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::split_path_smart;

    fn set(text: &str, path: &str, value: &str) -> Option<String> {
        let mut node = Node::map_of([("data", Node::map_of([("f", Node::string(text))]))]);
        let path = split_path_smart(path, '.');
        set_in_text(&mut node, &path, &Node::scalar(value), None, &Limits::default())
            .then(|| node.get_path(&["data", "f"]).expect("there").value.clone())
    }

    #[test]
    fn changes_json_and_yaml() {
        assert_eq!(
            set(r#"{"a": {"b": "x"}}"#, "data.f.a.b", "y"),
            Some(r#"{"a":{"b":"y"}}"#.into())
        );
        assert_eq!(set("a:\n  b: x\n", "data.f.a.b", "y"), Some("a:\n  b: y".into()));
        assert_eq!(set("text", "data.f.a", "y"), None);
    }
}

//! Values inside of text that is YAML or JSON itself, as replacements may change them.

use sluice_yaml::{Annotated, EmitOptions, JsonOptions, Kind, Limits, Node, Schema, write_json};

use crate::node::{Match, at_mut, lookup, match_paths, match_paths_in};

/// Sets a value inside of the text to which a part of the path leads. False: there is no such text.
pub(super) fn set_in_text(
    target: &mut Node,
    path: &[String],
    value: &Node,
    create: Option<Kind>,
    limits: &Limits,
) -> bool {
    let Some(found) = find_text(target, path, limits) else {
        return false;
    };
    let length = found.length;
    let Some(changed) = change(found, &path[length..], value, create, limits) else {
        return false;
    };
    let Some(field) = lookup_mut(target, &path[..length]) else {
        return false;
    };
    field.value = changed;
    true
}

/// A text that is a document itself.
struct Embedded {
    /// How many parts of the path lead to it.
    length: usize,
    document: Annotated,
    layout: Layout,
}

/// What kustomize takes from the text for the way to write it.
#[derive(Clone, Copy)]
enum Layout {
    Yaml,
    CompactJson,
    PrettyJson,
}

impl Layout {
    fn of(text: &str) -> Self {
        if !text.trim_start().starts_with(['{', '[']) {
            Self::Yaml
        } else if text.contains('\n') && text.contains("  ") {
            Self::PrettyJson
        } else {
            Self::CompactJson
        }
    }
}

/// The first scalar on the path that is not its end and reads as YAML; nothing when that is empty.
fn find_text(target: &Node, path: &[String], limits: &Limits) -> Option<Embedded> {
    let found = (1..path.len()).find_map(|length| {
        let scalar = lookup(target, &path[..length])
            .ok()
            .flatten()
            .filter(|node| node.is_scalar())?;
        let document = Annotated::parse(scalar.value.as_bytes(), limits).ok()?;
        Some((length, document, Layout::of(&scalar.value)))
    });
    let (length, document, layout) = found?;
    Some(Embedded {
        length,
        document: document?,
        layout,
    })
}

fn change(
    text: Embedded,
    path: &[String],
    value: &Node,
    create: Option<Kind>,
    limits: &Limits,
) -> Option<String> {
    let mut document = text.document;
    let matches = match_paths_in(&mut document, path, create).ok()?;
    if matches.is_empty() {
        return None;
    }
    let mut root = std::mem::replace(&mut document.root, Node::null());
    for found in matches {
        if let Match::At(at) = found {
            let field = at_mut(&mut root, &at)?;
            if field.is_scalar() && !document.is_alias(field) {
                field.value.clone_from(&value.value);
            } else {
                *field = value.clone();
            }
        }
    }
    document.root = root;
    write(&document, text.layout, limits)
}

/// JSON stays JSON, in one line or indented; everything else is written as YAML, with its comments.
fn write(document: &Annotated, layout: Layout, limits: &Limits) -> Option<String> {
    let text = document.emit(&EmitOptions::KYAML).ok()?;
    let options = match layout {
        Layout::Yaml => return Some(text.trim().to_owned()),
        Layout::CompactJson => JsonOptions::COMPACT,
        Layout::PrettyJson => JsonOptions::PRETTY,
    };
    let document = sluice_yaml::parse_document(text.as_bytes(), limits).ok()??;
    let data = sluice_yaml::to_json(&document, Schema::V3).ok()?;
    Some(write_json(&data, options))
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

    #[test]
    fn comments_of_yaml_stay() {
        let text = "# top\n\n# of a\na:\n  # of b\n  b: x # here\n  # c: off\n\n# end\n";
        let changed = text.replace("x #", "y #").trim().to_owned();
        assert_eq!(set(text, "data.f.a.b", "y"), Some(changed));
    }

    #[test]
    fn anchors_and_aliases_of_yaml_stay() {
        let text = "a: &a\n  b: &b x\nc: *a\nd: *b\n";
        assert_eq!(
            set(text, "data.f.a.b", "y"),
            Some("a: &a\n  b: &b y\nc: *a\nd: *b".into())
        );
        assert_eq!(
            set(text, "data.f.d", "y"),
            Some("a: &a\n  b: &b x\nc: *a\nd: y".into())
        );
    }

    #[test]
    fn comments_of_json_go() {
        let text = "{\n  \"a\": [1, # one\n  2]\n}";
        let changed = "{\n  \"a\": [\n    1,\n    3\n  ]\n}";
        assert_eq!(set(text, "data.f.a.1", "3"), Some(changed.into()));
    }
}

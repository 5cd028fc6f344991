//! Objects out of YAML text: documents, lists, and the checks that every object passes.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde_json::Value;
use sluice_yaml::{JsonOptions, Kind, Limits, Node, Style, Tag, write_json};

use crate::error::{Error, Result};
use crate::node::{is_nil_or_empty, is_null, meta_text, top_text};

/// Why text holds no objects.
#[derive(Debug, Clone)]
pub(crate) enum ObjectsError {
    /// It is no YAML.
    Yaml(sluice_yaml::Error),
    /// A document is no object.
    Object(String),
}

impl ObjectsError {
    /// The error with the name of the file.
    pub fn in_file(self, file: &str) -> Error {
        match self {
            Self::Yaml(error) => Error::Yaml {
                file: file.into(),
                error,
            },
            Self::Object(reason) => Error::Object {
                object: file.into(),
                reason,
            },
        }
    }
}

impl std::fmt::Display for ObjectsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Yaml(error) => write!(f, "MalformedYAMLError: {error}"),
            Self::Object(reason) => f.write_str(reason),
        }
    }
}

/// All objects of a text; lists are taken apart, empty documents dropped.
///
/// # Errors
/// Text that is no YAML, or a document without kind or name.
pub(crate) fn parse_objects(bytes: &[u8], limits: &Limits) -> Result<Vec<Node>, ObjectsError> {
    if bytes.len() > limits.max_bytes {
        return Err(ObjectsError::Object(format!(
            "text is larger than {} bytes",
            limits.max_bytes
        )));
    }
    let text = normalise_line_ends(bytes);
    let mut nodes = read_documents(&text, limits)?;
    nodes.retain(|node| !is_nil_or_empty(node));
    for node in &nodes {
        validate(node).map_err(ObjectsError::Object)?;
    }
    if nodes.iter().any(|node| top_text(node, "kind").ends_with("List")) {
        return inline_lists(nodes, limits);
    }
    Ok(nodes)
}

fn normalise_line_ends(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.windows(2).any(|pair| pair == b"\r\n") {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        if !(*byte == b'\r' && rest.peek() == Some(&&b'\n')) {
            out.push(*byte);
        }
    }
    Cow::Owned(out)
}

fn read_documents(text: &[u8], limits: &Limits) -> Result<Vec<Node>, ObjectsError> {
    let chunks = split_documents(text).map_err(ObjectsError::Object)?;
    let only_one = chunks.len() == 1;
    let mut nodes = Vec::with_capacity(chunks.len());
    for (above, chunk) in chunks {
        let parsed = sluice_yaml::parse_document(chunk, limits);
        let Some(mut node) = parsed.map_err(|error| ObjectsError::Yaml(below(error, above)))? else {
            continue;
        };
        move_down(&mut node, above);
        if is_null(&node) {
            continue;
        }
        let before = nodes.len();
        if only_one && is_wrapper(&node) {
            nodes.extend(
                node.remove("items")
                    .map(|items| items.content)
                    .unwrap_or_default(),
            );
        } else {
            nodes.push(node);
        }
        // Only in what stays: a wrapper's own merges are thrown away with it.
        if has_merge_sign(chunk) {
            for node in nodes.iter_mut().skip(before) {
                sluice_yaml::expand_merges(node).map_err(|error| ObjectsError::Object(error.message))?;
            }
        }
    }
    Ok(nodes)
}

/// An error in a document, at its line of the whole text: people look for it in the file.
fn below(mut error: sluice_yaml::Error, above: u32) -> sluice_yaml::Error {
    error.line = error.line.map(|line| line.saturating_add(above));
    error
}

/// Gives the nodes of a document their lines of the whole text.
fn move_down(node: &mut Node, above: u32) {
    if above == 0 {
        return;
    }
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if node.line > 0 {
            node.line = node.line.saturating_add(above);
        }
        open.extend(node.content.iter_mut());
    }
}

fn has_merge_sign(chunk: &[u8]) -> bool {
    chunk.windows(2).any(|pair| pair == b"<<")
}

/// A list that kyaml itself takes apart, when it is the only document.
fn is_wrapper(node: &Node) -> bool {
    matches!(top_text(node, "kind"), "List" | "ResourceList")
        && (node.get("items").is_some() || node.get("functionConfig").is_some())
}

/// Cuts at lines that begin with `---`, wherever they stand; nothing but a comment may follow on them. Each document
/// comes with the number of lines above it.
fn split_documents(text: &[u8]) -> Result<Vec<(u32, &[u8])>, String> {
    let mut chunks = Vec::new();
    let mut above = 0_u32;
    let mut start = 0;
    let mut from = 0;
    while let Some(at) = find(&text[from..], b"\n---").map(|at| from + at) {
        let Some(end) = text[at + 4..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map(|end| at + 4 + end)
        else {
            break;
        };
        let after = text[at + 4..end].trim_ascii();
        if !after.is_empty() && after[0] != b'#' {
            let line = String::from_utf8_lossy(text[at..end].trim_ascii()).into_owned();
            return Err(format!("invalid document separator: {line}"));
        }
        // The line break before the separator belongs to the text of the document.
        chunks.push((above, &text[start..=at]));
        above = above.saturating_add(lines_of(&text[start..=end]));
        start = end + 1;
        from = end + 1;
    }
    if !text.is_empty() {
        chunks.push((above, &text[start..]));
    }
    Ok(chunks)
}

fn lines_of(text: &[u8]) -> u32 {
    let lines = text.iter().filter(|byte| **byte == b'\n').count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// Every object has a kind and, unless it is a list, a name (R11).
pub(crate) fn validate(node: &Node) -> Result<(), String> {
    let at = if node.line > 0 {
        format!(" at line {}", node.line)
    } else {
        String::new()
    };
    let present = |name: &str| node.get(name).is_some_and(|field| !is_nil_or_empty(field));
    if !node.is_map()
        || !["apiVersion", "kind", "metadata"]
            .iter()
            .any(|name| present(name))
    {
        return Err(format!("missing Resource metadata{at}"));
    }
    let kind = if present("kind") {
        top_text(node, "kind")
    } else {
        ""
    };
    let name = meta_text(node, "name");
    if kind.is_empty() {
        return Err(format!(
            "missing kind in object{at} (apiVersion {:?}, name {name:?})",
            top_text(node, "apiVersion")
        ));
    }
    if name.is_empty() && !kind.ends_with("List") {
        return Err(format!("missing metadata.name in object of kind {kind:?}{at}"));
    }
    Ok(())
}

/// Takes lists of any kind apart; their items come after everything else.
fn inline_lists(nodes: Vec<Node>, limits: &Limits) -> Result<Vec<Node>, ObjectsError> {
    let mut queue = VecDeque::from(nodes);
    let mut out = Vec::with_capacity(queue.len());
    while let Some(node) = queue.pop_front() {
        let kind = top_text(&node, "kind");
        if !kind.ends_with("List") || node.get("items").is_none() {
            out.push(node);
            continue;
        }
        let data = sluice_yaml::decode_node(&node)
            .map_err(|error| ObjectsError::Object(format!("trouble expanding list of {kind}; {error}")))?;
        match &data["items"] {
            Value::Null => {}
            Value::Array(items) => {
                for item in items {
                    let item = read_item(item, limits)?;
                    if is_nil_or_empty(&item) {
                        continue;
                    }
                    validate(&item).map_err(ObjectsError::Object)?;
                    queue.push_back(item);
                }
            }
            _ => return Err(ObjectsError::Object(format!("expected array in {kind}/items"))),
        }
    }
    Ok(out)
}

/// kustomize writes an item as JSON and reads that as YAML, which takes a few characters for others.
fn read_item(item: &Value, limits: &Limits) -> Result<Node, ObjectsError> {
    if !sluice_yaml::is_changed_by_json(item) {
        return Ok(from_json_text(item));
    }
    let text = write_json(item, JsonOptions::COMPACT);
    let read = sluice_yaml::parse_document(text.as_bytes(), limits).map_err(ObjectsError::Yaml)?;
    Ok(read.unwrap_or_else(Node::null))
}

/// Data as a node that was read from its JSON text.
fn from_json_text(value: &Value) -> Node {
    match value {
        Value::Null => Node::null(),
        Value::Bool(value) => Node::bool(*value),
        Value::Number(_) => {
            let text = write_json(value, JsonOptions::COMPACT);
            let is_float = text.contains(['.', 'e']);
            let mut node = Node::scalar(text);
            node.tag = if is_float { Tag::Float } else { Tag::Int };
            node
        }
        Value::String(text) => {
            let mut node = Node::string(text.as_str());
            node.style = Style::DoubleQuoted;
            node
        }
        Value::Array(items) => {
            let mut node = Node::seq(items.iter().map(from_json_text).collect());
            node.style = Style::Flow;
            node
        }
        Value::Object(map) => {
            let mut node = Node::map();
            node.style = Style::Flow;
            for (key, item) in map {
                let mut name = Node::string(key.as_str());
                name.style = Style::DoubleQuoted;
                node.content.push(name);
                node.content.push(from_json_text(item));
            }
            debug_assert_eq!(node.kind, Kind::Mapping);
            node
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let nodes = parse_objects(text.as_bytes(), &Limits::default()).expect("objects");
        nodes
            .iter()
            .map(|node| meta_text(node, "name").to_owned())
            .collect()
    }

    fn error(text: &str) -> String {
        parse_objects(text.as_bytes(), &Limits::default())
            .expect_err("no objects")
            .to_string()
    }

    #[test]
    fn splits_documents() {
        assert_eq!(
            names("kind: A\nmetadata: {name: a}\n--- # x\nkind: A\nmetadata: {name: b}\n---\n"),
            ["a", "b"]
        );
        assert_eq!(
            names("---\r\nkind: A\r\nmetadata: {name: a}\r\n---\r\n# nothing\r\n"),
            ["a"]
        );
        assert!(
            error("kind: A\nmetadata: {name: a}\n--- x\nkind: A\n")
                .contains("invalid document separator: --- x")
        );
    }

    #[test]
    fn objects_without_kind_or_name_are_errors_r11() {
        assert!(error("metadata: {name: a}").contains("missing kind"));
        assert!(error("kind: A\nmetadata: {generateName: a}").contains("missing metadata.name"));
        assert!(error("- a").contains("missing Resource metadata"));
        assert!(error("a: [").contains("MalformedYAMLError"));
    }

    #[test]
    fn lists_are_taken_apart_e83() {
        let list =
            "kind: ConfigMapList\nitems: [{kind: A, metadata: {name: a}}, {kind: A, metadata: {name: b}}]\n";
        assert_eq!(names(list), ["a", "b"]);
        assert_eq!(
            names(&format!("{list}---\nkind: B\nmetadata: {{name: c}}\n")),
            ["c", "a", "b"]
        );
        assert_eq!(
            names("kind: List\nitems: [{kind: A, metadata: {name: a}}]\n"),
            ["a"]
        );
        assert!(names("kind: List\nitems:\n").is_empty());
    }

    #[test]
    fn empty_text_holds_nothing() {
        assert!(names("").is_empty());
        assert!(names("# only a comment\n").is_empty());
        assert!(names("{}\n").is_empty());
    }
}

//! How kyaml reads and changes nodes: null and emptiness, fields, metadata, paths.

use std::collections::BTreeMap;

use crate::shared_text::{forget_place, keep_mark, line_of};
use sluice_yaml::{ErrorKind, Kind, Limits, Node, Scalar, Schema, Style, Tag, resolve};

mod path;
mod path_match;

pub(crate) use path::{lookup, split_path, split_path_smart};
pub(crate) use path_match::{Match, at_mut, match_paths, match_paths_in, position_of};

/// Text of an annotation or label map.
pub(crate) type StringMap = BTreeMap<String, String>;

/// A node of a kind that the operation has no use for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("wrong node kind: expected {expected} but got {actual}{at}")]
pub(crate) struct WrongKind {
    expected: &'static str,
    actual: &'static str,
    at: String,
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Mapping => "MappingNode",
        Kind::Sequence => "SequenceNode",
        Kind::Scalar => "ScalarNode",
    }
}

/// kyaml's null: what is tagged so, by the parser or in code.
pub(crate) fn is_null(node: &Node) -> bool {
    node.tag == Tag::Null
}

/// Null or nothing.
pub(crate) fn is_missing_or_null(node: Option<&Node>) -> bool {
    node.is_none_or(is_null)
}

/// Null, `{}` or `[]`.
pub(crate) fn is_nil_or_empty(node: &Node) -> bool {
    is_null(node) || (node.kind != Kind::Scalar && node.content.is_empty())
}

/// Null passes, as it has no kind yet.
pub(crate) fn expect_kind(node: &Node, kind: Kind) -> Result<(), WrongKind> {
    if is_null(node) || node.kind == kind {
        return Ok(());
    }
    let at = line_of(node).map_or(String::new(), |line| format!(" at line {line}"));
    Err(WrongKind {
        expected: kind_name(kind),
        actual: kind_name(node.kind),
        at,
    })
}

/// A new node of a kind without a tag, as kyaml creates missing fields.
pub(crate) fn untagged(kind: Kind) -> Node {
    let mut node = match kind {
        Kind::Mapping => Node::map(),
        Kind::Sequence => Node::seq(Vec::new()),
        Kind::Scalar => Node::scalar(""),
    };
    node.tag = Tag::None;
    node
}

/// True for text that YAML 1.1 takes for something else than a string, be it a collection or nothing.
fn reads_as_other_type(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    if is_one_scalar(text) {
        return !matches!(resolve(text, Schema::V2), Scalar::Str | Scalar::Timestamp);
    }
    match sluice_yaml::read_value(text.as_bytes(), false, &Limits::default()) {
        Ok(value) => !value.is_string(),
        // It was read, but cannot be JSON.
        Err(error) => error.kind == ErrorKind::Json,
    }
}

/// True when nothing in the text could be syntax: all of it is one plain scalar.
fn is_one_scalar(text: &str) -> bool {
    let ends_word = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b' ' | b'\t'));
    let bytes = text.as_bytes();
    let starts = match bytes[0] {
        b'-' => !ends_word(bytes.get(1)) && !text.starts_with("---"),
        first => first.is_ascii_alphanumeric() || b"/$+_.~(^;".contains(&first),
    };
    let is_syntax = |at: usize| match bytes[at] {
        b':' => ends_word(bytes.get(at + 1)),
        b'#' => ends_word(at.checked_sub(1).and_then(|before| bytes.get(before))),
        // carriage returns and characters that some take for line breaks
        b' '..=b'~' => false,
        _ => true,
    };
    starts && !text.starts_with("...") && !ends_word(bytes.last()) && !(0..bytes.len()).any(is_syntax)
}

fn is_string(node: &Node) -> bool {
    node.kind == Kind::Scalar && matches!(node.tag, Tag::Str | Tag::None)
}

/// A string node as kyaml makes it: text of several lines is literal.
pub(crate) fn new_string(text: &str) -> Node {
    let mut node = Node::string(text);
    if text.contains('\n') {
        node.style = Style::Literal;
    }
    node
}

/// A number or boolean whose text is written in quotes reads as a string.
pub(crate) fn quotes_win(node: &mut Node) {
    if node.is_quoted()
        && !node.tagged
        && matches!(node.tag, Tag::Int | Tag::Float | Tag::Bool | Tag::Timestamp)
        // A type that the text does not have by itself is written out.
        && resolve(&node.value, Schema::V3).tag() == node.tag
    {
        node.tag = Tag::Str;
    }
}

/// Gives the new value the style of the one it replaces; only scalars have one that matters.
fn keep_style(value: &mut Node, old: &Node) {
    if value.kind == Kind::Scalar {
        value.style = if old.kind == Kind::Scalar {
            old.style
        } else {
            Style::Plain
        };
        value.tagged = old.tagged;
        keep_mark(value, old.line, old.column);
        quotes_win(value);
    }
}

/// Text that YAML 1.1 would read as another type gets quotes, as kyaml does when it sets a field.
pub(crate) fn quote_if_ambiguous(value: &mut Node) {
    if value.style == Style::Plain && is_string(value) && reads_as_other_type(&value.value) {
        value.style = Style::DoubleQuoted;
    }
}

/// Sets a field of a mapping as kyaml does: null removes the field, the style of an existing scalar stays.
pub(crate) fn set_field(map: &mut Node, name: &str, mut value: Node) -> Result<(), WrongKind> {
    expect_kind(map, Kind::Mapping)?;
    if is_null(map) {
        return Ok(());
    }
    if is_null(&value) {
        map.remove(name);
        return Ok(());
    }
    quote_if_ambiguous(&mut value);
    match map.get_mut(name) {
        Some(old) => {
            keep_style(&mut value, old);
            *old = value;
        }
        None => push_field(map, name, value),
    }
    Ok(())
}

/// Appends a field without looking for an existing one.
pub(crate) fn push_field(map: &mut Node, name: &str, value: Node) {
    map.content.push(Node::scalar(name));
    map.content.push(value);
}

/// The style of a text that is new.
pub(crate) fn style_of_new(text: &str) -> Style {
    let mut value = new_string(text);
    quote_if_ambiguous(&mut value);
    value.style
}

/// Appends a text. One that reads as a number or bool is in quotes from the start: a patch that puts a number in its place
/// keeps them.
pub(crate) fn push_text(map: &mut Node, name: &str, text: &str) {
    let mut value = new_string(text);
    quote_if_ambiguous(&mut value);
    push_field(map, name, value);
}

/// Sets text and tag of a scalar, which is a new one then; its style stays.
pub(crate) fn set_scalar(node: &mut Node, text: impl Into<String>, tag: Tag) -> Result<(), WrongKind> {
    expect_kind(node, Kind::Scalar)?;
    node.kind = Kind::Scalar;
    node.value = text.into();
    node.tag = tag;
    forget_place(node);
    quotes_win(node);
    Ok(())
}

/// The field, created with this kind when it is missing. None below null.
pub(crate) fn field_or_create<'n>(
    map: &'n mut Node,
    name: &str,
    kind: Kind,
) -> Result<Option<&'n mut Node>, WrongKind> {
    expect_kind(map, Kind::Mapping)?;
    if is_null(map) {
        return Ok(None);
    }
    if map.get(name).is_none() {
        push_field(map, name, untagged(kind));
    }
    Ok(map.get_mut(name))
}

/// A field of `metadata`, when it holds anything.
pub(crate) fn meta_field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let metadata = node
        .get("metadata")
        .filter(|metadata| !is_nil_or_empty(metadata))?;
    metadata.get(name).filter(|value| !is_nil_or_empty(value))
}

/// The text of a field of `metadata`.
pub(crate) fn meta_text<'n>(node: &'n Node, name: &str) -> &'n str {
    meta_field(node, name).map_or("", |value| value.value.as_str())
}

/// The text of a field at the top of an object.
pub(crate) fn top_text<'n>(node: &'n Node, name: &str) -> &'n str {
    node.get(name).map_or("", |value| value.value.as_str())
}

/// Labels or annotations as text, whatever their types.
pub(crate) fn meta_map(node: &Node, name: &str) -> StringMap {
    let metadata = node.get("metadata").filter(|metadata| !is_nil_or_empty(metadata));
    string_map(metadata.and_then(|metadata| metadata.get(name)))
}

/// The text of all pairs of a mapping; the last one of a key counts. kyaml takes the items of a list for pairs, too.
pub(crate) fn string_map(node: Option<&Node>) -> StringMap {
    let pairs = node.map_or(&[][..], |node| &node.content).chunks_exact(2);
    pairs
        .map(|pair| (pair[0].value.clone(), pair[1].value.clone()))
        .collect()
}

/// Like [`string_map`], with null values as empty text and the first pair of a key.
pub(crate) fn data_map(node: Option<&Node>) -> StringMap {
    let mut map = StringMap::new();
    for (key, value) in node.into_iter().flat_map(Node::pairs) {
        let text = if is_null(value) {
            String::new()
        } else {
            value.value.clone()
        };
        map.entry(key.value.clone()).or_insert(text);
    }
    map
}

/// Replaces labels or annotations; an empty map removes the field.
pub(crate) fn set_meta_map(node: &mut Node, name: &str, map: &StringMap) -> Result<(), WrongKind> {
    let Some(metadata) = field_or_create(node, "metadata", Kind::Mapping)? else {
        return Ok(());
    };
    expect_kind(metadata, Kind::Mapping)?;
    if is_null(metadata) {
        return Ok(());
    }
    metadata.remove(name);
    if map.is_empty() {
        return Ok(());
    }
    let mut fields = untagged(Kind::Mapping);
    if map.contains_key("") {
        // kyaml sorts this key first, takes a field without a name for the map itself and gives up.
        push_field(metadata, name, fields);
        return Err(WrongKind {
            expected: kind_name(Kind::Scalar),
            actual: kind_name(Kind::Mapping),
            at: String::new(),
        });
    }
    for (key, text) in map {
        let mut value = new_string(text);
        quote_if_ambiguous(&mut value);
        push_field(&mut fields, key, value);
    }
    push_field(metadata, name, fields);
    Ok(())
}

/// Sets a field of `metadata` to a scalar whose text decides its type; the style of the former one stays.
pub(crate) fn set_meta_text(node: &mut Node, name: &str, text: impl Into<String>) -> Result<(), WrongKind> {
    match field_or_create(node, "metadata", Kind::Mapping)? {
        Some(metadata) => set_field(metadata, name, Node::scalar(text)),
        None => Ok(()),
    }
}

/// Sets or, with the empty text, removes `metadata.namespace`.
pub(crate) fn set_namespace(node: &mut Node, namespace: impl Into<String>) -> Result<(), WrongKind> {
    let namespace = namespace.into();
    if !namespace.is_empty() {
        return set_meta_text(node, "namespace", namespace);
    }
    if let Some(metadata) = node.get_mut("metadata") {
        expect_kind(metadata, Kind::Mapping)?;
        metadata.remove("namespace");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_style_of_the_scalar_it_replaces() {
        let mut map = Node::map();
        let mut old = Node::string("1");
        old.style = Style::DoubleQuoted;
        push_field(&mut map, "a", old);
        set_field(&mut map, "a", Node::int(2)).expect("a map");
        let new = map.get("a").expect("set");
        assert_eq!((new.value.as_str(), new.style), ("2", Style::DoubleQuoted));
    }

    #[test]
    fn text_reads_as_another_type_for_yaml_1_1() {
        let others = [
            "a: b",
            "- x",
            "-",
            "---",
            "[a]",
            "{a}",
            "# c",
            "1 # c",
            " 1",
            "1 ",
            "1\t",
            "!!int 3",
            "&a 1",
            "&a",
            "a:",
            "?",
            "? a",
            "<<: {a: 1}",
            "{a: 1, a: 2}",
            "a:\tb",
            "- - 1",
            "1",
            "on",
            "~",
            "-1",
            "0777",
            ".5",
        ];
        let strings = [
            "--",
            "--- x",
            "...",
            "a # c",
            "\"1\"",
            "'1'",
            "!!str 3",
            "!!int x",
            "!!timestamp 2001-01-01",
            "*a",
            "a:b",
            ": b",
            "|",
            "%x",
            "@x",
            "<<: 1",
            "{[a]: b}",
            "a: 1, a: 2",
            "2001-01-01",
            ",x",
            "]",
            "!x a",
            "$x",
            "=",
            "<<",
            "x: y: z",
            "nginx:1.0",
            "-c",
            "*.x",
            "a#b",
            "",
        ];
        for text in others {
            assert!(reads_as_other_type(text), "{text:?}");
        }
        for text in strings {
            assert!(!reads_as_other_type(text), "{text:?}");
        }
    }

    #[test]
    fn null_removes_a_field() {
        let mut map = Node::map();
        push_field(&mut map, "a", Node::int(1));
        set_field(&mut map, "a", Node::null()).expect("a map");
        assert!(map.get("a").is_none());
    }

    #[test]
    fn wrong_kinds_are_named() {
        let mut scalar = Node::scalar("x");
        let error = set_field(&mut scalar, "a", Node::int(1)).expect_err("no map");
        assert!(
            error
                .to_string()
                .contains("expected MappingNode but got ScalarNode")
        );
    }
}

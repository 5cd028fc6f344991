//! YAML: documents of maps, with comments as items, written as sops writes them (four spaces, comments on lines of their
//! own).

use sluice_yaml::{
    Commented, EmitOptions, Flavour, Kind, Limits, Node, Scalar, Schema, Style, Tag, emit_node, emit_value,
    parse_commented, parse_document, resolve, to_json,
};
use zeroize::Zeroizing;

use super::yaml_comments::{Comments, weave};
use super::{Format, Loaded, MAX_FILE, METADATA_KEY};
use crate::error::SopsError;
use crate::metadata::Metadata;
use crate::tree::{Branch, Item, Key, MAX_DEPTH, Value};

/// Aliases are expanded, so that nodes are bounded too (R5).
const LIMITS: Limits = Limits {
    max_bytes: MAX_FILE,
    max_depth: MAX_DEPTH,
    max_nodes: 500_000,
};

pub(super) fn load(bytes: &[u8]) -> Result<Loaded, SopsError> {
    let documents = parse_commented(bytes, &LIMITS).map_err(|error| parse(error.to_string()))?;
    let stored = documents.first().and_then(|first| first.root.get(METADATA_KEY));
    let stored = stored
        .filter(|node| !node.is_null())
        .ok_or(SopsError::NoMetadata)?;
    let stored = to_json(stored, Schema::V3).map_err(|error| SopsError::Metadata(error.to_string()))?;
    let metadata = Metadata::read(stored)?;
    let documents = documents.iter().map(document).collect::<Result<_, _>>()?;
    Ok(Loaded { documents, metadata })
}

fn parse(reason: impl Into<String>) -> SopsError {
    SopsError::Parse {
        format: Format::Yaml,
        reason: reason.into(),
    }
}

fn document(document: &Commented) -> Result<Branch, SopsError> {
    let mut comments = Comments::new(&document.comments);
    let mut branch = match document.root.kind {
        Kind::Mapping => read_map(&document.root, &mut comments, u32::MAX)?,
        Kind::Scalar if document.root.is_null() => Branch::new(),
        Kind::Scalar => return Err(parse("documents that are values are not supported")),
        Kind::Sequence => return Err(parse("documents that are lists are not supported")),
    };
    comments.rest(&mut branch);
    branch.retain(|item| !matches!(&item.key, Key::Name(name) if name == METADATA_KEY));
    Ok(branch)
}

/// `end`: the line where the next node outside begins.
fn read_map(node: &Node, comments: &mut Comments<'_>, end: u32) -> Result<Branch, SopsError> {
    let mut branch = Branch::new();
    for (at, pair) in node.content.chunks_exact(2).enumerate() {
        let [key, value] = pair else { continue };
        let next = node.content.get(2 * at + 2).map_or(end, |next| next.line);
        comments.before(key, is_leaf(value).then_some(next), &mut branch);
        if !key.is_scalar() || !matches!(key.short_tag(), Tag::Str | Tag::Merge) {
            return Err(parse(format!("line {}: a key is no string", key.line)));
        }
        let value = read(value, comments, next)?;
        let key = Key::Name(key.value.clone());
        branch.push(Item { key, value });
    }
    comments.foot(node, end, &mut branch);
    Ok(branch)
}

fn read_list(node: &Node, comments: &mut Comments<'_>, end: u32) -> Result<Vec<Value>, SopsError> {
    let mut items = Vec::new();
    for (at, item) in node.content.iter().enumerate() {
        let next = node.content.get(at + 1).map_or(end, |next| next.line);
        comments.before(item, is_leaf(item).then_some(next), &mut items);
        items.push(read(item, comments, next)?);
    }
    comments.foot(node, end, &mut items);
    Ok(items)
}

fn is_leaf(node: &Node) -> bool {
    node.is_scalar() || node.style == Style::Flow
}

fn read(node: &Node, comments: &mut Comments<'_>, end: u32) -> Result<Value, SopsError> {
    match node.kind {
        Kind::Mapping => read_map(node, comments, end).map(Value::Branch),
        Kind::Sequence => read_list(node, comments, end).map(Value::List),
        Kind::Scalar => scalar(node),
    }
}

fn scalar(node: &Node) -> Result<Value, SopsError> {
    let unfit = |kind: &str| parse(format!("line {}: a value is no {kind} that fits", node.line));
    let resolved = || resolve(&node.value, Schema::V3);
    Ok(match node.short_tag() {
        Tag::Null => Value::Null,
        Tag::Bool => match resolved() {
            Scalar::Bool(value) => Value::Bool(value),
            _ => return Err(unfit("boolean")),
        },
        Tag::Int => match resolved() {
            Scalar::Int(value) => Value::Int(value),
            _ => return Err(unfit("integer of 64 bits")),
        },
        Tag::Float => match resolved() {
            Scalar::Float(value) => Value::Float(value),
            #[allow(clippy::cast_precision_loss)] // as go-yaml reads `!!float 1`
            Scalar::Int(value) => Value::Float(value as f64),
            _ => return Err(unfit("float")),
        },
        Tag::Timestamp => match to_json(node, Schema::V3) {
            Ok(serde_json::Value::String(text)) => Value::Time(text.into_bytes().into()),
            _ => return Err(unfit("time")),
        },
        Tag::Binary => match to_json(node, Schema::V3) {
            Ok(serde_json::Value::String(text)) => Value::text(text),
            _ => return Err(unfit("base64 text")),
        },
        _ => Value::text(node.value.as_str()),
    })
}

pub(super) fn emit(documents: &[Branch]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut out = Zeroizing::new(Vec::new());
    for (at, branch) in documents.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b"---\n");
        }
        let node = write_map(branch)?;
        let text = Zeroizing::new(emit_node(&node, &EmitOptions::V3).map_err(|_| "it is nested too deeply")?);
        let written = parse_document(text.as_bytes(), &Limits::default()).ok().flatten();
        let written = written.ok_or("its text does not read back")?;
        out.extend_from_slice(weave(&text, branch, &written).as_bytes());
    }
    Ok(out)
}

fn write_map(branch: &Branch) -> Result<Node, &'static str> {
    let mut node = Node::map();
    for item in branch {
        if let Key::Name(name) = &item.key {
            node.content.push(write_text(name.as_bytes())?);
            node.content.push(write(&item.value)?);
        }
    }
    Ok(node)
}

fn write(value: &Value) -> Result<Node, &'static str> {
    Ok(match value {
        Value::Branch(branch) => write_map(branch)?,
        Value::List(items) => {
            let items = items.iter().filter(|item| !matches!(item, Value::Comment(_)));
            Node::seq(items.map(write).collect::<Result<_, _>>()?)
        }
        Value::Null => Node::null(),
        Value::Bool(value) => Node::bool(*value),
        Value::Int(value) => Node::int(*value),
        Value::Float(value) if !value.is_finite() => Node::scalar(match value {
            _ if value.is_nan() => ".nan",
            _ if *value > 0.0 => ".inf",
            _ => "-.inf",
        }),
        Value::Float(value) => written(&serde_json::json!(value))?,
        Value::Time(text) => Node::scalar(String::from_utf8_lossy(text)),
        Value::Str(text) | Value::Comment(text) => write_text(text)?,
    })
}

/// go-yaml writes each value on its own first, and keeps the style that it found for it.
fn written(value: &serde_json::Value) -> Result<Node, &'static str> {
    let failed = "a value cannot be written";
    let text = Zeroizing::new(emit_value(value, Flavour::V3(EmitOptions::V3)).map_err(|_| failed)?);
    let limits = Limits::default();
    parse_document(text.as_bytes(), &limits)
        .ok()
        .flatten()
        .ok_or(failed)
}

fn write_text(text: &[u8]) -> Result<Node, &'static str> {
    use base64::Engine as _;
    match std::str::from_utf8(text) {
        Ok(text) => {
            let node = written(&serde_json::Value::from(text))?;
            // some characters of a control plane are lost by the reader; then the emitter decides alone
            Ok(if node.value == text {
                node
            } else {
                Node::string(text)
            })
        }
        Err(_) => {
            let mut node = Node::string(base64::engine::general_purpose::STANDARD.encode(text));
            (node.tag, node.tagged) = (Tag::Binary, true);
            Ok(node)
        }
    }
}

//! From trees to data: what go-yaml's decoders put into maps, and what encoding/json makes of those.

mod direct;
mod go_syntax;
mod skim;
mod unique;
mod v2;
mod v3;

pub use direct::Wanted;
pub use unique::check_unique_keys;

use crate::Value;
use crate::compose::{Composer, open_source};
use crate::document::parse_document;
use crate::emitter::{EmitOptions, emit_node, node_style, sort_keys};
use crate::error::{Error, ErrorKind};
use crate::limits::{Limits, MAX_WALK_DEPTH};
use crate::node::{Node, Style, Tag};
use crate::reader;
use crate::resolve::{Data, FloatPrecision, Schema, format_float, short_tag};
use serde_json::Number;

/// The data of a tree.
///
/// [`Schema::V3`] is what kyaml's `RNode.MarshalJSON` yields: duplicate keys are errors, timestamps become RFC 3339 strings,
/// the keys of the outermost mapping may be of any type. [`Schema::V2`] is what `sigs.k8s.io/yaml` yields for a tree that was
/// read by v2: the last of duplicate keys wins, keys that are numbers or bools become strings.
///
/// # Errors
/// Values JSON cannot hold (`.inf`), keys that are no strings, duplicate keys, tags that do not fit, broken merges.
pub fn to_json(node: &Node, schema: Schema) -> Result<Value, Error> {
    match schema {
        Schema::V2 => v2::Decoder::new(false).decode_root(node),
        Schema::V3 => match v3::Decoder::default().decode_root(node) {
            Ok((value, false)) => Ok(value),
            Ok((_, true)) | Err(_) => rewrite_and_decode(node),
        },
    }
}

/// The data of a tree as kyaml's `RNode.Map` decodes it: from the nodes themselves, not from what they are written as.
///
/// # Errors
/// As [`to_json`] with [`Schema::V3`].
pub fn decode_node(node: &Node) -> Result<Value, Error> {
    v3::Decoder::default().decode_root(node).map(|(value, _)| value)
}

/// kyaml writes a node and decodes what it wrote. That shows in the lines errors name, and in a few scalars.
fn rewrite_and_decode(node: &Node) -> Result<Value, Error> {
    let limits = Limits {
        max_bytes: usize::MAX,
        max_depth: MAX_WALK_DEPTH,
        ..Limits::default()
    };
    let text = emit_node(node, &EmitOptions::KYAML)?;
    match parse_document(text.as_bytes(), &limits)? {
        Some(node) => v3::Decoder::default().decode_root(&node).map(|(value, _)| value),
        None => Ok(Value::Null),
    }
}

/// The first document of a stream as data: `sigs.k8s.io/yaml`'s `YAMLToJSON`, or `YAMLToJSONStrict` when `strict`. An empty
/// stream is null.
///
/// # Errors
/// What the Go function returns; `strict` also refuses duplicate keys.
///
/// ```
/// use sluice_yaml::{Limits, read_value};
/// let value = read_value(b"y: 0777\n1: [on, 1e3]", false, &Limits::default()).unwrap();
/// assert_eq!(value, serde_json::json!({"true": 511, "1": [true, 1000.0]}));
/// ```
pub fn read_value(input: &[u8], strict: bool, limits: &Limits) -> Result<Value, Error> {
    read(input, strict, Wanted::All, limits)
}

/// As [`read_value`], but only what is wanted is kept; the rest is read and checked all the same. Documents with anchors,
/// tags, merges or keys that are no text come whole.
///
/// # Errors
/// As [`read_value`].
pub fn read_wanted(input: &[u8], wanted: Wanted, limits: &Limits) -> Result<Value, Error> {
    read(input, false, wanted, limits)
}

fn read(input: &[u8], strict: bool, wanted: Wanted, limits: &Limits) -> Result<Value, Error> {
    let source = open_source(input, limits)?;
    if source.fault.is_none()
        && let Some(kept) = skim::skim(&source.text, wanted, limits)
        && let Some(value) = direct::read(&reader::open(kept.as_bytes()), strict, wanted, limits)
    {
        return Ok(value);
    }
    if let Some(value) = direct::read(&source, strict, wanted, limits) {
        return Ok(value);
    }
    match Composer::new(&source, Schema::V2, *limits).next_document()? {
        Some(node) => v2::Decoder::new(strict).decode_root(&node),
        None => Ok(Value::Null),
    }
}

/// A tree of data: what kyaml's `FromMap` yields, keys in go-yaml's order and styles as v3 writes them.
pub fn from_json(value: &Value) -> Node {
    match value {
        Value::Null => Node::null(),
        Value::Bool(value) => Node::bool(*value),
        Value::Number(number) => from_number(number),
        Value::String(text) => from_text(text, false),
        Value::Array(items) if items.is_empty() => Node {
            style: Style::Flow,
            ..Node::seq(Vec::new())
        },
        Value::Array(items) => Node::seq(items.iter().map(from_json).collect()),
        Value::Object(entries) if entries.is_empty() => Node {
            style: Style::Flow,
            ..Node::map()
        },
        Value::Object(entries) => {
            let mut sorted: Vec<(&str, &Value)> =
                entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
            sort_keys(&mut sorted, Schema::V3);
            let mut node = Node::map();
            for (key, value) in sorted {
                node.content.push(from_text(key, true));
                node.content.push(from_json(value));
            }
            node
        }
    }
}

fn from_text(text: &str, is_key: bool) -> Node {
    let style = node_style(text, is_key);
    // A plain `<<` is a merge key once it is read again, even where it stands for a value.
    let tag = if style == Style::Plain && text == "<<" {
        Tag::Merge
    } else {
        Tag::Str
    };
    Node {
        style,
        tag,
        ..Node::scalar(text)
    }
}

fn from_number(number: &Number) -> Node {
    let text = match number.as_f64() {
        Some(value) if number.is_f64() => format_float(value, FloatPrecision::Double),
        _ => number.to_string(),
    };
    let tag = short_tag(&text, Schema::V3);
    Node {
        tag,
        ..Node::scalar(text)
    }
}

/// Problems that a decoder collects: go-yaml lists its own at the end, encoding/json sees only data without them.
#[derive(Default)]
struct Problems {
    decode: Vec<String>,
    json: Option<Error>,
}

impl Problems {
    fn note_json(&mut self, message: impl Into<String>) {
        self.json
            .get_or_insert_with(|| Error::new(ErrorKind::Json, message));
    }

    fn conclude<T>(self, found: T) -> Result<T, Error> {
        if !self.decode.is_empty() {
            return Err(Error::decode_problems(&self.decode));
        }
        self.json.map_or(Ok(found), Err)
    }

    /// A scalar as JSON has it.
    fn value_of(&mut self, data: Data<'_>) -> Value {
        match data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(value),
            Data::Int(value) => Value::from(value),
            Data::Uint(value) => Value::from(value),
            Data::Float(value) => match Number::from_f64(value) {
                Some(number) => Value::Number(number),
                None => {
                    let text = if value.is_nan() {
                        "NaN"
                    } else if value > 0.0 {
                        "+Inf"
                    } else {
                        "-Inf"
                    };
                    self.note_json(format!("json: unsupported value: {text}"));
                    Value::Null
                }
            },
            Data::Str(text) => Value::String(text.into_owned()),
            Data::Timestamp(found) => {
                if !found.fits_rfc3339() {
                    let reason = "timezone hour outside of range [0,23]";
                    self.note_json(format!(
                        "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: {reason}"
                    ));
                }
                Value::String(found.to_string())
            }
        }
    }
}

fn check_depth(depth: usize) -> Result<(), Error> {
    if depth > MAX_WALK_DEPTH {
        return Err(Error::new(
            ErrorKind::Limit,
            format!("exceeded max depth of {MAX_WALK_DEPTH}"),
        ));
    }
    Ok(())
}

fn wants_map() -> Error {
    Error::new(
        ErrorKind::Decode,
        "map merge requires map or sequence of maps as the value",
    )
}

/// The mappings a merge value names, in the order of the text.
fn merge_sources(value: &Node) -> Result<&[Node], Error> {
    let sources = if value.is_map() {
        std::slice::from_ref(value)
    } else {
        value.items()
    };
    let sound = !value.is_scalar() && sources.iter().all(Node::is_map);
    if sound { Ok(sources) } else { Err(wants_map()) }
}

/// Whether a node is a `<<` key; one without a tag is.
fn is_merge(key: &Node) -> bool {
    key.is_scalar() && matches!(key.tag, Tag::Merge | Tag::None) && key.value == "<<"
}

#[cfg(test)]
mod tests;

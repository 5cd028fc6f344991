//! Decoding as v2 does it into `map[interface{}]interface{}`, and as sigs.k8s.io/yaml turns that into JSON.

use super::go_syntax::syntax;
use super::{Problems, check_depth, is_merge, merge_sources};
use crate::Value;
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, Tag};
use crate::resolve::{Data, FloatPrecision, Schema, decode, format_float};
use serde_json::Map;
use std::collections::HashSet;

/// One pass over a tree that was read by v2.
pub(super) struct Decoder {
    strict: bool,
    problems: Problems,
}

/// A map being filled.
#[derive(Default)]
struct Target {
    map: Map<String, Value>,
    /// Type and text of the keys so far, for strict decoding: `1` and `"1"` are two keys to Go.
    seen: HashSet<(Tag, String)>,
}

impl Decoder {
    /// `strict` reports duplicate keys.
    pub(super) fn new(strict: bool) -> Self {
        Self {
            strict,
            problems: Problems::default(),
        }
    }

    pub(super) fn decode_root(mut self, node: &Node) -> Result<Value, Error> {
        let value = self.any(node, 0)?;
        self.problems.conclude(value)
    }

    fn any(&mut self, node: &Node, depth: usize) -> Result<Value, Error> {
        check_depth(depth)?;
        match node.kind {
            Kind::Scalar => {
                let data = decode(&node.value, &node.tag, Schema::V2)?;
                Ok(self.problems.value_of(data))
            }
            Kind::Sequence => {
                let items: Result<Vec<Value>, Error> = node
                    .content
                    .iter()
                    .map(|item| self.any(item, depth + 1))
                    .collect();
                items.map(Value::Array)
            }
            Kind::Mapping => {
                let mut target = Target::default();
                self.fill(node, &mut target, depth + 1)?;
                Ok(Value::Object(target.map))
            }
        }
    }

    /// Adds the pairs of a mapping. A merge takes place where `<<` stands: it overrides what was there before.
    fn fill(&mut self, node: &Node, target: &mut Target, depth: usize) -> Result<(), Error> {
        check_depth(depth)?;
        for (key, value) in node.pairs() {
            if is_merge(key) {
                // Earlier mappings of a list take precedence, so they go last.
                for source in merge_sources(value)?.iter().rev() {
                    self.fill(source, target, depth + 1)?;
                }
                continue;
            }
            let (name, kind) = self.key(key, value, depth)?;
            let found = self.any(value, depth)?;
            if self.strict && !target.seen.insert((kind, name.clone())) {
                self.note_duplicate(key, value);
                continue;
            }
            target.map.insert(name, found);
        }
        Ok(())
    }

    fn note_duplicate(&mut self, key: &Node, value: &Node) {
        let shown = syntax_or_nil(key);
        self.problems
            .decode
            .push(format!("line {}: key {shown} already set in map", value.line));
    }

    /// A key as a string, and its type. Go prints floats of keys with the precision of 32 bits.
    fn key(&mut self, key: &Node, value: &Node, depth: usize) -> Result<(String, Tag), Error> {
        if key.kind != Kind::Scalar {
            self.any(key, depth + 1)?;
            let message = format!("invalid map key: {}", syntax(key, Schema::V2));
            return Err(Error::new(ErrorKind::Decode, message));
        }
        Ok(match decode(&key.value, &key.tag, Schema::V2)? {
            Data::Str(text) => (text.into_owned(), Tag::Str),
            Data::Bool(value) => (value.to_string(), Tag::Bool),
            Data::Int(value) => (value.to_string(), Tag::Int),
            Data::Float(value) if value.is_nan() => (".nan".into(), Tag::Float),
            Data::Float(value) if value.abs() > f64::from(f32::MAX) => (infinity(value), Tag::Float),
            Data::Float(value) => (format_float(value, FloatPrecision::Single), Tag::Float),
            Data::Null => (self.unsupported_key("%!s(<nil>)", "<nil>", value), Tag::Null),
            Data::Uint(number) => (
                self.unsupported_key("uint64", &format!("0x{number:x}"), value),
                Tag::Int,
            ),
            Data::Timestamp(_) => (key.value.clone(), Tag::Str),
        })
    }

    fn unsupported_key(&mut self, kind: &str, key: &str, value: &Node) -> String {
        let value = syntax_or_nil(value);
        let message = format!("unsupported map key of type: {kind}, key: {key}, value: {value}");
        self.problems.note_json(message);
        key.into()
    }
}

/// A value on its own: nil has no type then.
fn syntax_or_nil(node: &Node) -> String {
    if node.is_scalar() && node.tag == Tag::Null {
        "<nil>".into()
    } else {
        syntax(node, Schema::V2)
    }
}

fn infinity(value: f64) -> String {
    if value > 0.0 {
        ".inf".into()
    } else {
        "-.inf".into()
    }
}

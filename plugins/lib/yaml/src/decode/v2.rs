//! Decoding as v2 does it into `map[interface{}]interface{}`, and as sigs.k8s.io/yaml turns that into JSON.

use super::go_syntax::{quote, syntax};
use super::{Problems, check_depth, is_merge, merge_sources};
use crate::Value;
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node};
use crate::resolve::{Data, FloatPrecision, Schema, decode, format_float};
use serde_json::Map;

/// One pass over a tree that was read by v2.
pub(super) struct Decoder {
    strict: bool,
    problems: Problems,
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
                let mut map = Map::with_capacity(node.content.len() / 2);
                self.fill(node, &mut map, depth + 1)?;
                Ok(Value::Object(map))
            }
        }
    }

    /// Adds the pairs of a mapping. A merge takes place where `<<` stands: it overrides what was there before.
    fn fill(&mut self, node: &Node, map: &mut Map<String, Value>, depth: usize) -> Result<(), Error> {
        check_depth(depth)?;
        for (key, value) in node.pairs() {
            if is_merge(key) {
                // Earlier mappings of a list take precedence, so they go last.
                for source in merge_sources(value)?.iter().rev() {
                    self.fill(source, map, depth + 1)?;
                }
                continue;
            }
            let name = self.key(key, value)?;
            let found = self.any(value, depth)?;
            if self.strict && map.contains_key(&name) {
                self.note_duplicate(key, value);
                continue;
            }
            map.insert(name, found);
        }
        Ok(())
    }

    fn note_duplicate(&mut self, key: &Node, value: &Node) {
        let shown = if key.tag == crate::node::Tag::Str {
            quote(&key.value)
        } else {
            syntax(key)
        };
        self.problems
            .decode
            .push(format!("line {}: key {shown} already set in map", value.line));
    }

    /// A key as a string. Go prints floats of keys with the precision of 32 bits.
    fn key(&mut self, key: &Node, value: &Node) -> Result<String, Error> {
        if key.kind != Kind::Scalar {
            let message = format!("invalid map key: {}", syntax(key));
            return Err(Error::new(ErrorKind::Decode, message));
        }
        Ok(match decode(&key.value, &key.tag, Schema::V2)? {
            Data::Str(text) => text.into_owned(),
            Data::Bool(value) => value.to_string(),
            Data::Int(value) => value.to_string(),
            Data::Float(value) if value.is_nan() => ".nan".into(),
            Data::Float(value) if value.abs() > f64::from(f32::MAX) => infinity(value),
            Data::Float(value) => format_float(value, FloatPrecision::Single),
            Data::Null => self.unsupported_key("%!s(<nil>)", "<nil>", value),
            Data::Uint(number) => self.unsupported_key("uint64", &format!("0x{number:x}"), value),
            Data::Timestamp(_) => key.value.clone(),
        })
    }

    fn unsupported_key(&mut self, kind: &str, key: &str, value: &Node) -> String {
        let value = if value.is_null() {
            "<nil>".into()
        } else {
            syntax(value)
        };
        self.problems.note_json(format!(
            "unsupported map key of type: {kind}, key: {key}, value: {value}"
        ));
        String::new()
    }
}

fn infinity(value: f64) -> String {
    if value > 0.0 {
        ".inf".into()
    } else {
        "-.inf".into()
    }
}

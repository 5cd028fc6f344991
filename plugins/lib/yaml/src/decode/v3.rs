//! Decoding as v3 does it into `map[string]interface{}`.

use super::unique::note_duplicates;
use super::{Problems, check_depth, is_merge, merge_sources};
use crate::Value;
use crate::error::Error;
use crate::node::{Kind, Node, Tag};
use crate::resolve::{Data, Schema, decode};
use serde_json::Map;

/// One pass over a tree.
#[derive(Default)]
pub(super) struct Decoder {
    problems: Problems,
}

impl Decoder {
    pub(super) fn decode_root(mut self, node: &Node) -> Result<Value, Error> {
        let value = match node.kind {
            Kind::Mapping => self.map(node, 1)?.map_or(Value::Null, Value::Object),
            _ => self.any(node, 0)?.unwrap_or_default(),
        };
        self.problems.conclude(value)
    }

    /// The value of a node; nothing when a problem was noted.
    fn any(&mut self, node: &Node, depth: usize) -> Result<Option<Value>, Error> {
        check_depth(depth)?;
        match node.kind {
            Kind::Scalar => {
                let data = scalar(node)?;
                Ok(Some(self.problems.value_of(data)))
            }
            Kind::Sequence => {
                let mut items = Vec::with_capacity(node.content.len());
                for item in &node.content {
                    items.extend(self.any(item, depth + 1)?);
                }
                Ok(Some(Value::Array(items)))
            }
            Kind::Mapping => {
                if !node
                    .pairs()
                    .all(|(key, _)| matches!(key.short_tag(), Tag::Str | Tag::Merge))
                {
                    self.problems
                        .note_json("json: unsupported type: map[interface {}]interface {}");
                }
                Ok(self.map(node, depth + 1)?.map(Value::Object))
            }
        }
    }

    fn map(&mut self, node: &Node, depth: usize) -> Result<Option<Map<String, Value>>, Error> {
        let mut map = Map::with_capacity(node.content.len() / 2);
        Ok(self.fill(node, &mut map, depth)?.then_some(map))
    }

    /// Adds the pairs of a mapping that are not there yet, merged ones last. False when a problem was noted.
    fn fill(&mut self, node: &Node, map: &mut Map<String, Value>, depth: usize) -> Result<bool, Error> {
        check_depth(depth)?;
        if note_duplicates(node, &mut self.problems.decode) {
            return Ok(false);
        }
        let mut merged = None;
        for (key, value) in node.pairs() {
            if is_merge(key) {
                merged = Some(value);
                continue;
            }
            let Some(key) = self.key(key)? else { continue };
            if map.contains_key(&key) {
                continue;
            }
            if let Some(value) = self.any(value, depth)? {
                map.insert(key, value);
            }
        }
        if let Some(value) = merged {
            for source in merge_sources(value)? {
                self.fill(source, map, depth + 1)?;
            }
        }
        Ok(true)
    }

    /// The key of an entry; null keys are dropped.
    fn key(&mut self, key: &Node) -> Result<Option<String>, Error> {
        match key.kind {
            Kind::Scalar => Ok(match scalar(key)? {
                Data::Null => None,
                Data::Str(text) => Some(text.into_owned()),
                _ => Some(key.value.clone()),
            }),
            Kind::Sequence | Kind::Mapping => {
                let tag = key.short_tag();
                let message = format!("line {}: cannot unmarshal {} into string", key.line, tag.as_str());
                self.problems.decode.push(message);
                Ok(None)
            }
        }
    }
}

fn scalar(node: &Node) -> Result<Data<'_>, Error> {
    decode(&node.value, &node.short_tag(), Schema::V3)
}

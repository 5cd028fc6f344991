//! Decoding as v3 does it into `map[string]interface{}`.

use super::go_syntax::syntax;
use super::unique::note_duplicates;
use super::{Problems, check_depth, is_merge, merge_sources};
use crate::Value;
use crate::error::{Error, ErrorKind};
use crate::node::{Kind, Node, Style, Tag};
use crate::resolve::{Data, Schema, decode};
use serde_json::Map;

/// One pass over a tree.
#[derive(Default)]
pub(super) struct Decoder {
    problems: Problems,
    /// Nesting of flow collections.
    flow_level: usize,
    /// Scalars were met that the encoder may not write so that they read the same.
    fragile: bool,
}

impl Decoder {
    /// The data, and whether writing and reading the tree may change it.
    pub(super) fn decode_root(mut self, node: &Node) -> Result<(Value, bool), Error> {
        let value = match node.kind {
            Kind::Mapping => {
                self.flow_level = usize::from(node.style == Style::Flow);
                self.map(node, Keys::Strings, 1)?
                    .map_or(Value::Null, Value::Object)
            }
            _ => self.any(node, 0)?.unwrap_or_default(),
        };
        let fragile = self.fragile;
        Ok((self.problems.conclude(value)?, fragile))
    }

    /// The value of a node; nothing when a problem was noted.
    fn any(&mut self, node: &Node, depth: usize) -> Result<Option<Value>, Error> {
        check_depth(depth)?;
        if node.kind == Kind::Scalar {
            self.fragile |= is_fragile(node, self.flow_level > 0);
            let data = scalar(node)?;
            return Ok(Some(self.problems.value_of(data)));
        }
        let level = usize::from(node.style == Style::Flow);
        self.flow_level += level;
        let found = self.collection(node, depth + 1)?;
        self.flow_level -= level;
        Ok(found)
    }

    fn collection(&mut self, node: &Node, depth: usize) -> Result<Option<Value>, Error> {
        if node.is_map() {
            let keys = if has_string_keys(node) {
                Keys::Strings
            } else {
                Keys::Any
            };
            if keys == Keys::Any {
                self.problems
                    .note_json("json: unsupported type: map[interface {}]interface {}");
            }
            return Ok(self.map(node, keys, depth)?.map(Value::Object));
        }
        let mut items = Vec::with_capacity(node.content.len());
        for item in &node.content {
            items.extend(self.any(item, depth)?);
        }
        Ok(Some(Value::Array(items)))
    }

    fn map(&mut self, node: &Node, keys: Keys, depth: usize) -> Result<Option<Map<String, Value>>, Error> {
        let mut map = Map::with_capacity(node.content.len() / 2);
        Ok(self.fill(node, &mut map, keys, depth)?.then_some(map))
    }

    /// Adds the pairs of a mapping that are not there yet, merged ones last. False when a problem was noted.
    fn fill(
        &mut self,
        node: &Node,
        map: &mut Map<String, Value>,
        keys: Keys,
        depth: usize,
    ) -> Result<bool, Error> {
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
            let Some(key) = self.key(key, keys, depth)? else {
                continue;
            };
            if map.contains_key(&key) {
                continue;
            }
            if let Some(value) = self.any(value, depth)? {
                map.insert(key, value);
            }
        }
        if let Some(value) = merged {
            for source in merge_sources(value)? {
                self.fill(source, map, keys, depth + 1)?;
            }
        }
        Ok(true)
    }

    /// The key of an entry; null is none among strings.
    fn key(&mut self, key: &Node, keys: Keys, depth: usize) -> Result<Option<String>, Error> {
        match (key.kind, keys) {
            (Kind::Scalar, _) => {
                self.fragile |= is_fragile(key, true);
                Ok(match scalar(key)? {
                    Data::Null if keys == Keys::Strings => None,
                    Data::Str(text) => Some(text.into_owned()),
                    _ => Some(key.value.clone()),
                })
            }
            (_, Keys::Strings) => {
                if !note_duplicates(key, &mut self.problems.decode) {
                    self.note_collection_key(key);
                }
                Ok(None)
            }
            (_, Keys::Any) => match self.any(key, depth + 1)? {
                Some(_) => Err(Error::new(
                    ErrorKind::Decode,
                    format!("invalid map key: {}", syntax(key, Schema::V3)),
                )),
                None => Ok(None),
            },
        }
    }
}

impl Decoder {
    fn note_collection_key(&mut self, key: &Node) {
        let tag = key.short_tag();
        let value = if matches!(tag, Tag::Map | Tag::Seq) {
            ""
        } else {
            " ``"
        };
        let message = format!(
            "line {}: cannot unmarshal {}{value} into string",
            key.line,
            tag.as_str()
        );
        self.problems.decode.push(message);
    }
}

/// What a map in Go takes as keys.
#[derive(Clone, Copy, PartialEq)]
enum Keys {
    Strings,
    Any,
}

/// Whether a mapping becomes a `map[string]interface{}`.
pub(super) fn has_string_keys(node: &Node) -> bool {
    node.pairs()
        .all(|(key, _)| matches!(key.short_tag(), Tag::Str | Tag::Merge))
}

/// Whether the encoder may write a scalar so that it reads differently. An empty null on one line with other things becomes
/// an empty string; blanks at the start of a block scalar and line separators can break its indentation; `>` folds; a plain
/// `<<` becomes a merge.
fn is_fragile(node: &Node, inline: bool) -> bool {
    let text = node.value.as_str();
    match text.as_bytes().first() {
        None => inline && !node.is_quoted(),
        Some(b' ' | b'\t' | b'\n') if node.style == Style::Literal || text.contains('\n') => true,
        Some(b'<') if text == "<<" => !node.is_quoted() && node.tag != Tag::Merge,
        // A colon keeps a scalar from being plain inside of brackets: a time becomes a text there.
        Some(_) if inline && !node.is_quoted() && text.contains(':') => true,
        Some(_) => {
            node.style == Style::Folded || (!text.is_ascii() && text.contains(['\u{2028}', '\u{2029}']))
        }
    }
}

fn scalar(node: &Node) -> Result<Data<'_>, Error> {
    decode(&node.value, &node.short_tag(), Schema::V3)
}

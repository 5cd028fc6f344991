//! Reading and changing mappings and scalars of a tree.

use super::{Kind, Node, Style, Tag};
use crate::resolve::{Schema, short_tag};

impl Node {
    /// True for mappings.
    pub fn is_map(&self) -> bool {
        self.kind == Kind::Mapping
    }

    /// True for sequences.
    pub fn is_seq(&self) -> bool {
        self.kind == Kind::Sequence
    }

    /// True for scalars.
    pub fn is_scalar(&self) -> bool {
        self.kind == Kind::Scalar
    }

    /// The tag that counts: the one set, or else what go-yaml v3 makes of kind, style and text (`Node.ShortTag`).
    pub fn short_tag(&self) -> Tag {
        match (&self.tag, self.kind) {
            (Tag::None, Kind::Mapping) => Tag::Map,
            (Tag::None, Kind::Sequence) => Tag::Seq,
            (Tag::None, Kind::Scalar) if self.is_quoted() => Tag::Str,
            (Tag::None, Kind::Scalar) => short_tag(&self.value, Schema::V3),
            (tag, _) => tag.clone(),
        }
    }

    /// True when the style is one of the quoted or block scalar styles.
    pub fn is_quoted(&self) -> bool {
        matches!(
            self.style,
            Style::SingleQuoted | Style::DoubleQuoted | Style::Literal | Style::Folded
        )
    }

    /// True for a null scalar.
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Scalar && self.short_tag() == Tag::Null
    }

    /// The text of a scalar of any type but null.
    pub fn as_str(&self) -> Option<&str> {
        (self.kind == Kind::Scalar && !self.is_null()).then_some(self.value.as_str())
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        if self.kind != Kind::Scalar || self.short_tag() != Tag::Bool {
            return None;
        }
        Some(
            self.value.starts_with(['t', 'T', 'y', 'Y']) || matches!(self.value.as_str(), "on" | "On" | "ON"),
        )
    }

    /// The value of an integer that fits 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        use crate::resolve::Scalar;
        match crate::resolve::resolve(&self.value, Schema::V3) {
            Scalar::Int(value) if self.kind == Kind::Scalar && !self.is_quoted() => Some(value),
            _ => None,
        }
    }

    /// Position of the key in `content`; the first one when a key is there twice.
    fn key_index(&self, key: &str) -> Option<usize> {
        if self.kind != Kind::Mapping {
            return None;
        }
        self.content
            .chunks_exact(2)
            .position(|pair| pair[0].kind == Kind::Scalar && pair[0].value == key)
            .map(|pair| pair * 2)
    }

    /// The value of a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.key_index(key).and_then(|at| self.content.get(at + 1))
    }

    /// The value of a key of a mapping, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.key_index(key).and_then(|at| self.content.get_mut(at + 1))
    }

    /// The value at a path of keys.
    pub fn get_path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Replaces the value of a key or appends the pair; returns the former value. Does nothing on other kinds.
    pub fn set(&mut self, key: &str, value: Node) -> Option<Node> {
        if self.kind != Kind::Mapping {
            return None;
        }
        match self.key_index(key) {
            Some(at) => Some(std::mem::replace(&mut self.content[at + 1], value)),
            None => {
                self.content.push(Node::string(key));
                self.content.push(value);
                None
            }
        }
    }

    /// Removes a key with its value and returns the value.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let at = self.key_index(key)?;
        let value = self.content.remove(at + 1);
        self.content.remove(at);
        Some(value)
    }

    /// The pairs of a mapping in order; nothing for other kinds.
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = (&Node, &Node)> {
        let content: &[Node] = if self.kind == Kind::Mapping {
            &self.content
        } else {
            &[]
        };
        content.chunks_exact(2).map(|pair| (&pair[0], &pair[1]))
    }

    /// The pairs of a mapping in order, with values to change; nothing for other kinds.
    pub fn pairs_mut(&mut self) -> impl DoubleEndedIterator<Item = (&Node, &mut Node)> {
        let content: &mut [Node] = if self.kind == Kind::Mapping {
            &mut self.content
        } else {
            &mut []
        };
        content.chunks_exact_mut(2).map(|pair| {
            let (key, value) = pair.split_at_mut(1);
            (&key[0], &mut value[0])
        })
    }

    /// The items of a sequence; nothing for other kinds.
    pub fn items(&self) -> &[Node] {
        if self.kind == Kind::Sequence {
            &self.content
        } else {
            &[]
        }
    }

    /// Number of pairs of a mapping or items of a sequence.
    pub fn len(&self) -> usize {
        match self.kind {
            Kind::Mapping => self.content.len() / 2,
            Kind::Sequence => self.content.len(),
            Kind::Scalar => 0,
        }
    }

    /// True when a collection holds nothing, or a scalar has no text.
    pub fn is_empty(&self) -> bool {
        self.content.is_empty() && self.value.is_empty()
    }

    /// Nesting of collections below this node, this one included; 0 for a scalar.
    pub fn depth(&self) -> usize {
        let mut deepest = 0;
        let mut open = vec![(self, 1usize)];
        while let Some((node, level)) = open.pop() {
            if node.kind != Kind::Scalar {
                deepest = deepest.max(level);
                open.extend(node.content.iter().map(|child| (child, level + 1)));
            }
        }
        deepest
    }
}

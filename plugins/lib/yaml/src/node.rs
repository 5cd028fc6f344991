//! The document tree: kinds, tags, styles and the ways to read and change it.

mod access;
mod compare;
mod merge;

pub use merge::expand_merges;

/// What a node is. Aliases are expanded when a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `content` holds key, value, key, value...
    Mapping,
    /// `content` holds the items.
    Sequence,
    /// `value` holds the text.
    Scalar,
}

/// How a node was or shall be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// A scalar without quotes; the emitter quotes when the text needs it.
    #[default]
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// A collection in braces or brackets.
    Flow,
    /// A collection by indentation.
    Block,
}

/// The short tag of a node.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Tag {
    /// None yet: the text decides when the node is written or converted.
    #[default]
    None,
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!timestamp`
    Timestamp,
    /// `!!binary`
    Binary,
    /// `!!merge`: the key `<<`.
    Merge,
    /// `!!map`
    Map,
    /// `!!seq`
    Seq,
    /// Any other tag in its short form (`!local`, `!!set`, `tag:example.com,2000:x`).
    Custom(Box<str>),
}

impl Tag {
    /// The short form as text; empty for [`Tag::None`].
    pub fn as_str(&self) -> &str {
        match self {
            Tag::None => "",
            Tag::Str => "!!str",
            Tag::Int => "!!int",
            Tag::Float => "!!float",
            Tag::Bool => "!!bool",
            Tag::Null => "!!null",
            Tag::Timestamp => "!!timestamp",
            Tag::Binary => "!!binary",
            Tag::Merge => "!!merge",
            Tag::Map => "!!map",
            Tag::Seq => "!!seq",
            Tag::Custom(text) => text,
        }
    }

    /// Reads a short (`!!int`) or long (`tag:yaml.org,2002:int`) tag.
    pub fn from_text(text: &str) -> Self {
        let short = match text.strip_prefix("tag:yaml.org,2002:") {
            Some(rest) => rest,
            None => match text.strip_prefix("!!") {
                Some(rest) => rest,
                None if text.is_empty() => return Tag::None,
                None => return Tag::Custom(text.into()),
            },
        };
        match short {
            "str" => Tag::Str,
            "int" => Tag::Int,
            "float" => Tag::Float,
            "bool" => Tag::Bool,
            "null" => Tag::Null,
            "timestamp" => Tag::Timestamp,
            "binary" => Tag::Binary,
            "merge" => Tag::Merge,
            "map" => Tag::Map,
            "seq" => Tag::Seq,
            other => Tag::Custom(format!("!!{other}").into()),
        }
    }
}

/// One node of a document. Comments and anchors are kept beside it, and only in an [`Annotated`](crate::Annotated) one.
#[derive(Debug, Clone)]
pub struct Node {
    /// Mapping, sequence or scalar.
    pub kind: Kind,
    /// The resolved short tag.
    pub tag: Tag,
    /// The tag was written in the text and is written again.
    pub tagged: bool,
    /// How it was or shall be written.
    pub style: Style,
    /// The text of a scalar, unescaped and unfolded.
    pub value: String,
    /// Items of a sequence, or key, value, key, value... of a mapping.
    pub content: Vec<Node>,
    /// Line of the first character, from 1; 0 for nodes made in code.
    pub line: u32,
    /// Column of the first character in characters, from 1; 0 for nodes made in code.
    pub column: u32,
    /// Number of its notes in the [`Annotated`](crate::Annotated) document it was read in; 0 when it has none.
    pub(crate) notes: u32,
}

impl Node {
    fn new(kind: Kind, tag: Tag, style: Style, value: String, content: Vec<Node>) -> Self {
        Self {
            kind,
            tag,
            tagged: false,
            style,
            value,
            content,
            line: 0,
            column: 0,
            notes: 0,
        }
    }

    /// A scalar without a tag: the text decides its type (kyaml's `NewScalarRNode`).
    pub fn scalar(value: impl Into<String>) -> Self {
        Self::new(Kind::Scalar, Tag::None, Style::Plain, value.into(), Vec::new())
    }

    /// A string; quoted on the way out when its text would read as something else.
    pub fn string(value: impl Into<String>) -> Self {
        Self::new(Kind::Scalar, Tag::Str, Style::Plain, value.into(), Vec::new())
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Self::new(
            Kind::Scalar,
            Tag::Int,
            Style::Plain,
            value.to_string(),
            Vec::new(),
        )
    }

    /// A boolean.
    pub fn bool(value: bool) -> Self {
        Self::new(
            Kind::Scalar,
            Tag::Bool,
            Style::Plain,
            value.to_string(),
            Vec::new(),
        )
    }

    /// `null`.
    pub fn null() -> Self {
        Self::new(Kind::Scalar, Tag::Null, Style::Plain, "null".into(), Vec::new())
    }

    /// An empty block mapping.
    pub fn map() -> Self {
        Self::new(Kind::Mapping, Tag::Map, Style::Block, String::new(), Vec::new())
    }

    /// A block mapping of string keys, in the given order.
    pub fn map_of<K: Into<String>>(pairs: impl IntoIterator<Item = (K, Node)>) -> Self {
        let mut node = Self::map();
        for (key, value) in pairs {
            node.content.push(Node::string(key));
            node.content.push(value);
        }
        node
    }

    /// A block sequence.
    pub fn seq(items: Vec<Node>) -> Self {
        Self::new(Kind::Sequence, Tag::Seq, Style::Block, String::new(), items)
    }
}

#[cfg(test)]
mod tests;

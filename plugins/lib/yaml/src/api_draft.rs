//! The entry points, published ahead of the mechanism behind them.

use crate::{Error, ErrorKind, Limits, Node, Schema, Value};

fn pending() -> Error {
    Error::new(
        ErrorKind::Limit,
        "this entry point is published ahead of its mechanism",
    )
}

/// All documents of a stream, read by the rules of v3; aliases expanded.
///
/// # Errors
/// The first failure in the stream, in go-yaml's words.
pub fn parse_documents(_input: &[u8], _limits: &Limits) -> Result<Vec<Node>, Error> {
    Err(pending())
}

/// The first document only (one `Decode` call); `None` when the stream holds none.
///
/// # Errors
/// A failure in or directly after the first document.
pub fn parse_document(_input: &[u8], _limits: &Limits) -> Result<Option<Node>, Error> {
    Err(pending())
}

/// go-yaml's `mapping key "a" already defined at line 2`, for the whole tree.
///
/// # Errors
/// All duplicates, listed.
pub fn check_unique_keys(_node: &Node) -> Result<(), Error> {
    Err(pending())
}

/// The data of a tree. `Schema::V3`: what kyaml's `RNode.MarshalJSON` yields (duplicate keys are errors, timestamps become
/// RFC 3339 strings). `Schema::V2`: what `sigs.k8s.io/yaml` yields (bools of YAML 1.1, last duplicate wins).
///
/// # Errors
/// Values JSON cannot hold (`.inf`, map keys that are no strings), duplicate keys, broken merges.
pub fn to_json(_node: &Node, _schema: Schema) -> Result<Value, Error> {
    Err(pending())
}

/// A tree of data, keys in go-yaml's order, styles as the emitter would choose them (kyaml's `FromMap`).
pub fn from_json(_value: &Value) -> Node {
    Node::null()
}

/// `sigs.k8s.io/yaml`'s `YAMLToJSON` (`strict`: `YAMLToJSONStrict`): the first document as data.
///
/// # Errors
/// What the Go function returns.
pub fn read_value(_input: &[u8], _strict: bool, _limits: &Limits) -> Result<Value, Error> {
    Err(pending())
}

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmitOptions {
    /// Spaces of a level (2 to 9; go-yaml's default is 4, kyaml's is 2).
    pub indent: u8,
    /// `- ` counts as indentation: sequences are not indented below their key.
    pub compact_sequences: bool,
    /// Columns after which plain, quoted and folded text is wrapped; `None` never wraps (v3).
    pub width: Option<usize>,
}

impl EmitOptions {
    /// kyaml's encoder: indent 2, compact sequences, no wrapping.
    pub const KYAML: Self = Self {
        indent: 2,
        compact_sequences: true,
        width: None,
    };
}

/// One document as the v3 encoder writes a node, with the final line break.
///
/// # Errors
/// Tags or text that cannot be written.
pub fn emit_node(_node: &Node, _options: &EmitOptions) -> Result<String, Error> {
    Err(pending())
}

/// Whose `Marshal` to follow for data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `sigs.k8s.io/yaml.Marshal`: JSON first, then v2 (helm's `toYaml`, kustomize's output).
    Sigs,
    /// `go.yaml.in/yaml/v3.Marshal` with an indent (helm's `toYamlPretty`, kyaml's `Marshal`).
    V3(EmitOptions),
}

/// One document of data, keys in go-yaml's natural order, with the final line break.
///
/// # Errors
/// Data the Go function refuses (control characters JSON leaves unescaped, too long keys).
pub fn emit_value(_value: &Value, _flavour: Flavour) -> Result<String, Error> {
    Err(pending())
}

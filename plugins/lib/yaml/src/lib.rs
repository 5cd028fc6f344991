//! YAML as go-yaml reads and writes it.
//!
//! Two dialects live side by side: [`Schema::V3`] is `go.yaml.in/yaml/v3` (what kyaml uses for its nodes), [`Schema::V2`]
//! is `go.yaml.in/yaml/v2` below `sigs.k8s.io/yaml` (what helm and kubectl use for values, and what kustomize prints).
//! [`Node`] is the tree with tags, styles and lines; [`Value`] is plain JSON data.
//!
//! ```
//! use sluice_yaml::{Flavour, Limits, Schema, emit_value, parse_documents, to_json};
//! let documents = parse_documents(b"a: &x [1, 2]\nb: *x\n---\nc: 0777\n", &Limits::default()).unwrap();
//! assert_eq!(documents.len(), 2);
//! let value = to_json(&documents[0], Schema::V3).unwrap();
//! assert_eq!(emit_value(&value, Flavour::Sigs).unwrap(), "a:\n- 1\n- 2\nb:\n- 1\n- 2\n");
//! ```

mod annotated;
mod comment;
mod compose;
mod decode;
mod document;
mod emitter;
mod error;
mod json;
mod limits;
mod node;
mod parser;
mod parts;
mod reader;
mod resolve;
mod scanner;

pub use annotated::Annotated;
pub use comment::{Comment, Commented, parse_commented};
pub use decode::{Wanted, check_unique_keys, decode_node, from_json, read_value, read_wanted, to_json};
pub use document::{parse_document, parse_documents, parse_node};
pub use emitter::{EmitOptions, Flavour, Marshal, Shape, emit_node, emit_value};
pub use error::{Error, ErrorKind};
pub use json::{JsonOptions, is_changed_by_json, write_json};
pub use limits::Limits;
pub use node::{Kind, Node, Style, Tag, expand_merges};
pub use parts::read_parts;
pub use resolve::{FloatPrecision, Scalar, Schema, format_float, format_json_float, resolve};

/// Plain data: what JSON can say. Objects keep the order in which they were read or built.
pub type Value = serde_json::Value;

//! YAML as go-yaml reads and writes it.
//!
//! Two dialects live side by side: [`Schema::V3`] is `go.yaml.in/yaml/v3` (what kyaml uses for its nodes), [`Schema::V2`]
//! is `go.yaml.in/yaml/v2` below `sigs.k8s.io/yaml` (what helm and kubectl use for values, and what kustomize prints).
//! [`Node`] is the tree with tags, styles and lines; [`Value`] is plain JSON data.

mod error;
mod limits;
mod node;
mod resolve;

pub use error::{Error, ErrorKind};
pub use limits::Limits;
pub use node::{Kind, Node, Style, Tag, expand_merges};
pub use resolve::{Scalar, Schema};

/// Plain data: what JSON can say. Objects keep the order in which they were read or built.
pub type Value = serde_json::Value;
mod api_draft;
pub use api_draft::*;

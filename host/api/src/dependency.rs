//! Dependencies between objects of one kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names an object of the same kind that must be ready first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyReference {
    /// Name of the object.
    pub name: String,
    /// Namespace of the object; the referring object's own when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// CEL expression over `self` and `dep` that replaces the built-in test of readiness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_expr: Option<String>,
}

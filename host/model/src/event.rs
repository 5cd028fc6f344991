//! Events as Flux's notification API carries them (`event.toolkit.fluxcd.io/v1beta1`).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Longest message of an event, in bytes.
pub const MAX_MESSAGE: usize = 39_000;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A Kubernetes event only, never posted.
    Trace,
    /// All is well.
    Info,
    /// Something failed.
    Error,
}

/// A Kubernetes ObjectReference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// For example `GitRepository`.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `metadata.uid`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// For example `source.toolkit.fluxcd.io/v1`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// `metadata.resourceVersion`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource_version: String,
}

/// Something that happened to an object. The JSON form is Flux's, field for field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What it is about.
    pub involved_object: ObjectReference,
    /// How much it matters.
    pub severity: Severity,
    /// RFC 3339, in UTC.
    pub timestamp: String,
    /// At most [`MAX_MESSAGE`] bytes.
    pub message: String,
    /// For example `ReconciliationSucceeded`.
    pub reason: String,
    /// Keys prefixed with the object's API group.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metadata: IndexMap<String, String>,
    /// For example `kustomize-controller`.
    pub reporting_controller: String,
    /// The host's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reporting_instance: String,
}

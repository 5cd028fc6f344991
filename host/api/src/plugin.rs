//! Plugin: a WebAssembly component that Sluice may run, with its limits and grants.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::Condition;
use crate::duration::{GoDuration, INTERVAL_PATTERN, TIMEOUT_PATTERN};
use crate::quantity::ByteQuantity;
use crate::reference::NamespacedObjectReference;
use crate::schema::rule;

/// Which component to run, and what it may do.
#[derive(CustomResource, Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "sluice.dev",
    version = "v1alpha1",
    kind = "Plugin",
    plural = "plugins",
    schema = "disabled",
    status = "PluginStatus",
    derive = "PartialEq",
    category = "sluice",
    annotation("kustomize.toolkit.fluxcd.io/substitute", "disabled"),
    printcolumn(name = "Types", type_ = "string", json_path = ".status.types"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".status.digest", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Status",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    )
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-validations" = [rule(
    "exactly one of spec.oci and spec.builtin must be set",
    "has(self.oci) != has(self.builtin)",
)]))]
pub struct PluginSpec {
    /// Namespaces whose objects may use the plugin; all when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_namespaces: Vec<String>,
    /// Name of a component that is built into Sluice.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub builtin: Option<String>,
    /// What the component may do beyond computing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<PluginGrants>,
    /// How often to look whether a tag or version range leads to another digest; 10m when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: Option<GoDuration>,
    /// Bounds of one call; the operator's defaults and ceilings hold for what is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<PluginLimits>,
    /// Registry to pull the component from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oci: Option<PluginOci>,
    /// Whether to leave the object alone; the component that is loaded stays in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// A component in an OCI registry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rule(
    "exactly one of tag, semver and digest must be set",
    "(has(self.tag) ? 1 : 0) + (has(self.semver) ? 1 : 0) + (has(self.digest) ? 1 : 0) == 1",
)]))]
pub struct PluginOci {
    /// Digest of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    /// Whether to speak plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Secret of type kubernetes.io/dockerconfigjson; in Sluice's own namespace when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<NamespacedObjectReference>,
    /// Range of semantic versions; the highest tag in it is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub semver: Option<String>,
    /// Tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub tag: Option<String>,
    /// Repository, as `oci://<host>/<path>`.
    #[schemars(length(max = 2048), regex(pattern = "^oci://.*$"))]
    pub url: String,
}

/// Bounds of one call of a plugin.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginLimits {
    /// Bytes of log; the rest is dropped and counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<ByteQuantity>,
    /// Bytes of memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<ByteQuantity>,
    /// Bytes of output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ByteQuantity>,
    /// Time on the wall clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = TIMEOUT_PATTERN))]
    pub wall_time: Option<GoDuration>,
}

/// What a plugin may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PluginGrants {
    /// Interfaces of `sluice:plugin` that it may import, for example `http`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "set", "maxItems" = 32), inner(length(min = 1, max = 64)))]
    pub interfaces: Vec<String>,
}

/// What is known of a Plugin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PluginStatus {
    /// State of the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Digest of the component that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Value of the last request that was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Generation that was reconciled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Tag or version that led to the digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_tag: Option<String>,
    /// JSON schema of the config that the component takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::any")]
    pub schema: Option<Value>,
    /// Type names that it serves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Version that the component tells of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Worlds that it implements, for example `notifier-plugin`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub worlds: Vec<String>,
}

//! ImagePolicy: which tag of an image is the latest.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::duration::{GoDuration, INTERVAL_PATTERN};
use crate::reference::NamespacedObjectReference;
use crate::schema::rule;

/// Which tags count, and how they are ordered.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "image.toolkit.fluxcd.io",
    version = "v1",
    kind = "ImagePolicy",
    plural = "imagepolicies",
    namespaced,
    schema = "disabled",
    status = "ImagePolicyStatus",
    derive = "PartialEq",
    shortname = "imgpol",
    shortname = "imagepol",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-images",
    printcolumn(name = "Image", type_ = "string", json_path = ".status.latestRef.name"),
    printcolumn(name = "Tag", type_ = "string", json_path = ".status.latestRef.tag"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].status"#
    ),
    printcolumn(
        name = "Status",
        type_ = "string",
        json_path = r#".status.conditions[?(@.type=="Ready")].message"#
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule(
        "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
        "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
    ),
    rule(
        "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
        "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
    ),
]))]
pub struct ImagePolicySpec {
    /// Whether the digest of the latest tag is told.
    #[serde(default = "DigestReflectionPolicy::never")]
    pub digest_reflection_policy: DigestReflectionPolicy,
    /// Which tags count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_tags: Option<TagFilter>,
    /// The ImageRepository that scans the tags.
    pub image_repository_ref: NamespacedObjectReference,
    /// How often to look up the digest, where it is always looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: Option<GoDuration>,
    /// How tags are ordered; one of the choices.
    pub policy: ImagePolicyChoice,
    /// Whether to leave the object alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

open_enum! {
    /// Whether the digest of the latest tag is looked up.
    DigestReflectionPolicy {
        /// At each interval.
        Always = "Always",
        /// Once for each tag.
        IfNotPresent = "IfNotPresent",
        /// Not at all.
        Never = "Never",
    }
}

impl DigestReflectionPolicy {
    fn never() -> Self {
        Self::Never
    }
}

/// Which tags count.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TagFilter {
    /// What of a match is ordered, with groups of the expression as `$name`; the whole tag when not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extract: Option<String>,
    /// Regular expression that tags must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// How tags are ordered; exactly one field is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImagePolicyChoice {
    /// By letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabetical: Option<OrderPolicy>,
    /// By number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerical: Option<OrderPolicy>,
    /// By semantic version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub semver: Option<SemverPolicy>,
}

open_enum! {
    /// Direction of an order; the last tag in it is the latest.
    TagOrder {
        /// Ascending.
        Ascending = "asc",
        /// Descending.
        Descending = "desc",
    }
}

/// Orders tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPolicy {
    /// Direction.
    #[serde(default = "ascending")]
    pub order: TagOrder,
}

fn ascending() -> TagOrder {
    TagOrder::Ascending
}

/// Takes the highest semantic version in a range.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SemverPolicy {
    /// The range.
    pub range: String,
}

/// An image with tag and digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImageRef {
    /// Digest, where it is looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Name of the image.
    pub name: String,
    /// Tag.
    pub tag: String,
}

/// What is known of an ImagePolicy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ImagePolicyStatus {
    /// State of the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last request that was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The latest image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_ref: Option<ImageRef>,
    /// Generation that was reconciled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The latest image before the latest one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_previous_ref: Option<ImageRef>,
}

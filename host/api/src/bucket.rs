//! Bucket: files in an object store as a source.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Artifact;
use crate::condition::Condition;
use crate::duration::{GoDuration, INTERVAL_PATTERN, TIMEOUT_PATTERN};
use crate::reference::LocalObjectReference;
use crate::schema::rule;

/// Which bucket to watch, and what of it to publish.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "source.toolkit.fluxcd.io",
    version = "v1",
    kind = "Bucket",
    plural = "buckets",
    namespaced,
    schema = "disabled",
    status = "BucketStatus",
    derive = "PartialEq",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-sources",
    annotation("kustomize.toolkit.fluxcd.io/substitute", "disabled"),
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".spec.endpoint"),
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
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule(
        "STS configuration is only supported for the 'aws' and 'generic' Bucket providers",
        "self.provider == 'aws' || self.provider == 'generic' || !has(self.sts)",
    ),
    rule(
        "'aws' is the only supported STS provider for the 'aws' Bucket provider",
        "self.provider != 'aws' || !has(self.sts) || self.sts.provider == 'aws'",
    ),
    rule(
        "'ldap' is the only supported STS provider for the 'generic' Bucket provider",
        "self.provider != 'generic' || !has(self.sts) || self.sts.provider == 'ldap'",
    ),
    rule(
        "spec.sts.secretRef is not required for the 'aws' STS provider",
        "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.secretRef)",
    ),
    rule(
        "spec.sts.certSecretRef is not required for the 'aws' STS provider",
        "!has(self.sts) || self.sts.provider != 'aws' || !has(self.sts.certSecretRef)",
    ),
    rule(
        "ServiceAccountName is not supported for the 'generic' Bucket provider",
        "self.provider != 'generic' || !has(self.serviceAccountName)",
    ),
    rule(
        "cannot set both .spec.secretRef and .spec.serviceAccountName",
        "!has(self.secretRef) || !has(self.serviceAccountName)",
    ),
]))]
pub struct BucketSpec {
    /// Name of the bucket.
    pub bucket_name: String,
    /// Secret with a client certificate (`tls.crt`, `tls.key`) or an authority (`ca.crt`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Host of the object store.
    pub endpoint: String,
    /// Patterns in the format of .gitignore of what to leave out; replaces the default patterns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore: Option<String>,
    /// Whether to speak plain HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// How often to look for changes.
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: GoDuration,
    /// Keys that start with it are taken; all when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Whose object store it is.
    #[serde(default = "BucketProvider::generic")]
    pub provider: BucketProvider,
    /// Secret with the proxy to use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalObjectReference>,
    /// Region of the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Secret with the credentials (`accesskey` and `secretkey`, or what the provider asks for).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// ServiceAccount to authenticate as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Security token service to get credentials from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sts: Option<BucketSts>,
    /// Whether to leave the object alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Longest time for operations on the object store.
    #[serde(default = "default_timeout")]
    #[schemars(extend("pattern" = TIMEOUT_PATTERN))]
    pub timeout: GoDuration,
}

fn default_timeout() -> GoDuration {
    GoDuration::new("60s")
}

open_enum! {
    /// Whose object store a bucket is in.
    BucketProvider {
        /// Any that speaks S3's protocol.
        Generic = "generic",
        /// Amazon S3.
        Aws = "aws",
        /// Google Cloud Storage.
        Gcp = "gcp",
        /// Azure Blob Storage.
        Azure = "azure",
    }
}

impl BucketProvider {
    fn generic() -> Self {
        Self::Generic
    }
}

open_enum! {
    /// Security token services.
    StsProvider {
        /// AWS STS.
        Aws = "aws",
        /// MinIO's STS over LDAP.
        Ldap = "ldap",
    }
}

/// A security token service to get credentials from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BucketSts {
    /// Secret with a client certificate or an authority for the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalObjectReference>,
    /// Address of the service.
    #[schemars(regex(pattern = "^(http|https)://.*$"))]
    pub endpoint: String,
    /// Which service it is.
    pub provider: StsProvider,
    /// Secret with the credentials for the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// What is known of a Bucket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct BucketStatus {
    /// The artifact published last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
    /// State of the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last request that was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Generation that was reconciled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `spec.ignore` of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_ignore: Option<String>,
    /// Address of the latest artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

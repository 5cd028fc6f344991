//! Receiver: a webhook that asks for reconciliations.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::duration::{GoDuration, INTERVAL_PATTERN};
use crate::reference::{CrossNamespaceObjectReference, LocalObjectReference};
use crate::schema::rule;

/// Which webhooks to take, and what to reconcile then.
#[derive(CustomResource, Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "notification.toolkit.fluxcd.io",
    version = "v1",
    kind = "Receiver",
    plural = "receivers",
    namespaced,
    schema = "disabled",
    status = "ReceiverStatus",
    derive = "PartialEq",
    category = "all",
    category = "fluxcd",
    category = "fluxcd-notifications",
    annotation("kustomize.toolkit.fluxcd.io/substitute", "disabled"),
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
        "generic-oidc receivers must define at least one oidcProvider",
        "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)",
    ),
    rule(
        "oidcProviders can only be set when type is generic-oidc",
        "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0",
    ),
    rule(
        "secretRef cannot be set when type is generic-oidc",
        "self.type != 'generic-oidc' || !has(self.secretRef)",
    ),
    rule(
        "secretRef is required when type is not generic-oidc",
        "self.type == 'generic-oidc' || has(self.secretRef)",
    ),
]))]
pub struct ReceiverSpec {
    /// Events to react to, as the sender names them; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// How often to check the object itself.
    #[serde(default = "default_interval")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub interval: GoDuration,
    /// Issuers of the tokens that a `generic-oidc` webhook must carry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["issuerURL"]))]
    pub oidc_providers: Vec<OidcProvider>,
    /// CEL expression over `res` and `req` that an object must meet to be reconciled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_filter: Option<String>,
    /// Objects to reconcile.
    pub resources: Vec<ReceiverResource>,
    /// Secret with the `token` that signs the webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Whether to take no webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
    /// Who sends the webhooks.
    #[serde(rename = "type")]
    pub type_: ReceiverType,
}

fn default_interval() -> GoDuration {
    GoDuration::new("10m")
}

open_enum! {
    /// Who sends webhooks.
    ReceiverType {
        /// Anybody who knows the address.
        Generic = "generic",
        /// Anybody who signs with the token.
        GenericHmac = "generic-hmac",
        /// Anybody with a token of an accepted issuer.
        GenericOidc = "generic-oidc",
        /// GitHub.
        GitHub = "github",
        /// GitLab.
        GitLab = "gitlab",
        /// Bitbucket Server.
        Bitbucket = "bitbucket",
        /// Harbor.
        Harbor = "harbor",
        /// Docker Hub.
        DockerHub = "dockerhub",
        /// Quay.
        Quay = "quay",
        /// Google Container Registry.
        Gcr = "gcr",
        /// Sonatype Nexus.
        Nexus = "nexus",
        /// Azure Container Registry.
        Acr = "acr",
        /// CDEvents.
        CdEvents = "cdevents",
    }
}

/// Objects to reconcile. Any kind may be named; the controller says when it does not know one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ReceiverResource {
    /// Names the objects.
    #[serde(flatten)]
    pub object: CrossNamespaceObjectReference,
    /// CEL expression over `res` and `req` that an object must meet to be reconciled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// An issuer of tokens and what its tokens must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcProvider {
    /// Audience of the tokens; `notification-controller` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Address of the issuer.
    #[serde(rename = "issuerURL")]
    #[schemars(regex(pattern = "^https?://"))]
    pub issuer_url: String,
    /// What must hold of the claims.
    #[schemars(length(min = 1))]
    pub validations: Vec<OidcValidation>,
    /// Names for expressions over the claims.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<OidcVariable>,
}

/// A condition on the claims of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcValidation {
    /// CEL expression over `claims` and `vars` that must be true.
    pub expression: String,
    /// What is told when it is not.
    pub message: String,
}

/// A name for an expression over the claims of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcVariable {
    /// CEL expression over `claims` and the earlier `vars`.
    pub expression: String,
    /// Its name.
    pub name: String,
}

/// What is known of a Receiver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ReceiverStatus {
    /// State of the object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// Value of the last request that was handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// Generation that was reconciled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Path of the webhook, `/hook/<hex>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
}

//! Signatures of artifacts in OCI registries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reference::LocalObjectReference;

open_enum! {
    /// Programs that sign.
    VerificationProvider {
        /// Sigstore cosign.
        Cosign = "cosign",
        /// Notary Project notation.
        Notation = "notation",
    }
}

impl VerificationProvider {
    pub(crate) fn cosign() -> Self {
        Self::Cosign
    }
}

/// An identity of keyless signing; both are regular expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct OidcIdentityMatch {
    /// Matches the issuer of the certificate.
    pub issuer: String,
    /// Matches the subject of the certificate.
    pub subject: String,
}

/// How to verify the signature of a chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["provider"]))]
pub struct ChartVerification {
    /// Identities that may have signed, when signing is keyless.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentityMatch>,
    /// Program that signed.
    #[serde(default = "VerificationProvider::cosign")]
    pub provider: VerificationProvider,
    /// Secret with the trusted public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// How to verify the signature of an OCI artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("required" = ["provider"]))]
pub struct OciRepositoryVerification {
    /// Identities that may have signed, when signing is keyless.
    #[serde(rename = "matchOIDCIdentity", default, skip_serializing_if = "Vec::is_empty")]
    pub match_oidc_identity: Vec<OidcIdentityMatch>,
    /// Program that signed.
    #[serde(default = "VerificationProvider::cosign")]
    pub provider: VerificationProvider,
    /// Secret with the trusted public keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Secret with a trusted root of keyless signing (`trusted_root.json`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalObjectReference>,
}

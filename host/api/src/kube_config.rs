//! How an object reaches another cluster than its own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reference::{LocalObjectReference, SecretKeyReference};
use crate::schema::rule;

const ONE_OF: &str =
    "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified";

/// Where the access to a remote cluster is described; exactly one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule(ONE_OF, "has(self.configMapRef) || has(self.secretRef)"),
    rule(ONE_OF, "!has(self.configMapRef) || !has(self.secretRef)"),
]))]
pub struct KubeConfigReference {
    /// A ConfigMap that describes access by workload identity (keys `provider`, `cluster`, `address`, `ca.crt`, …).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<LocalObjectReference>,
    /// A Secret with a kubeconfig; key `value` or `value.yaml` when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyReference>,
}

//! OCI registries: components in the CNCF wasm artifact layout.

use std::time::Duration;

use sluice_model::SecretData;
use sluice_model::port::EndpointError;

use crate::client::CheckedClient;
use crate::egress::EgressPolicy;

/// One repository of a registry.
#[derive(Clone)]
pub struct RegistryTarget {
    /// `oci://HOST/REPO`.
    pub url: String,
    /// A docker config (`.dockerconfigjson`), or `username` and `password`.
    pub secret: Option<SecretData>,
    /// May hold `ca.crt`, `tls.crt`, `tls.key`.
    pub tls: Option<SecretData>,
    /// Holds `address`, `username`, `password` of a proxy.
    pub proxy: Option<SecretData>,
    /// Speaks plain HTTP.
    pub insecure: bool,
    /// Of each operation.
    pub timeout: Duration,
}

/// A repository of a registry, ready for use.
pub struct Registry {
    _client: CheckedClient,
}

impl Registry {
    pub(crate) fn new(
        _: &RegistryTarget,
        client: CheckedClient,
        _: EgressPolicy,
    ) -> Result<Self, EndpointError> {
        Ok(Self { _client: client })
    }
}

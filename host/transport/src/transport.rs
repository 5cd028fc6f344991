//! The maker of endpoints: one a process, shared by all reconcilers.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use sluice_model::port::{EndpointError, GitEndpoint, HttpEndpoint, OciEndpoint};
use sluice_model::tree::BlobSource;
use sluice_model::{Digest, SecretData};

use crate::client::{CheckedClient, ClientSettings, Clients};
use crate::egress::EgressPolicy;
use crate::git::{GitRemote, GitTarget, Handles, Repository};
use crate::helm_repository::{HelmRepositoryRemote, HelmRepositoryTarget};
use crate::http::{HttpRemote, HttpTarget};
use crate::oci::{Registry, RegistryEndpoint, RegistryTarget};
use crate::proxy::ProxySettings;
use crate::tls::TlsMaterial;

/// Settings of the whole process.
#[derive(Debug, Clone, Copy)]
pub struct TransportOptions {
    /// Lets loopback and link-local targets pass (`--allow-loopback-egress`).
    pub allow_loopback: bool,
    /// Uses the proxies of the environment (`HTTPS_PROXY`, `NO_PROXY`, …) where an object names none.
    pub environment_proxy: bool,
}

impl Default for TransportOptions {
    fn default() -> Self {
        Self {
            allow_loopback: false,
            environment_proxy: true,
        }
    }
}

/// Makes endpoints.
pub struct Transport {
    policy: EgressPolicy,
    clients: Clients,
    handles: Arc<Handles>,
    repositories: Mutex<HashMap<PathBuf, Arc<Repository>>>,
}

impl Transport {
    /// A transport with these options.
    pub fn new(options: TransportOptions) -> Self {
        let policy = EgressPolicy {
            allow_loopback: options.allow_loopback,
        };
        Self {
            policy,
            clients: Clients::new(policy, options.environment_proxy),
            handles: Arc::default(),
            repositories: Mutex::default(),
        }
    }

    /// The egress policy.
    pub fn policy(&self) -> EgressPolicy {
        self.policy
    }

    /// An HTTP endpoint. Its address and credentials are checked now, the resolved addresses at each request.
    ///
    /// # Errors
    /// The address is invalid or refused; a Secret lacks what it needs.
    pub fn http(&self, target: &HttpTarget) -> Result<Arc<dyn HttpEndpoint>, EndpointError> {
        let client = self.client(target.tls.as_ref(), target.proxy.as_ref())?;
        Ok(Arc::new(HttpRemote::new(target, client)?))
    }

    /// The HTTP endpoint of a Helm repository, for one reconciliation: its paths may be addresses of other servers, which
    /// get the credentials only where the target says so.
    ///
    /// # Errors
    /// The address is invalid or refused; a Secret lacks what it needs.
    pub fn helm_repository(
        &self,
        target: &HelmRepositoryTarget,
    ) -> Result<Arc<dyn HttpEndpoint>, EndpointError> {
        let tls = target.tls.as_ref().map(TlsMaterial::from_secret);
        let tls = tls.transpose()?.unwrap_or_default();
        let client = |tls| {
            self.clients.get(&ClientSettings {
                tls,
                ..ClientSettings::default()
            })
        };
        let elsewhere = client(tls.without_identity())?;
        let remote = HelmRepositoryRemote::new(target, client(tls)?, elsewhere)?;
        Ok(Arc::new(remote))
    }

    /// An OCI endpoint, for one reconciliation. Blobs have at most `max_blob` bytes.
    ///
    /// # Errors
    /// As [`registry`](Self::registry).
    pub fn oci(&self, target: &RegistryTarget, max_blob: u64) -> Result<Arc<dyn OciEndpoint>, EndpointError> {
        let registry = self.registry(target)?;
        Ok(Arc::new(RegistryEndpoint::new(registry, max_blob)))
    }

    /// The same, of one artifact: whatever is asked for, it gives this one.
    ///
    /// # Errors
    /// As [`registry`](Self::registry).
    pub fn oci_at(
        &self,
        target: &RegistryTarget,
        max_blob: u64,
        artifact: Digest,
    ) -> Result<Arc<dyn OciEndpoint>, EndpointError> {
        let registry = self.registry(target)?;
        Ok(Arc::new(RegistryEndpoint::new(registry, max_blob).only(artifact)))
    }

    /// A Git endpoint, for one reconciliation: it lists the remote's references at most once.
    ///
    /// # Errors
    /// `Invalid` when the URL is not acceptable, `Unauthorized` when a Secret lacks what it needs.
    pub fn git(&self, target: &GitTarget) -> Result<Arc<dyn GitEndpoint>, EndpointError> {
        let repository = self.repository(&target.repository);
        let proxy = self.proxy(target.proxy.as_ref())?;
        let remote = GitRemote::new(target, repository, proxy, self.policy, &self.clients)?;
        Ok(Arc::new(remote))
    }

    /// The blobs of a Git object database, for trees that are opened again.
    pub fn git_blobs(&self, path: &Path) -> Arc<dyn BlobSource> {
        crate::git::blob_source(&self.repository(path))
    }

    /// A repository of an OCI registry.
    ///
    /// # Errors
    /// The reference is invalid; a Secret lacks what it needs.
    pub fn registry(&self, target: &RegistryTarget) -> Result<Registry, EndpointError> {
        let tls = target
            .tls
            .as_ref()
            .map(TlsMaterial::from_secret)
            .transpose()?
            .unwrap_or_default();
        let proxy = self.proxy(target.proxy.as_ref())?;
        let client = self.clients.get(&ClientSettings {
            tls: tls.clone(),
            proxy: proxy.clone(),
            // blobs go through a proxy of ours, which does not know the environment's
            direct: true,
        })?;
        Registry::new(target, client, tls, proxy, self.policy)
    }

    /// Forgets a Git object database and removes it from disk. Trees that still read from it keep what they opened.
    ///
    /// # Errors
    /// The file system's own words.
    pub fn remove_repository(&self, path: &Path) -> std::io::Result<()> {
        self.repositories.lock().remove(path);
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// A client without credentials and with the environment's proxy only.
    pub(crate) fn plain_client(&self) -> Result<CheckedClient, EndpointError> {
        self.client(None, None)
    }

    fn repository(&self, path: &Path) -> Arc<Repository> {
        let mut repositories = self.repositories.lock();
        let known = repositories.entry(path.to_owned());
        known
            .or_insert_with(|| Arc::new(Repository::new(path.to_owned(), self.handles.clone())))
            .clone()
    }

    fn proxy(&self, secret: Option<&SecretData>) -> Result<Option<ProxySettings>, EndpointError> {
        secret
            .map(|secret| ProxySettings::from_secret(secret, self.policy))
            .transpose()
    }

    /// The shared client with these settings.
    pub(crate) fn settled_client(&self, settings: &ClientSettings) -> Result<CheckedClient, EndpointError> {
        self.clients.get(settings)
    }

    fn client(
        &self,
        tls: Option<&SecretData>,
        proxy: Option<&SecretData>,
    ) -> Result<CheckedClient, EndpointError> {
        let tls = tls.map(TlsMaterial::from_secret).transpose()?.unwrap_or_default();
        self.clients.get(&ClientSettings {
            tls,
            proxy: self.proxy(proxy)?,
            direct: false,
        })
    }
}

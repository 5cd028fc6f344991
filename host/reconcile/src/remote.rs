//! Clusters that `spec.kubeConfig` names: one client and one watch hub for each kubeconfig, shared by all who name it,
//! made anew when the Secret or ConfigMap changes, and closed when nobody uses it.

mod described;
mod token;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use async_trait::async_trait;
use parking_lot::Mutex;
use sluice_api::kube_config::KubeConfigReference;
use sluice_api::reference::{LocalObjectReference, SecretKeyReference};
use sluice_cluster::k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use sluice_cluster::kube::{self, Api};
use sluice_cluster::{
    BearerSource, Cluster, ClusterError, Hub, KubeconfigError, KubeconfigPolicy, RemoteOptions, Resolver,
    read_kubeconfig,
};
use sluice_transport::EgressPolicy;

use self::described::Described;
use self::token::ServiceAccountTokens;

/// A remote cluster with the identity of its kubeconfig.
pub struct Remote {
    /// Its client.
    pub cluster: Cluster,
    /// Its watches.
    pub hub: Hub,
    /// Version of the Secret or ConfigMap that it was made of.
    pub version: String,
    ours: tokio::sync::OnceCell<bool>,
}

impl Remote {
    /// Whether this is the cluster that Sluice itself runs in, reached by another way: `namespace`, the one that Sluice
    /// runs in, is the same object there. Who may not look cannot tell, and is taken to be there.
    pub async fn is_ours(&self, management: &Cluster, namespace: &str) -> bool {
        let find = || async {
            let ours = uid(management, namespace).await?;
            Ok::<_, kube::Error>(ours.is_some() && ours == uid(&self.cluster, namespace).await?)
        };
        self.ours.get_or_try_init(find).await.copied().unwrap_or(true)
    }
}

async fn uid(cluster: &Cluster, namespace: &str) -> Result<Option<String>, kube::Error> {
    let api: Api<Namespace> = Api::all(cluster.client());
    let found = api.get_opt(namespace).await?;
    Ok(found.and_then(|namespace| namespace.metadata.uid))
}

/// The cluster of a `spec.kubeConfig` cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Neither field of the reference is set.
    #[error("spec.kubeConfig: one of secretRef and configMapRef must be set")]
    Empty,
    /// The object it names does not exist.
    #[error("spec.kubeConfig: {kind} '{namespace}/{name}' not found")]
    NotFound {
        /// Secret or ConfigMap.
        kind: &'static str,
        /// Of the object.
        namespace: String,
        /// Of the object.
        name: String,
    },
    /// The object it names cannot be read.
    #[error("spec.kubeConfig: failed to read {kind} '{namespace}/{name}': {source}")]
    Read {
        /// Secret or ConfigMap.
        kind: &'static str,
        /// Of the object.
        namespace: String,
        /// Of the object.
        name: String,
        /// Of the API server.
        source: ClusterError,
    },
    /// The Secret lacks the key.
    #[error("spec.kubeConfig: Secret '{namespace}/{name}' does not contain {wanted}")]
    NoKey {
        /// Of the Secret.
        namespace: String,
        /// Of the Secret.
        name: String,
        /// In words.
        wanted: String,
    },
    /// What the ConfigMap asks for is not served.
    #[error("spec.kubeConfig: ConfigMap '{namespace}/{name}': {problem}")]
    ConfigMap {
        /// Of the ConfigMap.
        namespace: String,
        /// Of the ConfigMap.
        name: String,
        /// In words.
        problem: String,
    },
    /// The kubeconfig was refused.
    #[error("spec.kubeConfig: {origin}: {source}")]
    Kubeconfig {
        /// Where it came from.
        origin: String,
        /// Why.
        source: KubeconfigError,
    },
    /// The address is refused, or no client could be made.
    #[error("spec.kubeConfig: {origin}: {reason}")]
    Client {
        /// Where it came from.
        origin: String,
        /// Why.
        reason: String,
    },
}

/// How remote clusters are reached.
#[derive(Clone)]
pub struct RemoteSettings {
    /// What a kubeconfig may ask for.
    pub policy: KubeconfigPolicy,
    /// What may be connected to.
    pub egress: EgressPolicy,
    /// Service account whose token is sent where a ConfigMap names none; empty for none.
    pub default_service_account: String,
}

/// Namespace, kind and name of the object, and the key in it.
type Name = (String, &'static str, String, String);

/// The remote clusters that are in use.
pub struct Remotes {
    management: Cluster,
    settings: RemoteSettings,
    kept: Mutex<HashMap<Name, Weak<Remote>>>,
}

impl Remotes {
    /// `management` is the cluster whose Secrets and ConfigMaps hold the kubeconfigs.
    pub fn new(management: Cluster, settings: RemoteSettings) -> Self {
        Self {
            management,
            settings,
            kept: Mutex::default(),
        }
    }

    /// The cluster of a reference of an object in `namespace`; the same one as long as the Secret or ConfigMap stays as
    /// it is and somebody holds it.
    ///
    /// # Errors
    /// The object is missing or its content is refused.
    pub async fn get(
        &self,
        namespace: &str,
        reference: &KubeConfigReference,
    ) -> Result<Arc<Remote>, RemoteError> {
        match (&reference.secret_ref, &reference.config_map_ref) {
            (Some(secret), _) => self.of_secret(namespace, secret).await,
            (None, Some(config_map)) => self.of_config_map(namespace, config_map).await,
            (None, None) => Err(RemoteError::Empty),
        }
    }

    async fn of_secret(
        &self,
        namespace: &str,
        reference: &SecretKeyReference,
    ) -> Result<Arc<Remote>, RemoteError> {
        let api: Api<Secret> = Api::namespaced(self.management.client(), namespace);
        let read = api.get(&reference.name).await;
        let secret = read.map_err(|error| unreadable("Secret", namespace, &reference.name, error))?;
        let version = secret.metadata.resource_version.clone().unwrap_or_default();
        let key = reference.key.clone().filter(|key| !key.is_empty());
        let name = (
            namespace.to_owned(),
            "Secret",
            reference.name.clone(),
            key.clone().unwrap_or_default(),
        );
        if let Some(known) = self.known(&name, &version) {
            return Ok(known);
        }
        let data = secret.data.unwrap_or_default();
        let candidates: Vec<&str> = key
            .as_deref()
            .map_or_else(|| vec!["value", "value.yaml"], |key| vec![key]);
        let bytes = candidates
            .iter()
            .filter_map(|key| data.get(*key))
            .find(|bytes| !bytes.0.is_empty())
            .ok_or_else(|| RemoteError::NoKey {
                namespace: namespace.into(),
                name: reference.name.clone(),
                wanted: match key {
                    Some(key) => format!("a '{key}' key with a kubeconfig"),
                    None => "a 'value' nor 'value.yaml' key with a kubeconfig".into(),
                },
            })?;
        let origin = format!("Secret '{namespace}/{}'", reference.name);
        let config = read_kubeconfig(&bytes.0, self.settings.policy)
            .await
            .map_err(|source| RemoteError::Kubeconfig {
                origin: origin.clone(),
                source,
            })?;
        self.connect(name, (origin, version), &config, None).await
    }

    async fn of_config_map(
        &self,
        namespace: &str,
        reference: &LocalObjectReference,
    ) -> Result<Arc<Remote>, RemoteError> {
        let api: Api<ConfigMap> = Api::namespaced(self.management.client(), namespace);
        let read = api.get(&reference.name).await;
        let map = read.map_err(|error| unreadable("ConfigMap", namespace, &reference.name, error))?;
        let version = map.metadata.resource_version.clone().unwrap_or_default();
        let name = (
            namespace.to_owned(),
            "ConfigMap",
            reference.name.clone(),
            String::new(),
        );
        if let Some(known) = self.known(&name, &version) {
            return Ok(known);
        }
        let fail = |problem: String| RemoteError::ConfigMap {
            namespace: namespace.into(),
            name: reference.name.clone(),
            problem,
        };
        let described = Described::read(
            &map.data.unwrap_or_default(),
            &self.settings.default_service_account,
        )
        .map_err(fail)?;
        let origin = format!("ConfigMap '{namespace}/{}'", reference.name);
        let kubeconfig = described.kubeconfig();
        let config = read_kubeconfig(&kubeconfig, self.settings.policy)
            .await
            .map_err(|source| RemoteError::Kubeconfig {
                origin: origin.clone(),
                source,
            })?;
        let tokens = ServiceAccountTokens::new(
            self.management.clone(),
            namespace,
            &described.service_account,
            described.audiences,
        );
        self.connect(name, (origin, version), &config, Some(Arc::new(tokens)))
            .await
    }

    fn known(&self, name: &Name, version: &str) -> Option<Arc<Remote>> {
        let remote = self.kept.lock().get(name)?.upgrade()?;
        (remote.version == version && !version.is_empty()).then_some(remote)
    }

    async fn connect(
        &self,
        name: Name,
        (origin, version): (String, String),
        config: &kube::Config,
        bearer: Option<Arc<dyn BearerSource>>,
    ) -> Result<Arc<Remote>, RemoteError> {
        let fail = |reason: String| RemoteError::Client {
            origin: origin.clone(),
            reason,
        };
        let host = config.cluster_url.host().unwrap_or_default();
        let port = config.cluster_url.port_u16().unwrap_or(443);
        // a literal address never passes the resolver, and a name is told before the first request
        self.settings
            .egress
            .resolve(host, port)
            .await
            .map_err(|error| fail(error.to_string()))?;
        let options = RemoteOptions {
            bearer,
            ..RemoteOptions::new(Arc::new(Checked(self.settings.egress)))
        };
        let cluster = Cluster::remote(config, &options).map_err(|error| fail(error.to_string()))?;
        let made = Arc::new(Remote {
            hub: Hub::new(cluster.clone()),
            cluster,
            version,
            ours: tokio::sync::OnceCell::new(),
        });
        let mut kept = self.kept.lock();
        kept.retain(|_, remote| remote.strong_count() > 0);
        // another pass may have been first: its hub is the one that is shared
        if let Some(first) = kept.get(&name).and_then(Weak::upgrade)
            && first.version == made.version
        {
            return Ok(first);
        }
        kept.insert(name, Arc::downgrade(&made));
        Ok(made)
    }
}

fn unreadable(kind: &'static str, namespace: &str, name: &str, error: kube::Error) -> RemoteError {
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    match error {
        kube::Error::Api(status) if status.code == 404 => RemoteError::NotFound {
            kind,
            namespace,
            name,
        },
        error => RemoteError::Read {
            kind,
            namespace,
            name,
            source: error.into(),
        },
    }
}

struct Checked(EgressPolicy);

#[async_trait]
impl Resolver for Checked {
    async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, String> {
        // the connector sets the port of the URL
        self.0.resolve(host, 0).await.map_err(|error| error.to_string())
    }
}

//! A connection to one cluster with one identity, and the same connection under another identity.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Request, Response};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::counters::Counters;
use crate::discovery::Discovery;
use crate::error::ClusterError;
use crate::request;

const IMPERSONATE_USER: HeaderName = HeaderName::from_static("impersonate-user");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Who the API server sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The identity of the credentials themselves.
    Own,
    /// A service account, by impersonation.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
}

/// How to reach a cluster.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// A kubeconfig file; none takes `KUBECONFIG`, then `~/.kube/config`, then the pod's service account.
    pub kubeconfig: Option<PathBuf>,
    /// A context of the kubeconfig; none takes its current one.
    pub context: Option<String>,
    /// Sent with every request.
    pub user_agent: String,
    /// Longest wait for the answer of one request; watches are exempt.
    pub request_timeout: Duration,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            context: None,
            user_agent: concat!("sluice/", env!("CARGO_PKG_VERSION")).to_owned(),
            request_timeout: Duration::from_secs(60),
        }
    }
}

/// No client could be made. Texts name files and addresses, never credentials.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig file could not be used.
    #[error("failed to read kubeconfig {path}: {reason}")]
    Kubeconfig {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Neither a kubeconfig nor a pod's service account was found.
    #[error("failed to find a cluster: {0}")]
    Infer(String),
    /// The user agent is no header value.
    #[error("failed to use user agent {0:?}: it has characters that no header may hold")]
    UserAgent(String),
    /// TLS or credentials are not usable.
    #[error("failed to make a client: {0}")]
    Client(String),
}

struct Base {
    client: kube::Client,
    discovery: Arc<Discovery>,
    counters: Arc<Counters>,
    request_timeout: Duration,
}

/// One cluster seen with one identity. Cloning is cheap; connections, discovery and counters are shared between
/// identities.
#[derive(Clone)]
pub struct Cluster {
    base: Arc<Base>,
    client: kube::Client,
    identity: Arc<Identity>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Finds the cluster that the options name and makes a client for it; sends no request.
    ///
    /// # Errors
    /// No configuration, or one that cannot be used.
    pub async fn connect(options: &ClusterOptions) -> Result<Self, ConnectError> {
        let config = config(options).await?;
        Self::from_config(config, options)
    }

    /// A client for an explicit configuration.
    ///
    /// # Errors
    /// TLS or credentials are not usable.
    pub fn from_config(mut config: kube::Config, options: &ClusterOptions) -> Result<Self, ConnectError> {
        let agent = HeaderValue::from_str(&options.user_agent)
            .map_err(|_| ConnectError::UserAgent(options.user_agent.clone()))?;
        config.headers.push((http::header::USER_AGENT, agent));
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let client =
            kube::Client::try_from(config).map_err(|error| ConnectError::Client(error.to_string()))?;
        Ok(Self::from_client(client, options.request_timeout))
    }

    /// A cluster behind any client; tests put a mock API server here.
    pub fn from_client(client: kube::Client, request_timeout: Duration) -> Self {
        let client = request::retrying(client);
        let discovery = Arc::new(Discovery::new(client.clone(), request_timeout));
        let base = Base {
            client: client.clone(),
            discovery,
            counters: Arc::default(),
            request_timeout,
        };
        Self {
            base: Arc::new(base),
            client,
            identity: Arc::new(Identity::Own),
        }
    }

    /// The same cluster seen as a service account (`Impersonate-User: system:serviceaccount:<namespace>:<name>`). It
    /// never falls back to the own identity.
    ///
    /// # Errors
    /// The names cannot stand in a header.
    pub fn impersonate(&self, namespace: &str, service_account: &str) -> Result<Self, ClusterError> {
        let user = format!("system:serviceaccount:{namespace}:{service_account}");
        let well_formed = !namespace.is_empty() && !service_account.is_empty() && !user.contains(['/', ' ']);
        let header = HeaderValue::from_str(&user)
            .ok()
            .filter(|_| well_formed)
            .ok_or_else(|| ClusterError::Other {
                message: format!(
                    "failed to impersonate service account {user:?}: not a service account's name"
                ),
                reason: "BadRequest".to_owned(),
                code: 400,
            })?;
        let identity = Identity::ServiceAccount {
            namespace: namespace.into(),
            name: service_account.into(),
        };
        let client = as_user(self.base.client.clone(), header);
        Ok(Self {
            base: self.base.clone(),
            client,
            identity: Arc::new(identity),
        })
    }

    /// The client with this identity, for typed calls. Its errors are [`kube::Error`]s; see [`ClusterError::from`].
    pub fn client(&self) -> kube::Client {
        self.client.clone()
    }

    /// Who the API server sees.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the cluster serves.
    pub fn discovery(&self) -> &Arc<Discovery> {
        &self.base.discovery
    }

    /// How many requests of each sort were made, over all identities.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.base.counters
    }

    /// Longest wait for the answer of one request.
    pub fn request_timeout(&self) -> Duration {
        self.base.request_timeout
    }
}

fn as_user(client: kube::Client, user: HeaderValue) -> kube::Client {
    let namespace = client.default_namespace().to_owned();
    let service = tower::service_fn(move |mut request: Request<Body>| {
        request.headers_mut().insert(IMPERSONATE_USER, user.clone());
        let client = client.clone();
        async move { client.send(request).await as Result<Response<Body>, kube::Error> }
    });
    kube::Client::new(service, namespace)
}

async fn config(options: &ClusterOptions) -> Result<kube::Config, ConnectError> {
    let selected = KubeConfigOptions {
        context: options.context.clone(),
        ..KubeConfigOptions::default()
    };
    if let Some(path) = &options.kubeconfig {
        let fail = |reason: String| ConnectError::Kubeconfig {
            path: path.display().to_string(),
            reason,
        };
        let file = Kubeconfig::read_from(path).map_err(|error| fail(error.to_string()))?;
        return kube::Config::from_custom_kubeconfig(file, &selected)
            .await
            .map_err(|error| fail(error.to_string()));
    }
    if options.context.is_some() {
        return kube::Config::from_kubeconfig(&selected)
            .await
            .map_err(|error| ConnectError::Infer(error.to_string()));
    }
    kube::Config::infer()
        .await
        .map_err(|error| ConnectError::Infer(error.to_string()))
}

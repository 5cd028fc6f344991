//! Clusters that an object names: their kubeconfig is a tenant's input, so that nothing of it runs a program, reads
//! a file or reaches an address that the resolver does not allow.

mod kubeconfig;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderValue, Request};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use tower::ServiceBuilder;

use crate::client::{Cluster, ConnectError};

pub use kubeconfig::{KubeconfigError, KubeconfigPolicy, read_kubeconfig};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A watch over a connection that died silently is noticed after a few of these.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Turns a host's name into addresses that may be reached.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses; an error says which rule refuses them.
    async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, String>;
}

/// Gives the bearer token of the next request, fresh when the old one is about to expire.
#[async_trait]
pub trait BearerSource: Send + Sync {
    /// The token.
    async fn bearer(&self) -> Result<String, String>;
}

/// How to talk to a remote cluster.
#[derive(Clone)]
pub struct RemoteOptions {
    /// Looks up every name that is connected to.
    pub resolver: Arc<dyn Resolver>,
    /// Replaces the credentials of the configuration.
    pub bearer: Option<Arc<dyn BearerSource>>,
    /// Longest wait for the answer of one request; watches are exempt.
    pub request_timeout: Duration,
}

impl RemoteOptions {
    /// Flux's timeout of 30 s.
    pub fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self {
            resolver,
            bearer: None,
            request_timeout: Duration::from_secs(30),
        }
    }
}

impl Cluster {
    /// A client of a remote cluster; sends no request. No proxy is used, not even the environment's.
    ///
    /// # Errors
    /// TLS or credentials are not usable.
    pub fn remote(config: &kube::Config, options: &RemoteOptions) -> Result<Self, ConnectError> {
        let client = client(config, options)?;
        Ok(Self::from_client(client, options.request_timeout))
    }
}

fn client(config: &kube::Config, options: &RemoteOptions) -> Result<kube::Client, ConnectError> {
    let fail = |error: kube::Error| ConnectError::Client(error.to_string());
    let https = config
        .rustls_https_connector_with_connector(connector(options.resolver.clone()))
        .map_err(fail)?;
    let transport = HyperClient::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(https);
    let bearer = options.bearer.clone();
    let authorized = tower::service_fn(move |mut request: Request<Body>| {
        let (transport, bearer) = (transport.clone(), bearer.clone());
        async move {
            if let Some(source) = bearer {
                let token = source.bearer().await.map_err(std::io::Error::other)?;
                let mut value =
                    HeaderValue::from_str(&format!("Bearer {token}")).map_err(std::io::Error::other)?;
                value.set_sensitive(true);
                request.headers_mut().insert(http::header::AUTHORIZATION, value);
            }
            transport.request(request).await.map_err(std::io::Error::other)
        }
    });
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(fail)?)
        .layer(config.extra_headers_layer().map_err(fail)?)
        .map_err(tower::BoxError::from)
        .service(authorized);
    Ok(kube::Client::new(service, config.default_namespace.clone()))
}

type Lookup =
    std::pin::Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, std::io::Error>> + Send>>;

fn connector(
    resolver: Arc<dyn Resolver>,
) -> HttpConnector<
    impl tower::Service<Name, Response = std::vec::IntoIter<SocketAddr>, Error = std::io::Error, Future = Lookup>
    + Clone
    + Send
    + Sync
    + 'static,
> {
    let lookup = tower::service_fn(move |name: Name| -> Lookup {
        let resolver = resolver.clone();
        Box::pin(async move {
            let found = resolver
                .resolve(name.as_str())
                .await
                .map_err(std::io::Error::other)?;
            Ok(found.into_iter())
        })
    });
    let mut connector = HttpConnector::new_with_resolver(lookup);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_keepalive(Some(KEEP_ALIVE));
    connector.set_keepalive_interval(Some(KEEP_ALIVE));
    connector.set_keepalive_retries(Some(3));
    connector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ClusterError;

    struct Nowhere;

    #[async_trait]
    impl Resolver for Nowhere {
        async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, String> {
            Err(format!("{host} is refused by policy"))
        }
    }

    struct Empty;

    #[async_trait]
    impl BearerSource for Empty {
        async fn bearer(&self) -> Result<String, String> {
            Err("no token to be had".to_owned())
        }
    }

    async fn refused(options: &RemoteOptions) -> String {
        let config = kube::Config::new("https://api.example:6443".parse().expect("a URI"));
        let cluster = Cluster::remote(&config, options).expect("a client");
        match cluster.discovery().resolve("", "v1", "ConfigMap", false).await {
            Err(ClusterError::Unreachable { message }) => message,
            other => panic!("{other:?}"),
        }
    }

    /// N2: no connection is made to a name that the resolver does not allow, and the error says so.
    #[tokio::test]
    async fn n2_every_name_passes_the_resolver() {
        let message = refused(&RemoteOptions::new(Arc::new(Nowhere))).await;
        assert!(message.contains("api.example is refused by policy"), "{message}");
    }

    #[tokio::test]
    async fn without_a_token_no_request_is_sent() {
        let options = RemoteOptions {
            bearer: Some(Arc::new(Empty)),
            ..RemoteOptions::new(Arc::new(Nowhere))
        };
        let message = refused(&options).await;
        assert!(message.contains("no token to be had"), "{message}");
    }
}

//! Registries of tests: the transport to them, and those that misbehave.

use std::time::Duration;

use axum::Router;
use serde_json::json;
use sluice_model::SecretData;
use sluice_transport::oci::{Registry, RegistryTarget};
use sluice_transport::{Transport, TransportOptions};

pub(crate) fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    })
}

pub(crate) fn target(url: &str, secret: Option<SecretData>) -> RegistryTarget {
    RegistryTarget {
        url: url.into(),
        secret,
        tls: None,
        proxy: None,
        insecure: true,
        timeout: Duration::from_secs(20),
    }
}

pub(crate) fn registry(url: &str, secret: Option<SecretData>) -> Registry {
    transport().registry(&target(url, secret)).expect("a registry")
}

pub(crate) fn docker_config(host: &str, username: &str, password: &str) -> SecretData {
    let config = json!({"auths": {host: {"username": username, "password": password}}}).to_string();
    SecretData::new(
        "default/registry",
        [(".dockerconfigjson".to_owned(), config.into_bytes())],
    )
}

pub(crate) async fn serve(router: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

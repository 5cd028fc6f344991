//! The endpoint of a Provider: address, credentials, proxy and timeout, and the config that its plugin sees.

use std::time::Duration;

use serde_json::json;
use sluice_api::{Alert, Provider};
use sluice_model::secret::SecretData;
use sluice_transport::{HttpAuth, HttpTarget};

use crate::gate;
use crate::mask::Mask;
use crate::port::NotifyStore;

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_ADDRESS: usize = 2048;
/// An answer is looked at for its status and a short text.
const MAX_RESPONSE: usize = 1 << 20;

/// What a delivery needs of a Provider.
pub(crate) struct Prepared {
    pub target: HttpTarget,
    pub config: String,
    pub timeout: Duration,
    pub mask: Mask,
}

/// A Provider cannot be used as it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrepareError {
    #[error("{0}")]
    Secret(String),
    #[error("invalid spec.timeout of provider '{provider}': {source}")]
    Timeout {
        provider: String,
        source: sluice_api::duration::ParseDurationError,
    },
    #[error("invalid address in secret '{secret}': longer than {MAX_ADDRESS} bytes")]
    Address { secret: String },
    #[error(
        "spec.serviceAccountName of provider '{provider}' needs object-level workload identity, which is off"
    )]
    WorkloadIdentity { provider: String },
}

/// Reads what a Provider refers to.
pub(crate) async fn prepare(
    store: &dyn NotifyStore,
    provider: &Provider,
    alert: &Alert,
) -> Result<Prepared, PrepareError> {
    let name = provider.metadata.name.clone().unwrap_or_default();
    let namespace = provider.metadata.namespace.as_deref().unwrap_or_default();
    let spec = &provider.spec;
    if spec
        .service_account_name
        .as_ref()
        .is_some_and(|account| !account.is_empty())
    {
        return Err(PrepareError::WorkloadIdentity { provider: name });
    }
    let timeout = match &spec.timeout {
        Some(timeout) => timeout.get().map_err(|source| PrepareError::Timeout {
            provider: name.clone(),
            source,
        })?,
        None => DEFAULT_TIMEOUT,
    };
    let mut mask = Mask::default();
    let mut secrets = [None, None, None];
    let references = [&spec.secret_ref, &spec.cert_secret_ref, &spec.proxy_secret_ref];
    for (secret, reference) in secrets.iter_mut().zip(references) {
        if let Some(reference) = reference {
            let data = store
                .secret(namespace, &reference.name)
                .await
                .map_err(PrepareError::Secret)?;
            mask.add(&data);
            *secret = Some(data);
        }
    }
    let [secret, certificate, proxy] = secrets;
    check_address(secret.as_ref())?;
    let target = HttpTarget {
        address: spec.address.clone(),
        auth: auth(&spec.type_, secret.as_ref()),
        tls: certificate.or_else(|| authority_of_git_server(&spec.type_, secret.as_ref())),
        proxy: proxy.or_else(|| deprecated_proxy(provider, secret.as_ref())),
        secret,
        timeout,
        max_response: MAX_RESPONSE,
    };
    Ok(Prepared {
        target,
        config: config(provider, alert),
        timeout,
        mask,
    })
}

fn check_address(secret: Option<&SecretData>) -> Result<(), PrepareError> {
    match secret {
        Some(secret)
            if secret
                .get("address")
                .is_some_and(|address| address.len() > MAX_ADDRESS) =>
        {
            Err(PrepareError::Address {
                secret: secret.name.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// Generic webhooks authenticate by the Secret's headers or by a signature; others by what the Secret holds.
fn auth(type_: &str, secret: Option<&SecretData>) -> HttpAuth {
    let has = |key: &str| secret.is_some_and(|secret| secret.get(key).is_some());
    if gate::is_generic(type_) {
        HttpAuth::None
    } else if has("token") {
        HttpAuth::Bearer
    } else if has("username") {
        HttpAuth::Basic
    } else {
        HttpAuth::None
    }
}

/// Providers of Git servers may keep the authority beside their credentials.
fn authority_of_git_server(type_: &str, secret: Option<&SecretData>) -> Option<SecretData> {
    secret
        .filter(|secret| gate::sets_commit_status(type_) && secret.get("ca.crt").is_some())
        .cloned()
}

/// The proxy of the deprecated places: the Secret's key `proxy`, then `spec.proxy`.
fn deprecated_proxy(provider: &Provider, secret: Option<&SecretData>) -> Option<SecretData> {
    let from_secret = secret.and_then(|secret| secret.text("proxy")).map(str::trim);
    let address = from_secret
        .or(provider.spec.proxy.as_deref())
        .filter(|address| !address.is_empty())?;
    let name = provider.metadata.name.clone().unwrap_or_default();
    Some(SecretData::new(
        name,
        [("address".to_owned(), address.as_bytes().to_vec())],
    ))
}

/// What the plugin sees of Provider and Alert: no address, as it may be a secret, and no credentials.
fn config(provider: &Provider, alert: &Alert) -> String {
    let spec = &provider.spec;
    let mut config = json!({
        "type": spec.type_,
        "provider": identity(&provider.metadata.name, &provider.metadata.namespace, &provider.metadata.uid),
        "alert": identity(&alert.metadata.name, &alert.metadata.namespace, &alert.metadata.uid),
    });
    for (key, value) in [("channel", &spec.channel), ("username", &spec.username)] {
        if let Some(value) = value.as_ref().filter(|value| !value.is_empty()) {
            config[key] = json!(value);
        }
    }
    config.to_string()
}

fn identity(name: &Option<String>, namespace: &Option<String>, uid: &Option<String>) -> serde_json::Value {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    json!({ "name": text(name), "namespace": text(namespace), "uid": text(uid) })
}

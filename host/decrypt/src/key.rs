//! The keys that open data keys: what a Secret holds, and the services it gives access to.

mod age;
mod aws;
mod azure;
mod credentials;
mod gcp;
mod jwt;
mod oauth;
mod pgp;
mod secret;
mod sigv4;
mod vault;
mod vault_servers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sluice_model::Digest;
use sluice_model::digest::DigestBuilder;
use sluice_model::port::{EndpointError, HttpResponse};
use sluice_transport::{HostCall, Transport};
use zeroize::Zeroizing;

use crate::metadata::MasterKey;

pub use secret::{Import, ImportError};
pub use vault_servers::vault_login_path;

/// Of one call of a service.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Largest answer of a service; a data key is 32 bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// A data key, or a share of one.
pub(crate) type Opened = Zeroizing<Vec<u8>>;

/// Where services are, and which of them may be told a token.
#[derive(Debug, Clone)]
pub struct Services {
    /// Instead of `https://kms.REGION.amazonaws.com`.
    pub aws_kms: Option<String>,
    /// Instead of `https://sts.REGION.amazonaws.com`.
    pub aws_sts: Option<String>,
    /// Of Cloud KMS.
    pub gcp_kms: String,
    /// Azure's vaults are below these domains. A file names its vault, and the vault is sent a token: other hosts get
    /// none.
    pub azure_domains: Vec<String>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            aws_kms: std::env::var("AWS_ENDPOINT_URL_KMS").ok(),
            aws_sts: std::env::var("AWS_ENDPOINT_URL_STS").ok(),
            gcp_kms: "https://cloudkms.googleapis.com".into(),
            azure_domains: [
                "vault.azure.net",
                "vault.azure.cn",
                "vault.usgovcloudapi.net",
                "managedhsm.azure.net",
                "managedhsm.azure.cn",
                "managedhsm.usgovcloudapi.net",
            ]
            .map(String::from)
            .to_vec(),
        }
    }
}

/// Gives tokens for the identity that an object decrypts with, where no key of a Secret does.
#[async_trait]
pub trait VaultLogin: Send + Sync {
    /// Where to log in, with which role and token.
    ///
    /// # Errors
    /// Why there is no login for this server, without the token.
    async fn login(&self, address: &str) -> Result<VaultGrant, String>;
}

/// What logs in at a Vault.
pub struct VaultGrant {
    /// For example `auth/kubernetes/login`.
    pub path: String,
    /// Of the Vault.
    pub role: String,
    /// Of the service account.
    pub token: Zeroizing<String>,
}

/// The keys of one object. `Debug` shows what kinds there are.
#[derive(Clone, Default)]
pub struct Keys {
    age: Vec<Arc<age::Identity>>,
    pgp: Vec<Arc<pgp::PrivateKey>>,
    aws: Option<Arc<credentials::Aws>>,
    azure: Option<Arc<credentials::Azure>>,
    gcp: Option<Arc<credentials::Gcp>>,
    vault_token: Option<Arc<Zeroizing<String>>>,
    vault_login: Option<Arc<dyn VaultLogin>>,
    /// Where they come from, for messages.
    origin: String,
    /// Digests of what was imported.
    imported: Vec<Digest>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("age", &self.age.len())
            .field("pgp", &self.pgp.len())
            .field("aws", &self.aws.is_some())
            .field("azure", &self.azure.is_some())
            .field("gcp", &self.gcp.is_some())
            .field(
                "vault",
                &(self.vault_token.is_some() || self.vault_login.is_some()),
            )
            .finish()
    }
}

impl Keys {
    /// Logs in at Vaults for which no token is among the keys. `identity` names who logs in.
    pub fn set_vault_login(&mut self, login: Arc<dyn VaultLogin>, identity: &str) {
        self.vault_login = Some(login);
        self.note(b"vault login", identity.as_bytes());
    }

    /// Names the keys; salted, so that it says nothing of them outside of this process.
    pub(crate) fn fingerprint(&self, salt: &[u8; 32]) -> Digest {
        let mut pieces = self.imported.clone();
        pieces.sort_unstable();
        let mut builder = DigestBuilder::default();
        builder.piece(salt);
        for piece in &pieces {
            builder.piece(piece.as_bytes());
        }
        builder.finish()
    }

    fn note(&mut self, kind: &[u8], content: &[u8]) {
        let mut builder = DigestBuilder::default();
        builder.piece(kind).piece(content);
        self.imported.push(builder.finish());
    }

    /// Opens what a master key encrypted.
    ///
    /// # Errors
    /// Why this key does not, without secrets.
    pub(crate) async fn open(&self, key: &MasterKey, reach: &Reach) -> Result<Opened, String> {
        match key {
            MasterKey::Age { enc, .. } => age::open(&self.age, enc),
            MasterKey::Pgp { enc, .. } => pgp::open(&self.pgp, enc),
            MasterKey::AwsKms {
                arn,
                role,
                context,
                enc,
            } => {
                let credentials = self.aws.as_deref().ok_or_else(|| self.lacks(secret::AWS))?;
                aws::open(reach, credentials, arn, role.as_deref(), context, enc).await
            }
            MasterKey::GcpKms { resource, enc } => {
                let credentials = self.gcp.as_deref().ok_or_else(|| self.lacks(secret::GCP))?;
                gcp::open(reach, credentials, resource, enc).await
            }
            MasterKey::AzureKv {
                vault,
                name,
                version,
                enc,
            } => {
                let credentials = self.azure.as_deref().ok_or_else(|| self.lacks(secret::AZURE))?;
                azure::open(reach, credentials, vault, (name, version), enc).await
            }
            MasterKey::Vault {
                address,
                engine,
                key,
                enc,
            } => {
                let token = match (&self.vault_token, &self.vault_login) {
                    (Some(token), _) => Zeroizing::new(token.to_string()),
                    (None, Some(login)) => vault::log_in(reach, login.as_ref(), address).await?,
                    (None, None) => return Err(self.lacks(secret::VAULT)),
                };
                vault::open(reach, &token, address, (engine, key), enc).await
            }
        }
    }

    fn lacks(&self, name: &str) -> String {
        let origin = if self.origin.is_empty() {
            "there is no decryption secret".to_owned()
        } else {
            format!("{} has no key {name}", self.origin)
        };
        format!("{origin}, and this version knows no workload identity for this service")
    }
}

/// The way to services.
#[derive(Clone)]
pub(crate) struct Reach {
    pub transport: Arc<Transport>,
    pub services: Services,
}

impl Reach {
    /// A POST to a service.
    async fn post(
        &self,
        url: String,
        headers: Vec<(&'static str, Zeroizing<String>)>,
        body: Zeroizing<Vec<u8>>,
    ) -> Result<HttpResponse, String> {
        let call = HostCall {
            url,
            headers,
            body,
            timeout: TIMEOUT,
            max_response: MAX_ANSWER,
        };
        self.transport
            .call(call)
            .await
            .map_err(|error: EndpointError| error.to_string())
    }
}

/// The JSON of a good answer. What a service says of a failure is kept to its code and first words.
fn json_answer(response: &HttpResponse) -> Result<serde_json::Value, String> {
    let parsed: Option<serde_json::Value> = serde_json::from_slice(&response.body).ok();
    if (200..300).contains(&response.status) {
        return parsed.ok_or_else(|| "the answer is no JSON".into());
    }
    let words = parsed.as_ref().and_then(words_of).unwrap_or_default();
    let words: String = words.chars().filter(|c| !c.is_control()).take(200).collect();
    let gap = if words.is_empty() { "" } else { ": " };
    Err(format!("the service answered {}{gap}{words}", response.status))
}

/// Where the services put their words: AWS `message`, Google and Azure `error.message`, OAuth `error`, Vault `errors`.
fn words_of(answer: &serde_json::Value) -> Option<String> {
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let error = answer.get("error");
    error
        .and_then(|error| error.get("message"))
        .and_then(text)
        .or_else(|| error.and_then(text))
        .or_else(|| {
            answer
                .get("message")
                .or_else(|| answer.get("Message"))
                .and_then(text)
        })
        .or_else(|| answer.get("errors")?.get(0).and_then(text))
        .or_else(|| answer.get("__type").and_then(text))
}

#[cfg(test)]
pub(crate) mod tests;

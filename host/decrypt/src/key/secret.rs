//! Reads keys out of the data of a Secret, by the endings and names that Flux gives them.

use std::sync::Arc;

use sluice_model::SecretData;
use zeroize::Zeroizing;

use super::credentials::{Aws, Azure, Gcp};
use super::{Keys, age, pgp};

/// The key of the Secret with a Vault token.
pub(super) const VAULT: &str = "sops.vault-token";
/// The key of the Secret with AWS credentials.
pub(super) const AWS: &str = "sops.aws-kms";
/// The key of the Secret with Azure credentials.
pub(super) const AZURE: &str = "sops.azure-kv";
/// The key of the Secret with GCP credentials.
pub(super) const GCP: &str = "sops.gcp-kms";

/// Which keys of a Secret count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// All that Flux knows.
    All,
    /// `*.agekey` only: the Secret is shared by all namespaces.
    AgeOnly,
}

/// A key of the decryption Secret cannot be used. The message never holds any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to import key {key:?} of secret '{secret}': {reason}")]
pub struct ImportError {
    /// Namespace and name.
    pub secret: String,
    /// Of the Secret's data.
    pub key: String,
    /// Why.
    pub reason: String,
}

impl Keys {
    /// The keys in a Secret. Names are compared, never run (CVE-2021-41254).
    ///
    /// # Errors
    /// A key that counts does not parse.
    pub fn from_secret(secret: &SecretData, import: Import) -> Result<Self, ImportError> {
        let mut keys = Self {
            origin: format!("secret '{}'", secret.name),
            ..Self::default()
        };
        for name in secret.keys() {
            let value = secret.get(name).unwrap_or_default();
            let taken = keys.take(name, value, import).map_err(|reason| ImportError {
                secret: secret.name.clone(),
                key: name.to_owned(),
                reason,
            })?;
            if taken {
                keys.note(name.as_bytes(), value);
            }
        }
        Ok(keys)
    }

    /// Whether the key counts.
    fn take(&mut self, name: &str, value: &[u8], import: Import) -> Result<bool, String> {
        let text = || std::str::from_utf8(value).map_err(|_| "is no text".to_owned());
        if name.ends_with(".agekey") {
            self.age.extend(age::read(text()?)?);
            return Ok(true);
        }
        if import == Import::AgeOnly {
            return Ok(false);
        }
        match name {
            _ if name.ends_with(".asc") => self.pgp.extend(pgp::read(value)?),
            VAULT => {
                let token = Zeroizing::new(text()?.trim().to_owned());
                self.vault_token = Some(Arc::new(token)).filter(|token| !token.is_empty());
            }
            AWS => self.aws = Some(Arc::new(Aws::read(value)?)),
            AZURE => self.azure = Some(Arc::new(Azure::read(value)?)),
            GCP => self.gcp = Some(Arc::new(Gcp::read(value)?)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

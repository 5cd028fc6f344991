//! TLS material from the data of a Secret: an extra CA and a client certificate.

use sluice_model::SecretData;
use sluice_model::port::EndpointError;

/// Extra CA certificates and a client certificate, all PEM. The CA is added to the system's, as in Flux.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsMaterial {
    ca: Vec<u8>,
    identity: Vec<u8>,
}

impl TlsMaterial {
    /// From `ca.crt` (or the older `caFile`) and the pair `tls.crt`, `tls.key` (or `certFile`, `keyFile`).
    ///
    /// # Errors
    /// Half of the pair is missing, or a value is no PEM.
    pub fn from_secret(secret: &SecretData) -> Result<Self, EndpointError> {
        let value = |keys: [&str; 2]| {
            keys.into_iter()
                .find_map(|key| secret.get(key).filter(|value| !value.is_empty()))
        };
        let material = Self {
            ca: value(["ca.crt", "caFile"]).unwrap_or_default().to_vec(),
            identity: match (value(["tls.crt", "certFile"]), value(["tls.key", "keyFile"])) {
                (Some(certificate), Some(key)) => [key, b"\n", certificate].concat(),
                (None, None) => Vec::new(),
                _ => return Err(invalid(secret, "keys tls.crt and tls.key must be set together")),
            },
        };
        material
            .certificates()
            .map_err(|_| invalid(secret, "key ca.crt holds no PEM certificates"))?;
        material
            .identity()
            .map_err(|_| invalid(secret, "keys tls.crt and tls.key hold no PEM pair"))?;
        Ok(material)
    }

    /// The same without the client certificate, for other hosts than the one it is meant for.
    pub(crate) fn without_identity(&self) -> Self {
        Self {
            ca: self.ca.clone(),
            identity: Vec::new(),
        }
    }

    /// Whether a client certificate was given.
    pub(crate) fn has_identity(&self) -> bool {
        !self.identity.is_empty()
    }

    pub(crate) fn certificates(&self) -> Result<Vec<reqwest::Certificate>, reqwest::Error> {
        if self.ca.is_empty() {
            Ok(Vec::new())
        } else {
            reqwest::Certificate::from_pem_bundle(&self.ca)
        }
    }

    pub(crate) fn identity(&self) -> Result<Option<reqwest::Identity>, reqwest::Error> {
        if self.identity.is_empty() {
            return Ok(None);
        }
        reqwest::Identity::from_pem(&self.identity).map(Some)
    }

    pub(crate) fn ca_pem(&self) -> &[u8] {
        &self.ca
    }
}

fn invalid(secret: &SecretData, reason: &str) -> EndpointError {
    EndpointError::Unauthorized(format!("invalid TLS data in secret '{}': {reason}", secret.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_half_a_pair_and_garbage() {
        let half = SecretData::new("a/b", [("tls.crt".to_owned(), b"x".to_vec())]);
        assert!(TlsMaterial::from_secret(&half).is_err());
        let garbage = SecretData::new(
            "a/b",
            [(
                "ca.crt".to_owned(),
                b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----".to_vec(),
            )],
        );
        assert!(TlsMaterial::from_secret(&garbage).is_err());
        let none = TlsMaterial::from_secret(&SecretData::new("a/b", [])).expect("nothing is fine");
        assert!(!none.has_identity() && none.ca_pem().is_empty());
    }
}

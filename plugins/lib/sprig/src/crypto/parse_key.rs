//! Private keys from PEM.

use p256::elliptic_curve::pkcs8::DecodePrivateKey as _;
use rsa::pkcs1::DecodeRsaPrivateKey as _;

use super::key::PrivateKey;
use super::pem;

/// There is no usable private key in the text. The words are sprig's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block.
    #[error("no PEM data in input")]
    NoPem,
    /// A block of another type.
    #[error("no private key data in PEM block of type {0}")]
    NoKey(String),
    /// A type of key that sprig does not know.
    #[error("invalid private key type {0}")]
    UnknownType(String),
    /// The content is no key of its type.
    #[error("{stage}: {reason}")]
    Malformed {
        /// What was tried.
        stage: &'static str,
        /// Why it failed.
        reason: String,
    },
}

/// Reads the first PEM block as a private key: PKCS#8, or the form of its type.
///
/// # Errors
/// No block, no key in it, or a kind of key that is not supported.
pub fn parse_private_key(text: &[u8]) -> Result<PrivateKey, KeyError> {
    let block = pem::decode(text).ok_or(KeyError::NoPem)?;
    let content = block.content.as_slice();
    if block.label == "PRIVATE KEY" {
        return parse_pkcs8(content);
    }
    let Some(kind) = block.label.strip_suffix(" PRIVATE KEY") else {
        return Err(KeyError::NoKey(block.label));
    };
    match kind {
        "RSA" => rsa::PrivateKey::from_pkcs1_der(content)
            .map(|key| PrivateKey::Rsa(Box::new(key)))
            .map_err(|error| malformed("parsing RSA private key from PEM", error)),
        "EC" => p256::SecretKey::from_sec1_der(content)
            .map(|key| PrivateKey::Ecdsa(key.into()))
            .map_err(|error| malformed("parsing EC private key from PEM", error)),
        "DSA" => Ok(PrivateKey::Dsa(content.to_vec())),
        _ => Err(KeyError::UnknownType(block.label)),
    }
}

fn parse_pkcs8(content: &[u8]) -> Result<PrivateKey, KeyError> {
    if let Ok(key) = rsa::PrivateKey::from_pkcs8_der(content) {
        return Ok(PrivateKey::Rsa(Box::new(key)));
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_der(content) {
        return Ok(PrivateKey::Ecdsa(key.into()));
    }
    ed25519_dalek::SigningKey::from_pkcs8_der(content)
        .map(PrivateKey::Ed25519)
        .map_err(|error| malformed("decoding PEM as PKCS#8", error))
}

fn malformed(stage: &'static str, reason: impl std::fmt::Display) -> KeyError {
    KeyError::Malformed {
        stage,
        reason: reason.to_string(),
    }
}

//! Public keys that are trusted.

use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA256_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;

use crate::error::KeyError;

/// The algorithms. SHA-256 is what Flux takes everywhere; of larger curves cosign 3 takes the hash of their size.
const ALGORITHMS: [&dyn VerificationAlgorithm; 7] = [
    &ECDSA_P256_SHA256_ASN1,
    &ECDSA_P384_SHA256_ASN1,
    &ECDSA_P384_SHA384_ASN1,
    &ECDSA_P521_SHA256_ASN1,
    &ECDSA_P521_SHA512_ASN1,
    &RSA_PKCS1_2048_8192_SHA256,
    &ED25519,
];

/// A public key, for each algorithm that it may be used with.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<ParsedPublicKey>);

impl PublicKey {
    /// Reads a PEM block `PUBLIC KEY` (RFC 7468, a SubjectPublicKeyInfo), as `cosign generate-key-pair` writes it.
    ///
    /// # Errors
    /// There is none, or the algorithm is not known.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| KeyError::NoPem)?;
        let parsed = |algorithm: &&'static dyn VerificationAlgorithm| {
            ParsedPublicKey::new(*algorithm, info.as_ref()).ok()
        };
        if is_rsa_of_other_size(info.as_ref()) {
            return Err(KeyError::UnknownAlgorithm);
        }
        let keys: Vec<_> = ALGORITHMS.iter().filter_map(parsed).collect();
        if keys.is_empty() {
            return Err(KeyError::UnknownAlgorithm);
        }
        Ok(Self(keys))
    }

    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0
            .iter()
            .any(|key| key.verify_sig(message, signature).is_ok())
    }
}

/// Whether this is an RSA key of a size that no signature is verified with; nothing else would tell so.
fn is_rsa_of_other_size(info: &[u8]) -> bool {
    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, info).is_ok()
        && PublicEncryptingKey::from_der(info).is_err()
}

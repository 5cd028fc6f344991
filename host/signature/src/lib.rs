//! Signatures of artifacts in OCI registries, as `cosign sign --key` makes them: what is signed names the digest of the
//! artifact's manifest, and a signature counts when one of the trusted keys made it. Nothing is asked of a transparency
//! log, as Flux asks nothing of one where keys are given.
//!
//! Everything that is read here comes from whoever can write to the registry.

mod bundle;
mod error;
mod key;
mod payload;

pub use error::{KeyError, SignatureError};
pub use key::PublicKey;

use sluice_model::Digest;

/// What is attached to an artifact for a signature.
#[derive(Debug, Clone, Copy)]
pub struct Attached<'a> {
    /// Media type of the blob.
    pub media_type: &'a str,
    /// The blob.
    pub bytes: &'a [u8],
    /// The signature of the blob in base64, where it stands beside it (`dev.cosignproject.cosign/signature`).
    pub signature: Option<&'a str>,
}

/// Media type of what cosign signs before version 3: the signature stands beside it.
pub const PAYLOAD_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// How media types of Sigstore's bundles begin, which hold what is signed and its signature.
pub const BUNDLE_TYPE: &str = "application/vnd.dev.sigstore.bundle";
/// Largest blob that is read, in bytes.
pub const MAX_BLOB: usize = 1 << 20;

/// Whether one of the keys signed that this is the artifact.
///
/// # Errors
/// It did not: the blob is none that is known or malformed, names another artifact, or no key fits.
pub fn verify(attached: &Attached<'_>, artifact: &Digest, keys: &[PublicKey]) -> Result<(), SignatureError> {
    if attached.bytes.len() > MAX_BLOB {
        return Err(SignatureError::TooLarge);
    }
    if attached.media_type == PAYLOAD_TYPE {
        return payload::verify(attached.bytes, attached.signature, artifact, keys);
    }
    if attached.media_type.starts_with(BUNDLE_TYPE) {
        return bundle::verify(attached.bytes, artifact, keys);
    }
    Err(SignatureError::UnknownType)
}

/// Whether one of the keys made the signature.
fn is_signed_by(keys: &[PublicKey], message: &[u8], signature: &[u8]) -> bool {
    keys.iter().any(|key| key.has_signed(message, signature))
}

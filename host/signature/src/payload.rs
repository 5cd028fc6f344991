//! What cosign signs before version 3: a text that names the digest of the artifact (containers/image, simple signing).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sluice_model::Digest;

use crate::error::SignatureError;
use crate::{PublicKey, is_signed_by};

/// What the text says it is.
const TYPE: &str = "cosign container image signature";

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Whether one of the keys signed the text, and the text is about the artifact.
pub(crate) fn verify(
    text: &[u8],
    signature: Option<&str>,
    artifact: &Digest,
    keys: &[PublicKey],
) -> Result<(), SignatureError> {
    let signature = signature.ok_or(SignatureError::Malformed("it has no signature"))?;
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| SignatureError::Malformed("its signature is no base64"))?;
    if !is_signed_by(keys, text, &signature) {
        return Err(SignatureError::WrongKey);
    }
    let payload: Payload = serde_json::from_slice(text)
        .map_err(|_| SignatureError::Malformed("what is signed names no artifact"))?;
    if payload.critical.kind != TYPE {
        return Err(SignatureError::OtherStatement);
    }
    if payload.critical.image.digest != artifact.to_string() {
        return Err(SignatureError::OtherArtifact);
    }
    Ok(())
}

//! What cosign signs since version 3: a statement about the artifact (in-toto v1) in an envelope (DSSE v1) in a bundle of
//! Sigstore (protobuf-specs, `Bundle`, as JSON).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sluice_model::Digest;

use crate::error::SignatureError;
use crate::{PublicKey, is_signed_by};

const STATEMENT: &str = "application/vnd.in-toto+json";
/// What `cosign sign` states; an attestation has another predicate.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
/// Most signatures of an envelope; cosign makes one.
const MAX_SIGNATURES: usize = 16;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    dsse_envelope: Option<Envelope>,
    #[serde(default)]
    message_signature: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    subject: Vec<Subject>,
    predicate_type: String,
}

#[derive(Deserialize)]
struct Subject {
    digest: Digests,
}

#[derive(Deserialize)]
struct Digests {
    sha256: Option<String>,
}

/// Whether one of the keys signed the statement, and it says that the artifact is signed.
pub(crate) fn verify(bundle: &[u8], artifact: &Digest, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let bundle: Bundle =
        serde_json::from_slice(bundle).map_err(|_| SignatureError::Malformed("it is no bundle"))?;
    let Some(envelope) = bundle.dsse_envelope else {
        let what = match bundle.message_signature {
            Some(_) => "it holds no statement about the artifact",
            None => "it holds no envelope",
        };
        return Err(SignatureError::Malformed(what));
    };
    let statement = open(&envelope, keys)?;
    let statement: Statement = serde_json::from_slice(&statement)
        .map_err(|_| SignatureError::Malformed("what is signed is no statement"))?;
    if statement.predicate_type != SIGNED {
        return Err(SignatureError::OtherStatement);
    }
    let wanted = artifact.to_string();
    let is_wanted = |hex: &String| wanted.strip_prefix("sha256:") == Some(hex.as_str());
    let mut digests = statement
        .subject
        .iter()
        .filter_map(|it| it.digest.sha256.as_ref());
    if !digests.any(is_wanted) {
        return Err(SignatureError::OtherArtifact);
    }
    Ok(())
}

/// The statement of an envelope that one of the keys signed.
fn open(envelope: &Envelope, keys: &[PublicKey]) -> Result<Vec<u8>, SignatureError> {
    if envelope.payload_type != STATEMENT {
        return Err(SignatureError::OtherStatement);
    }
    if envelope.signatures.len() > MAX_SIGNATURES {
        return Err(SignatureError::Malformed("it has more than 16 signatures"));
    }
    let statement = STANDARD
        .decode(&envelope.payload)
        .map_err(|_| SignatureError::Malformed("its payload is no base64"))?;
    let message = encode(&envelope.payload_type, &statement);
    let signatures = envelope.signatures.iter();
    let mut signatures = signatures.filter_map(|it| STANDARD.decode(&it.sig).ok());
    if !signatures.any(|signature| is_signed_by(keys, &message, &signature)) {
        return Err(SignatureError::WrongKey);
    }
    Ok(statement)
}

/// What a signature of an envelope is about (DSSE v1, pre-authentication encoding).
fn encode(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

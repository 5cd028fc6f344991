//! Signatures of charts in registries: the tag becomes a digest, one of the trusted keys must have signed it, and the
//! plugin is given nothing else afterwards.

use std::time::Duration;

use sluice_model::port::EndpointError;
use sluice_model::{Digest, SecretData};
use sluice_signature::{Attached, BUNDLE_TYPE, MAX_BLOB, PAYLOAD_TYPE, PublicKey, SignatureError};
use sluice_transport::Transport;
use sluice_transport::oci::{Attachment, MAX_ATTACHED, RegistryTarget, Version, Wanted};

use super::HelmFetchError;
use super::chart::{ChartFetch, ChartVersion};
use super::repository::bound;

/// Ending of the entries of a Secret that are public keys.
const PUBLIC_KEY: &str = ".pub";
/// Ending of the tag that cosign gives its signatures.
const SUFFIX: &str = "sig";
/// Annotation of a signed text that holds its signature.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// Signatures that an error tells about.
const MAX_TOLD: usize = 5;

/// A Secret holds no keys that could be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It holds none.
    #[error("no public keys found in secret '{secret}': keys are entries whose names end in .pub")]
    NoKeys {
        /// `namespace/name`.
        secret: String,
    },
    /// One of its keys cannot be used.
    #[error("{entry} of secret '{secret}' is no public key: {source}")]
    InvalidKey {
        /// `namespace/name`.
        secret: String,
        /// Name of the entry.
        entry: String,
        /// What is wrong.
        source: sluice_signature::KeyError,
    },
}

/// The public keys of a Secret, all entries whose names end in `.pub`.
///
/// # Errors
/// There is none, or one that is no key: to leave it out would be to trust fewer keys than said.
pub fn trusted_keys(secret: &SecretData) -> Result<Vec<PublicKey>, TrustError> {
    let entries = secret.keys().filter(|entry| entry.ends_with(PUBLIC_KEY));
    let keys = entries.map(|entry| {
        let pem = secret.get(entry).unwrap_or_default();
        PublicKey::from_pem(pem).map_err(|source| TrustError::InvalidKey {
            secret: secret.name.clone(),
            entry: entry.to_owned(),
            source,
        })
    });
    let keys: Vec<PublicKey> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err(TrustError::NoKeys {
            secret: secret.name.clone(),
        });
    }
    Ok(keys)
}

/// Why a chart is not known to be signed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SignatureProblem {
    /// It comes from elsewhere.
    #[error("only charts in OCI registries have signatures")]
    NoRegistry,
    /// The registry cannot be asked.
    #[error("{0}")]
    Registry(EndpointError),
    /// There is none.
    #[error("no signatures were found for {0}")]
    None(Digest),
    /// There are some, but none counts.
    #[error("no matching signatures were found for {digest}: {told}")]
    NoMatch {
        /// Of the chart's manifest.
        digest: Digest,
        /// How many there are, and what is wrong with them.
        told: String,
    },
}

impl ChartFetch {
    /// Whether one of the keys signed what the version's tag leads to now; gives its digest. From then on the plugin gets
    /// that and nothing else of the registry, wherever the tag moves, and refuses a chart of another name or version.
    ///
    /// # Errors
    /// No key did, the registry cannot be asked, or the chart is in no registry.
    pub async fn verify(
        &mut self,
        version: &ChartVersion,
        keys: &[PublicKey],
        transport: &Transport,
    ) -> Result<Digest, HelmFetchError> {
        let unverified = |chart: String, problem| HelmFetchError::Unverified { chart, problem };
        let Some(target) = &self.registry else {
            return Err(unverified(version.name.clone(), SignatureProblem::NoRegistry));
        };
        let tag = version.tag();
        let verified = tokio::time::timeout(target.timeout, verify(target, &tag, keys, transport)).await;
        let verified =
            verified.unwrap_or_else(|_| Err(SignatureProblem::Registry(timed_out(target.timeout))));
        let digest = match verified {
            Ok(digest) => digest,
            Err(SignatureProblem::Registry(error @ EndpointError::Unauthorized(_))) => {
                return Err(HelmFetchError::Target(error));
            }
            Err(problem) => return Err(unverified(format!("{}:{tag}", target.url), problem)),
        };
        let endpoint = transport
            .oci_at(target, self.max_chart, digest)
            .map_err(HelmFetchError::Target)?;
        self.insist(bound(endpoint));
        Ok(digest)
    }
}

fn timed_out(after: Duration) -> EndpointError {
    EndpointError::Transient {
        message: format!("timed out after {after:?}"),
        after_ms: None,
    }
}

/// The digest behind a tag, when one of the keys signed it. Signatures are read one by one until one counts.
async fn verify(
    target: &RegistryTarget,
    tag: &str,
    keys: &[PublicKey],
    transport: &Transport,
) -> Result<Digest, SignatureProblem> {
    let registry = transport.registry(target).map_err(SignatureProblem::Registry)?;
    let resolved = registry.resolve(&Version::Tag(tag.to_owned())).await;
    let digest = resolved.map_err(SignatureProblem::Registry)?;
    let kind = |kind: &str| kind == PAYLOAD_TYPE || kind.starts_with(BUNDLE_TYPE);
    let wanted = Wanted {
        suffix: SUFFIX,
        kind: &kind,
        max_bytes: MAX_BLOB as u64,
    };
    let mut attachments = registry.attachments(digest, wanted);
    let (mut problems, mut unread) = (Vec::new(), None);
    while let Some(attachment) = attachments.next().await {
        match attachment {
            Ok(attachment) => match check(&attachment, &digest, keys) {
                Ok(()) => return Ok(digest),
                Err(problem) => problems.push(problem),
            },
            Err(error) => unread = Some(error),
        }
    }
    Err(match unread {
        // what could not be read may be the signature
        Some(error) => SignatureProblem::Registry(error),
        None if problems.is_empty() && !attachments.has_more() => SignatureProblem::None(digest),
        None => SignatureProblem::NoMatch {
            digest,
            told: told(&problems, attachments.has_more()),
        },
    })
}

fn check(attachment: &Attachment, digest: &Digest, keys: &[PublicKey]) -> Result<(), SignatureError> {
    let attached = Attached {
        media_type: &attachment.media_type,
        bytes: &attachment.bytes,
        signature: attachment.annotations.get(SIGNATURE).map(String::as_str),
    };
    sluice_signature::verify(&attached, digest, keys)
}

fn told(problems: &[SignatureError], has_more: bool) -> String {
    let found = if has_more {
        format!("only the newest {MAX_ATTACHED} of what is attached are looked at")
    } else {
        format!("of {} found", problems.len())
    };
    let shown = problems.iter().take(MAX_TOLD).map(ToString::to_string);
    let mut parts: Vec<String> = std::iter::once(found).chain(shown).collect();
    if problems.len() > MAX_TOLD {
        parts.push("...".into());
    }
    let (head, rest) = parts.split_at(1);
    format!("{}, {}", head.concat(), rest.join("; "))
}

//! Signatures of charts in registries: the tag becomes a digest, one of the trusted keys must have signed it, and the
//! plugin is given nothing else afterwards.

use sluice_model::port::{Bindings, EndpointError};
use sluice_model::{Digest, SecretData};
use sluice_signature::{Attached, BUNDLE_TYPE, MAX_BLOB, PAYLOAD_TYPE, PublicKey};
use sluice_transport::Transport;
use sluice_transport::oci::{Attachment, Registry, RegistryTarget, Version};

use super::chart::{ChartFetch, ChartVersion};
use super::{HelmFetchError, TARGET};

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

impl ChartFetch {
    /// Whether one of the keys signed what the version's tag leads to now. From then on the plugin gets that and nothing
    /// else of the registry, wherever the tag moves.
    ///
    /// # Errors
    /// No key did, the registry cannot be asked, or the chart is in no registry.
    pub async fn verify(
        &mut self,
        version: &ChartVersion,
        keys: &[PublicKey],
        transport: &Transport,
    ) -> Result<(), HelmFetchError> {
        let Some(target) = &self.registry else {
            return Err(HelmFetchError::Unverified {
                chart: version.name.clone(),
                problem: "only charts in OCI registries have signatures".into(),
            });
        };
        let tag = version.tag();
        let unverified = |problem: String| HelmFetchError::Unverified {
            chart: format!("{}:{tag}", target.url),
            problem,
        };
        let digest = verify(target, &tag, keys, transport).await.map_err(unverified)?;
        let endpoint = transport
            .oci_at(target, self.max_chart, digest)
            .map_err(HelmFetchError::Target)?;
        self.bind(Bindings {
            oci: vec![(TARGET.to_owned(), endpoint)],
            ..Bindings::default()
        });
        Ok(())
    }
}

/// The digest behind a tag, when one of the keys signed it.
async fn verify(
    target: &RegistryTarget,
    tag: &str,
    keys: &[PublicKey],
    transport: &Transport,
) -> Result<Digest, String> {
    let told = |error: EndpointError| error.to_string();
    let registry = transport.registry(target).map_err(told)?;
    let digest = registry
        .resolve(&Version::Tag(tag.to_owned()))
        .await
        .map_err(told)?;
    let attached = attached(&registry, &digest).await.map_err(told)?;
    let mut problems = Vec::new();
    for attachment in &attached {
        let attached = Attached {
            media_type: &attachment.media_type,
            bytes: &attachment.bytes,
            signature: attachment.annotations.get(SIGNATURE).map(String::as_str),
        };
        match sluice_signature::verify(&attached, &digest, keys) {
            Ok(()) => return Ok(digest),
            Err(problem) => problems.push(problem.to_string()),
        }
    }
    if problems.is_empty() {
        return Err(format!("no signatures were found for {digest}"));
    }
    let (found, more) = (problems.len(), problems.len() > MAX_TOLD);
    problems.truncate(MAX_TOLD);
    let problems = problems.join("; ");
    let end = if more { "; ..." } else { "" };
    Err(format!(
        "no matching signatures were found for {digest}: of {found} found, {problems}{end}"
    ))
}

async fn attached(registry: &Registry, digest: &Digest) -> Result<Vec<Attachment>, EndpointError> {
    let wanted = |kind: &str| kind == PAYLOAD_TYPE || kind.starts_with(BUNDLE_TYPE);
    registry
        .attachments(digest, SUFFIX, &wanted, MAX_BLOB as u64)
        .await
}

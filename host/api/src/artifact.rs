//! The artifact of a source in its status (Flux `meta.Artifact`).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DIGEST_PATTERN: &str = "^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$";

/// What a source published last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Digest of the file, as `<algorithm>:<hex>`.
    #[schemars(regex(pattern = DIGEST_PATTERN))]
    pub digest: String,
    /// When the file was stored.
    pub last_update_time: Time,
    /// Facts from the origin, such as annotations of an OCI manifest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// Path of the file below the storage's root.
    pub path: String,
    /// Revision in the origin's own terms, for example `main@sha1:4f3c…`.
    pub revision: String,
    /// Size of the file in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// HTTP address of the file.
    pub url: String,
}

/// The artifact of a status is not one that Sluice can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadArtifactError {
    /// Another algorithm than sha256, or no digest.
    #[error("failed to read artifact {path:?}: {source}")]
    Digest {
        /// Path of the artifact.
        path: String,
        /// What is wrong.
        source: sluice_model::digest::ParseDigestError,
    },
}

/// The time of an artifact of the stages is not RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse lastUpdateTime {text:?} of artifact {path:?}")]
pub struct ArtifactTimeError {
    /// Path of the artifact.
    pub path: String,
    /// What was given.
    pub text: String,
}

impl TryFrom<&sluice_model::Artifact> for Artifact {
    type Error = ArtifactTimeError;

    fn try_from(from: &sluice_model::Artifact) -> Result<Self, Self::Error> {
        let time = from.last_update_time.parse().map_err(|_| ArtifactTimeError {
            path: from.path.clone(),
            text: from.last_update_time.clone(),
        })?;
        Ok(Self {
            digest: from.digest.to_string(),
            last_update_time: Time(time),
            metadata: from
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            path: from.path.clone(),
            revision: from.revision.clone(),
            size: i64::try_from(from.size).ok(),
            url: from.url.clone(),
        })
    }
}

impl TryFrom<&Artifact> for sluice_model::Artifact {
    type Error = ReadArtifactError;

    fn try_from(from: &Artifact) -> Result<Self, Self::Error> {
        let digest = from.digest.parse().map_err(|source| ReadArtifactError::Digest {
            path: from.path.clone(),
            source,
        })?;
        Ok(Self {
            path: from.path.clone(),
            url: from.url.clone(),
            revision: from.revision.clone(),
            digest,
            last_update_time: from.last_update_time.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            size: from.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            metadata: from
                .metadata
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crosses_to_the_stages_and_back() {
        let stored = sluice_model::Artifact {
            path: "gitrepository/apps/podinfo/4f3c.tar.gz".into(),
            url: "http://sluice.sluice-system/gitrepository/apps/podinfo/4f3c.tar.gz".into(),
            revision: "main@sha1:4f3c".into(),
            digest: sluice_model::Digest::of(b"x"),
            last_update_time: "2026-11-23T10:00:00Z".into(),
            size: 42,
            metadata: [("k".to_owned(), "v".to_owned())].into_iter().collect(),
        };
        let status = Artifact::try_from(&stored).expect("a time");
        let json = serde_json::to_value(&status).expect("serialises");
        assert_eq!(json["lastUpdateTime"], "2026-11-23T10:00:00Z");
        assert_eq!(sluice_model::Artifact::try_from(&status), Ok(stored));

        let foreign = Artifact {
            digest: "sha512:00".into(),
            ..status
        };
        assert!(sluice_model::Artifact::try_from(&foreign).is_err());
    }
}

//! The data key of a file: one of the keys of each group opens it, or a share of it.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;
use sluice_model::Digest;
use sluice_model::digest::DigestBuilder;

use crate::error::SopsError;
use crate::key::{Keys, Opened, Reach};
use crate::metadata::{MasterKey, Metadata};
use crate::shamir;

/// Data keys that are remembered: a key service is asked once a file, not once a commit.
const REMEMBERED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(2047);

/// Data keys that were opened lately, by the fingerprint of the keys and the metadata they are for. A value is
/// overwritten when it goes.
pub(crate) struct DataKeys(Mutex<LruCache<Digest, Opened>>);

impl Default for DataKeys {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl DataKeys {
    /// The data key of a file.
    ///
    /// # Errors
    /// What each key said, without secrets.
    pub async fn open(
        &self,
        metadata: &Metadata,
        keys: &Keys,
        fingerprint: &Digest,
        reach: &Reach,
    ) -> Result<Opened, SopsError> {
        let mut builder = DigestBuilder::default();
        builder
            .piece(fingerprint.as_bytes())
            .piece(metadata.id.as_bytes());
        let name = builder.finish();
        if let Some(known) = self.0.lock().get(&name) {
            return Ok(known.clone());
        }
        let opened = open(metadata, keys, reach).await?;
        self.0.lock().put(name, opened.clone());
        Ok(opened)
    }
}

async fn open(metadata: &Metadata, keys: &Keys, reach: &Reach) -> Result<Opened, SopsError> {
    let (mut shares, mut failures) = (Vec::new(), Vec::new());
    let is_split = metadata.groups.len() > 1;
    for (at, group) in metadata.groups.iter().enumerate() {
        match open_group(group, keys, reach).await {
            Ok(share) => shares.push(share),
            Err(reason) if is_split => failures.push(format!("group {at}: {reason}")),
            Err(reason) => failures.push(reason),
        }
    }
    let failed = || SopsError::DataKey(failures.join("; "));
    if !is_split {
        return shares.pop().ok_or_else(failed);
    }
    let wanted = if metadata.threshold == 0 {
        metadata.groups.len()
    } else {
        metadata.threshold
    };
    if shares.len() < wanted {
        let told = failures.join("; ");
        return Err(SopsError::DataKey(format!(
            "{} of {wanted} key groups opened: {told}",
            shares.len()
        )));
    }
    shamir::combine(&shares).map_err(|reason| SopsError::DataKey(format!("the shares do not fit: {reason}")))
}

/// The first key that opens; the reasons of all when none does.
async fn open_group(group: &[MasterKey], keys: &Keys, reach: &Reach) -> Result<Opened, String> {
    let mut failures = Vec::new();
    for key in group {
        match keys.open(key, reach).await {
            Ok(opened) => return Ok(opened),
            Err(reason) => failures.push(format!("{}: {reason}", key.name())),
        }
    }
    Err(if failures.is_empty() {
        "it has no keys".into()
    } else {
        failures.join(", ")
    })
}

impl MasterKey {
    /// For messages; what a file says is cut short.
    fn name(&self) -> String {
        let (kind, name) = match self {
            Self::Age { recipient, .. } => ("age", recipient),
            Self::Pgp { fingerprint, .. } => ("PGP", fingerprint),
            Self::AwsKms { arn, .. } => ("AWS KMS", arn),
            Self::GcpKms { resource, .. } => ("GCP KMS", resource),
            Self::AzureKv { name, .. } => ("Azure Key Vault", name),
            Self::Vault { key, .. } => ("Vault transit", key),
        };
        let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
        format!("{kind} key {name}")
    }
}

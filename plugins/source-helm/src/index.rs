//! The index of a repository: its revision is the digest of its bytes as they were fetched, its artifact is sorted JSON.

use sha2::{Digest as _, Sha256};
use sluice_helm_index::{Limits, convert};
use sluice_plugin::Error;

use crate::error::{INDEX, failed};

/// Path of the index below a repository's address.
pub const PATH: &str = "index.yaml";

/// The revision of an index.
pub fn revision(raw: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(raw)))
}

/// The artifact of an index.
///
/// # Errors
/// The bytes are no index, or more than `max` of them.
pub fn artifact(raw: &[u8], max: Option<usize>) -> Result<Vec<u8>, Error> {
    let mut limits = Limits::default();
    limits.max_bytes = max.unwrap_or(limits.max_bytes);
    let index =
        convert(raw, &limits).map_err(|error| failed(INDEX, format!("failed to load index: {error}")))?;
    Ok(index.json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_revision_is_that_of_the_bytes_and_the_artifact_is_json() {
        let raw = b"apiVersion: v1\nentries: {}\n";
        assert!(revision(raw).starts_with("sha256:"));
        let json = artifact(raw, None).expect("an index");
        assert_eq!(json, br#"{"apiVersion":"v1","entries":{}}"#);
        let error = artifact(b"<html>", None).expect_err("is refused");
        assert!(
            matches!(error, Error::Failed(text) if text.starts_with("failed to load Helm repository from index YAML: failed to load index: "))
        );
        assert!(artifact(raw, Some(10)).is_err());
    }
}

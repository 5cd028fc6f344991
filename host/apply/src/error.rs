//! What can go wrong in an apply or a prune, named by object; texts follow Flux's where it has one.

use sluice_cluster::ClusterError;
use sluice_model::condition::reasons;
use sluice_model::{Inventory, InventoryEntry, ObjectId};

use crate::change::ChangeSet;
use crate::options::IntentError;

/// One object could not be applied. Secret values are masked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ObjectError {
    /// Name, kind or apiVersion is missing.
    #[error("failed to apply object {position} of the manifests ({subject}): {missing} is missing")]
    Incomplete {
        /// Counted from 1.
        position: usize,
        /// What is known of it.
        subject: String,
        /// The missing field.
        missing: &'static str,
    },
    /// The manifests hold it twice.
    #[error("{} is in the manifests more than once", .id.subject())]
    Duplicate {
        /// Which object.
        id: ObjectId,
    },
    /// Its values are still ciphertext.
    #[error("{} is SOPS encrypted, configuring decryption is required for this secret to be reconciled", .id.subject())]
    Encrypted {
        /// Which object.
        id: ObjectId,
    },
    /// It is namespaced and names no namespace.
    #[error("{} namespace not specified: the server could not find the requested resource", .id.subject())]
    NoNamespace {
        /// Which object.
        id: ObjectId,
    },
    /// The live object could not be read.
    #[error("{} query failed: {error}", .id.subject())]
    Query {
        /// Which object.
        id: ObjectId,
        /// The server's refusal.
        error: ClusterError,
    },
    /// The server would not accept it.
    #[error("{}", dry_run_text(.id, .error))]
    DryRun {
        /// Which object.
        id: ObjectId,
        /// The server's refusal.
        error: ClusterError,
    },
    /// Only the operator may change it.
    #[error("{} is protected: {reason}", .id.subject())]
    Protected {
        /// Which object.
        id: ObjectId,
        /// Why.
        reason: String,
    },
    /// Fields of other managers could not be taken over.
    #[error("{} metadata.managedFields cleanup failed: {error}", .id.subject())]
    Cleanup {
        /// Which object.
        id: ObjectId,
        /// The server's refusal.
        error: ClusterError,
    },
    /// It was checked but could not be written.
    #[error("{} apply failed: {error}", .id.subject())]
    Apply {
        /// Which object.
        id: ObjectId,
        /// The server's refusal.
        error: ClusterError,
    },
    /// An immutable field changes, and the old object could not be deleted.
    #[error("{} immutable field detected, failed to delete object: {error}", .id.subject())]
    Recreate {
        /// Which object.
        id: ObjectId,
        /// The server's refusal.
        error: ClusterError,
    },
    /// An immutable field changes, and the old object did not go in time; finalizers may hold it.
    #[error(
        "{} immutable field detected, failed to wait for object to be deleted: still there after {seconds} s",
        .id.subject()
    )]
    NotGone {
        /// Which object.
        id: ObjectId,
        /// How long was waited.
        seconds: u64,
    },
}

fn dry_run_text(id: &ObjectId, error: &ClusterError) -> String {
    let subject = id.subject();
    if matches!(error, ClusterError::NotFound { .. }) {
        return format!("{subject} not found: {error}");
    }
    match error.status_reason() {
        "" => format!("{subject} dry-run failed: {error}"),
        reason => format!("{subject} dry-run failed ({reason}): {error}"),
    }
}

impl ObjectError {
    /// Which object; none when it has no name.
    pub fn id(&self) -> Option<&ObjectId> {
        match self {
            Self::Incomplete { .. } => None,
            Self::Duplicate { id }
            | Self::Encrypted { id }
            | Self::NoNamespace { id }
            | Self::Query { id, .. }
            | Self::DryRun { id, .. }
            | Self::Protected { id, .. }
            | Self::Cleanup { id, .. }
            | Self::Apply { id, .. }
            | Self::Recreate { id, .. }
            | Self::NotGone { id, .. } => Some(id),
        }
    }
}

/// Why an apply ended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// Objects of one stage failed; later stages were not begun.
    #[error("{}", lines(.0))]
    Objects(Vec<ObjectError>),
    /// Nothing was written.
    #[error(transparent)]
    Intent(#[from] IntentError),
    /// Definitions did not become ready, so that the next stage was not begun.
    #[error("{0}")]
    NotReady(String),
}

fn lines(errors: &[ObjectError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// An apply failed; what was done until then stands.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{failure}")]
pub struct ApplyError {
    /// Why.
    pub failure: Failure,
    /// What was done so far.
    pub changes: ChangeSet,
    /// The previous entries joined with whatever was or may have been written: record it.
    pub inventory: Inventory,
}

impl ApplyError {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        reasons::RECONCILIATION_FAILED
    }

    /// The error with the lines of what was changed before it, as Flux puts it into conditions and events.
    pub fn message(&self) -> String {
        match self.changes.log() {
            log if log.is_empty() => self.failure.to_string(),
            log => format!("{}\n{log}", self.failure),
        }
    }

    /// The errors by object.
    pub fn objects(&self) -> &[ObjectError] {
        match &self.failure {
            Failure::Objects(errors) => errors,
            Failure::Intent(_) | Failure::NotReady(_) => &[],
        }
    }
}

/// Stale objects could not be deleted; keep their entries, they are tried again.
#[derive(Debug, Clone, thiserror::Error)]
#[error("delete failed, errors: {}", texts(.failed))]
pub struct PruneError {
    /// Each with the server's refusal.
    pub failed: Vec<(InventoryEntry, String)>,
}

fn texts(failed: &[(InventoryEntry, String)]) -> String {
    failed.iter().map(|(_, text)| format!("{text};")).collect()
}

impl PruneError {
    /// The condition reason.
    pub fn reason(&self) -> &'static str {
        reasons::PRUNE_FAILED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dry_run_errors_read_as_flux_writes_them() {
        let id = ObjectId {
            namespace: "a".into(),
            name: "b".into(),
            group: "apps".into(),
            kind: "Deployment".into(),
        };
        let text = |error| {
            ObjectError::DryRun {
                id: id.clone(),
                error,
            }
            .to_string()
        };
        let message = || "m".to_owned();
        assert_eq!(
            text(ClusterError::Invalid {
                message: message(),
                causes: vec![]
            }),
            "Deployment/a/b dry-run failed (Invalid): m"
        );
        assert_eq!(
            text(ClusterError::NotFound { message: message() }),
            "Deployment/a/b not found: m"
        );
        assert_eq!(
            text(ClusterError::NoMatch {
                api_version: "x/v1".into(),
                kind: "Y".into(),
                uncertain: false
            }),
            "Deployment/a/b dry-run failed: no matches for kind \"Y\" in version \"x/v1\""
        );
    }
}

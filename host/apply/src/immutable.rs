//! Tells a changed immutable field from an object that is simply invalid.
//!
//! The API server has no code for it: both are `Invalid` (422) or a refusal of a webhook. An invalid object must never
//! be deleted for the sake of `force`, so every detail of the refusal must speak of immutability.

use sluice_cluster::{Cause, ClusterError};

/// How Kubernetes' validations, CEL rules and webhooks speak of fields that may not change.
const WORDS: [&str; 7] = [
    "is immutable",
    "immutable field",
    "updates to ",
    "may not change",
    "may not be changed",
    "cannot change",
    "pod updates may not",
];

/// Whether recreating the object would help.
pub(crate) fn is_immutable(error: &ClusterError) -> bool {
    match error {
        ClusterError::Invalid { message, causes } => match causes.as_slice() {
            [] => speaks(message),
            causes => causes.iter().all(|cause: &Cause| speaks(&cause.message)),
        },
        ClusterError::Forbidden { message } | ClusterError::Other { message, .. } => {
            message.contains("is immutable") || message.contains("immutable field")
        }
        _ => false,
    }
}

fn speaks(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invalid(messages: &[&str]) -> ClusterError {
        let cause = |message: &&str| Cause {
            reason: "FieldValueInvalid".into(),
            message: (*message).into(),
            field: "spec".into(),
        };
        ClusterError::Invalid {
            message: messages.join("; "),
            causes: messages.iter().map(cause).collect(),
        }
    }

    /// K13: the words of Kubernetes 1.36 for a Job, a StatefulSet, a Service, a PVC, a RoleBinding and a CEL rule.
    #[test]
    fn immutable_fields_are_told_by_every_kind() {
        for text in [
            "Invalid value: {}: field is immutable",
            "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
            "Invalid value: \"10.0.0.1\": may not change once set",
            "Forbidden: spec is immutable after creation except resources.requests for bound claims",
            "Invalid value: {}: cannot change roleRef",
            "Invalid value: \"string\": Value is immutable",
            "Forbidden: may not be changed in an update.",
        ] {
            assert!(is_immutable(&invalid(&[text])), "{text}");
        }
    }

    /// Flux deletes the live object here; we must not.
    #[test]
    fn a_merely_invalid_object_is_not_recreated() {
        assert!(!is_immutable(&invalid(&["Required value"])));
        assert!(!is_immutable(&invalid(&["field is immutable", "Required value"])));
        assert!(!is_immutable(&ClusterError::Conflict {
            message: "is immutable".into(),
            causes: vec![]
        }));
        assert!(
            !is_immutable(&invalid(&["is not immutable"])),
            "only a field that is immutable"
        );
    }
}

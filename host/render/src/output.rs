//! What a render gives, and the form in which the memo keeps it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sluice_model::{Digest, Manifests, Object};
use sluice_sandbox::Extra;

use crate::error::RenderError;

/// A finished render.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendering {
    /// Checked, lists flattened, in render order.
    pub manifests: Manifests,
    /// Of everything the render gave; what [`crate::Renderer::check`] answers for the same input.
    pub digest: Digest,
    /// No plugin was called for this caller.
    pub memo_hit: bool,
    /// For the user, not errors.
    pub warnings: Vec<String>,
    /// Notes, hooks, definitions, chart.
    pub extras: Vec<Extra>,
    /// Randomness or time went into it: apply it once, never reuse it.
    pub used_entropy: bool,
}

/// The form of the memo. No origins: an object that moved to another file is the same object.
#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    objects: std::borrow::Cow<'a, [Object]>,
    #[serde(default, skip_serializing_if = "<[String]>::is_empty")]
    warnings: std::borrow::Cow<'a, [String]>,
    #[serde(default, skip_serializing_if = "<[Extra]>::is_empty")]
    extras: std::borrow::Cow<'a, [Extra]>,
}

impl Rendering {
    /// A fresh rendering with the bytes that the memo keeps of it.
    ///
    /// # Errors
    /// The objects cannot be written as JSON.
    pub(crate) fn fresh(
        objects: Vec<Object>,
        warnings: Vec<String>,
        extras: Vec<Extra>,
        used_entropy: bool,
    ) -> Result<(Self, Bytes), RenderError> {
        let stored = Stored {
            objects: objects.as_slice().into(),
            warnings: warnings.as_slice().into(),
            extras: extras.as_slice().into(),
        };
        let bytes = serde_json::to_vec(&stored).map_err(|error| RenderError::Encode(error.to_string()))?;
        let digest = Digest::of(&bytes);
        let manifests = Manifests { objects };
        Ok((
            Self {
                manifests,
                digest,
                memo_hit: false,
                warnings,
                extras,
                used_entropy,
            },
            bytes.into(),
        ))
    }

    /// A rendering from the memo; none when the bytes are of another version.
    pub(crate) fn stored(bytes: &[u8], digest: Digest) -> Option<Self> {
        let stored: Stored<'static> = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            manifests: Manifests {
                objects: stored.objects.into_owned(),
            },
            digest,
            memo_hit: true,
            warnings: stored.warnings.into_owned(),
            extras: stored.extras.into_owned(),
            used_entropy: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comes_back_from_its_stored_form() {
        let object = Object::from_value(
            json!({"kind": "A", "metadata": {"name": "x"}, "z": 1.0, "a": 18446744073709551615u64}),
        );
        let extras = vec![Extra::Notes("thanks\n".into()), Extra::Hook("{}".into())];
        let (fresh, bytes) = Rendering::fresh(
            object.into_iter().collect(),
            vec!["old field".into()],
            extras,
            false,
        )
        .expect("writes");
        let back = Rendering::stored(&bytes, fresh.digest).expect("reads");
        assert_eq!(
            back,
            Rendering {
                memo_hit: true,
                ..fresh
            }
        );
        assert!(Rendering::stored(b"{\"objects\":7}", back.digest).is_none());
    }
}

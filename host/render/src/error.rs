//! Why a render gave no objects.

use sluice_model::condition::reasons;
use sluice_model::port::DecryptError;
use sluice_sandbox::{CallError, GuestError};

/// Why a render gave no objects. One failure may answer several callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The plugin failed, was stopped, or could not be called.
    #[error("{message}")]
    Plugin {
        /// Of the `Ready` condition.
        reason: &'static str,
        /// The renderer's own words, or the sandbox's, which name plugin and digest.
        message: String,
        /// Only a change of spec or plugin helps.
        stalled: bool,
    },
    /// The plugin needs these inputs (remote bases, dependencies) before it can render.
    #[error("needs {}, which the source does not hold; what is elsewhere is not fetched", .0.join(", "))]
    NeedsInput(Vec<String>),
    /// What the renderer asks for cannot be had.
    #[error("failed to get {what}: {problem}")]
    Supply {
        /// A remote base, a chart, ...; with its address.
        what: String,
        /// Why not.
        problem: String,
    },
    /// An object cannot be named.
    #[error("{} {reason}", object_place(.subject, .origin, .index))]
    Object {
        /// Place in the renderer's output, from 0.
        index: usize,
        /// The file it comes from.
        origin: String,
        /// Kind and name as far as they are known.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A source or object is encrypted and does not decrypt.
    #[error(transparent)]
    Decrypt(#[from] DecryptError),
    /// The output cannot be written as JSON.
    #[error("failed to write output as JSON: {0}")]
    Encode(String),
}

fn object_place(subject: &str, origin: &str, index: &usize) -> String {
    if subject.is_empty() {
        format!("object {index} in {origin}")
    } else {
        format!("{subject} in {origin} (object {index})")
    }
}

impl RenderError {
    /// The reason of the `Ready` condition.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Plugin { reason, .. } => reason,
            Self::NeedsInput(_)
            | Self::Supply { .. }
            | Self::Object { .. }
            | Self::Decrypt(_)
            | Self::Encode(_) => reasons::BUILD_FAILED,
        }
    }
}

/// What the renderer says of the files is a failed build, whatever case it chose; the sandbox's own findings keep theirs.
impl From<CallError> for RenderError {
    fn from(error: CallError) -> Self {
        let stalled = error.is_stalled();
        match error.guest() {
            Some(GuestError::NeedsInput(names)) => Self::NeedsInput(names.clone()),
            Some(said) => Self::Plugin {
                reason: reasons::BUILD_FAILED,
                message: said.to_string(),
                stalled,
            },
            None => Self::Plugin {
                reason: error.reason(),
                message: error.to_string(),
                stalled,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::Digest;
    use sluice_sandbox::Failure;

    fn told(failure: Failure) -> RenderError {
        let digest = Digest::of(b"component");
        CallError {
            plugin: "render-kustomize".into(),
            digest,
            function: "render",
            failure,
        }
        .into()
    }

    #[test]
    fn a_guest_speaks_for_itself_and_the_sandbox_names_the_guest() {
        let broken = told(Failure::Guest(GuestError::Failed(
            "app/deploy.yaml: line 3: bad indentation".into(),
        )));
        assert_eq!(
            (broken.reason(), broken.to_string().as_str()),
            ("BuildFailed", "app/deploy.yaml: line 3: bad indentation")
        );
        let config = told(Failure::Guest(GuestError::InvalidConfig(
            "images[0].name is empty".into(),
        )));
        assert!(matches!(
            config,
            RenderError::Plugin {
                reason: "BuildFailed",
                stalled: true,
                ..
            }
        ));
        let bomb = told(Failure::MemoryLimit { limit: 1024 });
        assert_eq!(bomb.reason(), "PluginMemoryLimit");
        assert!(
            bomb.to_string().contains("render-kustomize") && bomb.to_string().contains("sha256:"),
            "{bomb}"
        );
        let more = told(Failure::Guest(GuestError::NeedsInput(vec![
            "https://a/b".into(),
            "c".into(),
        ])));
        assert_eq!(
            more.to_string(),
            "needs https://a/b, c, which the source does not hold; what is elsewhere is not fetched"
        );
    }
}

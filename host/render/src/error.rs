//! Why a render gave no objects.

use sluice_model::condition::reasons;

/// Why a render gave no objects. One failure may answer several callers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The plugin failed, was stopped, or could not be called.
    #[error("{message}")]
    Plugin {
        /// Of the `Ready` condition.
        reason: &'static str,
        /// Names the plugin where the sandbox stopped it.
        message: String,
    },
    /// The plugin needs these inputs (remote bases, dependencies) before it can render.
    #[error("needs {}, which no input provides", .0.join(", "))]
    NeedsInput(Vec<String>),
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
            Self::NeedsInput(_) | Self::Object { .. } | Self::Encode(_) => reasons::BUILD_FAILED,
        }
    }
}

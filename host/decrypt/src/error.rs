//! Why something encrypted could not be decrypted. No message holds a key, a plaintext or a ciphertext.

use crate::store::Format;

/// Why a SOPS file or object could not be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SopsError {
    /// More than [`crate::MAX_FILE`] bytes.
    #[error(
        "{size} bytes are more than the {} that an encrypted file may have",
        crate::MAX_FILE
    )]
    TooLarge {
        /// Bytes.
        size: usize,
    },
    /// The text is not of its format.
    #[error("failed to parse as {format}: {reason}")]
    Parse {
        /// Of the stored text.
        format: Format,
        /// The parser's words about its structure.
        reason: String,
    },
    /// There is no `sops` map, section or prefix in it.
    #[error("has no sops metadata")]
    NoMetadata,
    /// The metadata does not make sense.
    #[error("invalid sops metadata: {0}")]
    Metadata(String),
    /// No key that is at hand opens the data key.
    #[error("cannot get the data key: {0}")]
    DataKey(String),
    /// One value cannot be decrypted.
    #[error("value at {path:?} {reason}")]
    Value {
        /// Keys, joined by dots.
        path: String,
        /// Without content.
        reason: &'static str,
    },
    /// Values were changed, moved or removed since they were encrypted.
    #[error("MAC mismatch: values were changed, moved or removed since they were encrypted")]
    Mac,
    /// There is no MAC in the metadata.
    #[error("MAC mismatch: the metadata has no mac")]
    NoMac,
    /// The content cannot be written in the wanted format.
    #[error("failed to write as {format}: {reason}")]
    Emit {
        /// Of the output.
        format: Format,
        /// Without content.
        reason: &'static str,
    },
}

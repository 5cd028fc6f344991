//! Why a signature does not count, and why a key cannot be used.

/// Why a signature does not count. No text of the registry is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is of a sort that is not known here.
    #[error("it is no signature of cosign")]
    UnknownType,
    /// It is larger than [`MAX_BLOB`](crate::MAX_BLOB).
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// It cannot be read.
    #[error("it is malformed: {0}")]
    Malformed(&'static str),
    /// No trusted key made it.
    #[error("none of the keys made it")]
    WrongKey,
    /// A trusted key made it for something else.
    #[error("it is for another artifact")]
    OtherArtifact,
    /// A trusted key says something else about this artifact, for example what is built into it.
    #[error("it is an attestation and no signature")]
    OtherStatement,
}

/// Why a public key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no PEM block of a public key.
    #[error("it holds no PEM block PUBLIC KEY")]
    NoPem,
    /// Its algorithm is not known here.
    #[error("its algorithm is none of ECDSA (P-256, P-384, P-521), RSA (2048 to 8192 bits) and Ed25519")]
    UnknownAlgorithm,
}

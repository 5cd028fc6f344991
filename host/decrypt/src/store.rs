//! The formats of stored files: read into a tree, written as plain text.

mod dotenv;
mod ini;
mod ini_text;
mod json;
mod yaml;
mod yaml_comments;

use std::fmt;

use zeroize::Zeroizing;

use crate::error::SopsError;
use crate::metadata::Metadata;
use crate::tree::Branch;

pub(crate) use json::scalar;

/// Largest encrypted file, in bytes, as in Flux.
pub const MAX_FILE: usize = 5 << 20;

/// The key of the metadata.
pub(crate) const METADATA_KEY: &str = "sops";

/// A format of files that sops encrypts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Documents of YAML.
    Yaml,
    /// One JSON object.
    Json,
    /// Lines of `NAME=value`.
    Dotenv,
    /// Sections of `name = value`.
    Ini,
    /// Any bytes, in a JSON object with the key `data`.
    Binary,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Dotenv => "dotenv",
            Self::Ini => "INI",
            Self::Binary => "binary",
        })
    }
}

impl Format {
    /// By the ending of a path or key, as sops and Flux choose it.
    pub fn of_path(path: &str) -> Self {
        let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
        if ends(&[".yaml", ".yml"]) {
            Self::Yaml
        } else if ends(&[".json", ".dockerconfigjson"]) {
            Self::Json
        } else if ends(&[".env"]) {
            Self::Dotenv
        } else if ends(&[".ini"]) {
            Self::Ini
        } else {
            Self::Binary
        }
    }

    /// Whether bytes look like an encrypted file of this format.
    pub fn marks(self, bytes: &[u8]) -> bool {
        let marker: &[u8] = match self {
            Self::Yaml => b"mac: ENC[",
            Self::Json | Self::Binary => b"\"mac\": \"ENC[",
            Self::Dotenv => b"sops_mac=ENC[",
            Self::Ini => b"[sops]",
        };
        bytes.windows(marker.len()).any(|window| window == marker)
    }

    /// The format of bytes that look encrypted.
    pub fn detect(bytes: &[u8]) -> Option<Self> {
        let formats = [Self::Json, Self::Yaml, Self::Dotenv, Self::Ini];
        formats.into_iter().find(|format| format.marks(bytes))
    }
}

/// An encrypted file.
pub(crate) struct Loaded {
    /// One a document.
    pub documents: Vec<Branch>,
    /// Its metadata.
    pub metadata: Metadata,
}

/// Reads an encrypted file.
///
/// # Errors
/// It is too large, not of its format, or has no valid metadata.
pub(crate) fn load(bytes: &[u8], format: Format) -> Result<Loaded, SopsError> {
    if bytes.len() > MAX_FILE {
        return Err(SopsError::TooLarge { size: bytes.len() });
    }
    match format {
        Format::Yaml => yaml::load(bytes),
        Format::Json | Format::Binary => json::load(bytes),
        Format::Dotenv => dotenv::load(bytes),
        Format::Ini => ini::load(bytes),
    }
}

/// Writes decrypted documents.
///
/// # Errors
/// The format cannot hold them.
pub(crate) fn emit(documents: &[Branch], format: Format) -> Result<Zeroizing<Vec<u8>>, SopsError> {
    let out = match format {
        Format::Yaml => yaml::emit(documents),
        Format::Json => json::emit(documents),
        Format::Binary => json::emit_binary(documents),
        Format::Dotenv => dotenv::emit(documents),
        Format::Ini => ini::emit(documents),
    };
    out.map_err(|reason| SopsError::Emit { format, reason })
}

/// Text of a format that is UTF-8 by nature.
fn utf8(bytes: &[u8], format: Format) -> Result<&str, SopsError> {
    let text = std::str::from_utf8(bytes);
    text.map_err(|_| SopsError::Parse {
        format,
        reason: "it is not UTF-8".into(),
    })
}

#[cfg(test)]
mod tests;

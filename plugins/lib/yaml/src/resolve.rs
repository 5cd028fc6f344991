//! From the text of a plain scalar to its type, by the rules of either major version of go-yaml.

mod number;
mod tagged;
mod timestamp;

pub use number::{FloatPrecision, format_float, format_json_float};
pub(crate) use tagged::{Data, decode};
pub(crate) use timestamp::{Timestamp, parse_timestamp};

use crate::node::Tag;

/// Which major version's rules to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// `go.yaml.in/yaml/v2`: YAML 1.1 bools (`yes`, `on`, `y`...), timestamps stay strings.
    V2,
    /// `go.yaml.in/yaml/v3`: YAML 1.2 bools, timestamps.
    V3,
}

/// What a plain text means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// Text.
    Str,
    /// `null`, `~` or nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A float, `.inf` and `.nan` included.
    Float(f64),
    /// A date or time.
    Timestamp,
}

impl Scalar {
    /// The tag of the type.
    pub fn tag(self) -> Tag {
        match self {
            Scalar::Str => Tag::Str,
            Scalar::Null => Tag::Null,
            Scalar::Bool(_) => Tag::Bool,
            Scalar::Int(_) | Scalar::Uint(_) => Tag::Int,
            Scalar::Float(_) => Tag::Float,
            Scalar::Timestamp => Tag::Timestamp,
        }
    }
}

/// The tag of an untagged plain scalar; `<<` is a merge key.
pub(crate) fn short_tag(text: &str, schema: Schema) -> Tag {
    if text == "<<" {
        Tag::Merge
    } else {
        resolve(text, schema).tag()
    }
}

/// The type and value of an untagged plain scalar.
///
/// ```
/// use sluice_yaml::{Scalar, Schema, resolve};
/// assert_eq!(resolve("yes", Schema::V2), Scalar::Bool(true));
/// assert_eq!(resolve("yes", Schema::V3), Scalar::Str);
/// assert_eq!(resolve("0777", Schema::V3), Scalar::Int(511));
/// ```
pub fn resolve(text: &str, schema: Schema) -> Scalar {
    resolve_as(text, schema, true)
}

/// As [`resolve`]; timestamps may be out of question because of an explicit tag.
pub(crate) fn resolve_as(text: &str, schema: Schema, timestamps: bool) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => {
            named(text, schema).unwrap_or(Scalar::Str)
        }
        Some(b'.') => named(text, schema)
            .or_else(|| number::parse_point_float(text).map(Scalar::Float))
            .unwrap_or(Scalar::Str),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            if let Some(found) = named(text, schema) {
                return found;
            }
            if timestamps && parse_timestamp(text).is_some() {
                return Scalar::Timestamp;
            }
            number::parse_number(text, schema).unwrap_or(Scalar::Str)
        }
        Some(_) => Scalar::Str,
    }
}

/// Words with a fixed meaning.
fn named(text: &str, schema: Schema) -> Option<Scalar> {
    if text.len() > 5 {
        return None;
    }
    Some(match text {
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        _ if schema == Schema::V2 => Scalar::Bool(old_bool(text)?),
        _ => return None,
    })
}

/// The booleans YAML 1.1 has on top of `true` and `false`.
pub(crate) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

//! Amounts of bytes as Kubernetes writes them (`256Mi`), checked when they are used.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

const PATTERN: &str = "^[0-9]+(Ki|Mi|Gi|k|M|G)?$";

/// An amount of bytes: digits with an optional suffix `Ki Mi Gi k M G`. Keeps its text, whatever it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ByteQuantity(String);

/// The text is not an amount of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to parse quantity {text:?}: want digits with an optional suffix Ki, Mi, Gi, k, M or G")]
pub struct ParseQuantityError {
    /// What was given, cut to a readable length.
    pub text: String,
}

impl ByteQuantity {
    /// Keeps a text as it is; [`ByteQuantity::bytes`] tells whether it is an amount.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in the object.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The amount in bytes.
    ///
    /// # Errors
    /// The text is no amount or does not fit 64 bits.
    pub fn bytes(&self) -> Result<u64, ParseQuantityError> {
        let fail = || ParseQuantityError {
            text: self.0.chars().take(64).collect(),
        };
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, suffix) = self.0.split_at(end);
        let scale: u64 = match suffix {
            "" => 1,
            "k" => 1_000,
            "M" => 1_000_000,
            "G" => 1_000_000_000,
            "Ki" => 1 << 10,
            "Mi" => 1 << 20,
            "Gi" => 1 << 30,
            _ => return Err(fail()),
        };
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(scale))
            .ok_or_else(fail)
    }
}

impl fmt::Display for ByteQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for ByteQuantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ByteQuantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": 20 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_amounts() {
        for (text, bytes) in [
            ("0", 0),
            ("64Ki", 65_536),
            ("256Mi", 268_435_456),
            ("1Gi", 1 << 30),
            ("5M", 5_000_000),
        ] {
            assert_eq!(ByteQuantity::new(text).bytes(), Ok(bytes), "{text}");
        }
        for text in ["", "Mi", "1.5Gi", "-1", "1 Mi", "99999999999Gi", "1m"] {
            assert!(ByteQuantity::new(text).bytes().is_err(), "{text}");
        }
    }
}

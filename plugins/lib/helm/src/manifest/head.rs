//! The head of a manifest: the few fields that helm looks at.

use std::collections::BTreeMap;

use serde_json::Value;
use sluice_chart::decode::{self, DecodeError, Field};
use sluice_yaml::{Limits, Wanted};

/// Why a document has no head.
pub type HeadError = DecodeError;

/// What helm reads of a manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`
    pub api_version: String,
    /// `kind`
    pub kind: String,
    /// `metadata.name`
    pub name: String,
    /// `metadata.annotations`
    pub annotations: BTreeMap<String, String>,
}

/// Where the fields stand; the rest of a manifest is only checked.
static FIELDS: Wanted = Wanted::Fields(&[
    ("apiVersion", Wanted::All),
    ("kind", Wanted::All),
    (
        "metadata",
        Wanted::Fields(&[("name", Wanted::All), ("annotations", Wanted::All)]),
    ),
]);

impl Head {
    /// The head of a document, which is to be YAML that JSON can hold.
    pub(super) fn read(document: &[u8]) -> Result<Self, HeadError> {
        let value =
            sluice_yaml::read_wanted(document, FIELDS, &Limits::default()).map_err(HeadError::Yaml)?;
        let mut head = Self::default();
        for (key, value) in decode::entries(&value, "util.SimpleHead")? {
            let name = key.to_ascii_lowercase();
            let field = Field {
                owner: "SimpleHead",
                name: &name,
            };
            match name.as_str() {
                "apiversion" => field.text(value, &mut head.api_version)?,
                "kind" => field.text(value, &mut head.kind)?,
                "metadata" => read_metadata(&field, value, &mut head)?,
                _ => {}
            }
        }
        Ok(head)
    }
}

fn read_metadata(field: &Field<'_>, value: &Value, head: &mut Head) -> Result<(), HeadError> {
    for (key, value) in field.object(value, "struct")?.unwrap_or_default() {
        let name = key.to_ascii_lowercase();
        let field = Field {
            owner: ".metadata",
            name: &name,
        };
        match name.as_str() {
            "name" => field.text(value, &mut head.name)?,
            "annotations" => field.map(value, &mut head.annotations)?,
            _ => {}
        }
    }
    Ok(())
}

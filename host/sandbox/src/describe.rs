//! What a plugin says of itself, checked.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::error::LoadFailure;
use crate::sandbox::Trust;
use crate::schema::ConfigSchema;
use crate::text;

/// As the guest gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RawDescription {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) config_schema: String,
    pub(crate) bindings: Vec<String>,
    pub(crate) types: Vec<String>,
}

/// What a plugin says of itself.
#[derive(Debug, Clone)]
pub struct Description {
    /// Lower case letters, digits and dashes, at most 63.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// JSON schema of the config.
    pub config_schema: String,
    /// Bindings it uses.
    pub bindings: Vec<String>,
    /// Type names it serves.
    pub types: Vec<String>,
}

const MAX_NAMES: usize = 64;
const MAX_NAME: usize = 63;

impl RawDescription {
    /// The description and the compiled schema.
    ///
    /// # Errors
    /// The first field that is not acceptable. G6: names are safe in paths, labels and log lines.
    pub(crate) fn check(self, trust: Trust) -> Result<(Description, ConfigSchema), LoadFailure> {
        let fail = |field, problem: String| LoadFailure::InvalidDescription { field, problem };
        check_name(&self.name).map_err(|problem| fail("name", problem))?;
        if self.version.len() > 64 || semver::Version::parse(&self.version).is_err() {
            let version = text::one_line(&self.version, 64);
            return Err(fail("version", format!("{version:?} is no semantic version")));
        }
        check_names(&self.bindings).map_err(|problem| fail("bindings", problem))?;
        check_names(&self.types).map_err(|problem| fail("types", problem))?;
        let schema = ConfigSchema::new(&self.config_schema);
        if trust == Trust::Foreign {
            schema
                .compile()
                .map_err(|problem| fail("config-schema", problem))?;
        }
        let description = Description {
            name: self.name,
            version: self.version,
            config_schema: self.config_schema,
            bindings: self.bindings,
            types: self.types,
        };
        Ok((description, schema))
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let good = !name.is_empty()
        && name.len() <= MAX_NAME
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-');
    if good {
        return Ok(());
    }
    Err(format!(
        "{:?} is no name: want at most {MAX_NAME} lower case letters, digits and inner dashes",
        text::one_line(name, MAX_NAME)
    ))
}

fn check_names(names: &[String]) -> Result<(), String> {
    if names.len() > MAX_NAMES {
        return Err(format!("has {} names, more than {MAX_NAMES}", names.len()));
    }
    for name in names {
        check_name(name)?;
    }
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Err("names something twice".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> RawDescription {
        RawDescription {
            name: "render-x".into(),
            version: "1.0.0-rc.1".into(),
            config_schema: "{}".into(),
            bindings: vec!["target".into()],
            types: Vec::new(),
        }
    }

    /// G6: a name with path or control characters is refused.
    #[test]
    fn refuses_names_that_are_none() {
        assert!(raw().check(Trust::Foreign).is_ok());
        for name in ["", "../x", "a/b", "A", "a b", "a\n", "-a", &"a".repeat(64)] {
            let failure = RawDescription {
                name: name.into(),
                ..raw()
            }
            .check(Trust::Foreign)
            .map(|_| ());
            assert!(
                matches!(
                    failure,
                    Err(LoadFailure::InvalidDescription { field: "name", .. })
                ),
                "{name:?}"
            );
        }
        let twice = RawDescription {
            types: vec!["a".into(), "a".into()],
            ..raw()
        };
        assert!(twice.check(Trust::Foreign).is_err());
        assert!(
            RawDescription {
                version: "one".into(),
                ..raw()
            }
            .check(Trust::Foreign)
            .is_err()
        );
        assert!(
            RawDescription {
                config_schema: "[".into(),
                ..raw()
            }
            .check(Trust::Foreign)
            .is_err()
        );
    }
}

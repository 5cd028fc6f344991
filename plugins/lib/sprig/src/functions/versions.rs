//! Functions on semantic versions.

use sluice_go_template::{Error, Type, Value, format};
use sluice_semver::{Constraint, ConstraintError, Version};

use super::Table;
use super::args::text;
use crate::objects::VersionValue;

const S: Type = Type::String;

pub(super) fn register(table: &mut Table) {
    table.add("semver", &[S], Type::Pointer(VersionValue::TYPE), |_, args| {
        version(text(args, 0)).map(|version| Value::object(VersionValue::pointer(version)))
    });
    table.add("semverCompare", &[S, S], Type::Bool, |_, args| {
        let constraint = Constraint::parse(&String::from_utf8_lossy(text(args, 0)));
        let constraint = constraint.map_err(|error| problem(&error))?;
        Ok(Value::Bool(constraint.allows(&version(text(args, 1))?)))
    });
}

fn problem(error: &ConstraintError) -> Error {
    match error {
        ConstraintError::Improper(text) => {
            let shown = format::quote(text.as_bytes());
            Error::new(format!(
                "improper constraint: {}",
                String::from_utf8_lossy(&shown)
            ))
        }
        other => Error::new(other.to_string()),
    }
}

fn version(text: &[u8]) -> Result<Version, Error> {
    Version::parse(&String::from_utf8_lossy(text)).map_err(|error| Error::new(error.go_message()))
}

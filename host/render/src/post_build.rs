//! `spec.postBuild` over whole objects: written as YAML, substituted, read again, as Flux does it.
//!
//! The text is read here and not in the sandbox: it is one object's, written by us, under the limits of the YAML
//! library (bytes, depth, nodes), which is fuzzed; see docs/decisions/0010-substituted-text-is-read-by-the-host.md.

mod place;

use serde_json::Value;
use sluice_model::Object;
use sluice_yaml::{Flavour, Limits};

use crate::substitute::{MAX_TEXT, SubstituteError, Variables, check_names, substitute};

/// An object with this label or annotation is left as it is.
const MARK: &str = "kustomize.toolkit.fluxcd.io/substitute";
const DISABLED: &str = "disabled";

/// Bounds of the text that is read again: what the API server takes at most has far fewer nodes.
const LIMITS: Limits = Limits {
    max_bytes: MAX_TEXT,
    max_depth: 128,
    max_nodes: 500_000,
};

/// Substitution as an object's spec asks for it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PostBuild {
    /// Values by name.
    pub variables: Variables,
    /// A variable that is not set and has no default is an error.
    pub strict: bool,
    /// Substitute even without variables, so that defaults are filled in.
    pub always: bool,
    /// Some value comes from a Secret: errors tell no more than what is wrong, and results stay in memory.
    pub confidential: bool,
}

/// Values are not for logs.
impl std::fmt::Debug for PostBuild {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostBuild")
            .field("variables", &self.variables.keys().collect::<Vec<_>>())
            .field("strict", &self.strict)
            .field("always", &self.always)
            .field("confidential", &self.confidential)
            .finish()
    }
}

/// Why an object could not be substituted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Its expressions, or the names of variables.
    #[error("variable substitution failed: {0}")]
    Substitute(#[from] SubstituteError),
    /// It cannot be written as YAML.
    #[error("the object cannot be written as YAML: {0}")]
    Write(String),
    /// What came out is not YAML.
    #[error("the text after substitution is not YAML: {0}")]
    Read(String),
    /// An expression in a Secret: its text is a part of a value, which may have been decrypted.
    #[error("variable substitution failed; the expression is not shown, as it stands in a Secret")]
    Hidden,
    /// What came out is not one object.
    #[error("the text after substitution {0}")]
    Shape(&'static str),
}

impl Cause {
    /// The same without words that quote a value.
    fn hidden(self) -> Self {
        match self {
            Self::Substitute(_) | Self::Write(_) | Self::Read(_) => Self::Hidden,
            told => told,
        }
    }
}

/// Substitution failed at an object. It holds no value of a variable that comes from a Secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("post build failed for '{subject}'{}: {cause}", field.as_ref().map(|field| format!(" at {field}")).unwrap_or_default())]
pub struct PostBuildError {
    /// Kind, namespace and name.
    pub subject: String,
    /// Path of the field with the expression, as far as it is known.
    pub field: Option<String>,
    /// Why.
    pub cause: Cause,
}

impl PostBuild {
    /// Whether anything is substituted at all.
    pub fn applies(&self) -> bool {
        self.always || !self.variables.is_empty()
    }

    /// The objects with their expressions replaced. An object that holds no `$` comes out as it is.
    ///
    /// # Errors
    /// The first object that cannot be substituted.
    pub fn run(&self, objects: Vec<Object>) -> Result<Vec<Object>, PostBuildError> {
        if !self.applies() {
            return Ok(objects);
        }
        check_names(&self.variables).map_err(|error| PostBuildError {
            subject: "spec.postBuild".into(),
            field: None,
            cause: error.into(),
        })?;
        objects.into_iter().map(|object| self.object(object)).collect()
    }

    fn object(&self, object: Object) -> Result<Object, PostBuildError> {
        if object.label(MARK) == Some(DISABLED) || object.annotation(MARK) == Some(DISABLED) {
            return Ok(object);
        }
        let subject = object.id().subject();
        let is_secret = object.kind() == "Secret";
        let value = Value::Object(object.0);
        match self.value(value) {
            Ok(object) => Ok(object),
            Err((value, cause)) => Err(PostBuildError {
                subject,
                field: place::find(&value, |text| {
                    substitute(text, &self.variables, self.strict).is_err()
                }),
                cause: if is_secret { cause.hidden() } else { cause },
            }),
        }
    }

    /// A failure gives the value back, to look for the field.
    fn value(&self, value: Value) -> Result<Object, (Value, Cause)> {
        let replaced = if place::has_dollar(&value) {
            self.replaced(&value)
        } else {
            Ok(None)
        };
        match replaced {
            Ok(Some(object)) => Ok(object),
            Ok(None) => match Object::from_value(value) {
                Some(object) => Ok(object),
                None => Err((Value::Null, Cause::Shape("is no object"))),
            },
            Err(cause) => Err((value, cause)),
        }
    }

    fn replaced(&self, value: &Value) -> Result<Option<Object>, Cause> {
        let text =
            sluice_yaml::emit_value(value, Flavour::Sigs).map_err(|error| Cause::Write(error.to_string()))?;
        self.read(&substitute(&text, &self.variables, self.strict)?)
            .map(Some)
    }

    fn read(&self, text: &str) -> Result<Object, Cause> {
        let value = sluice_yaml::read_value(text.as_bytes(), false, &LIMITS).map_err(|error| {
            let told = if self.confidential {
                format!("{:?}", error.kind)
            } else {
                error.to_string()
            };
            Cause::Read(told)
        })?;
        // R12: a value may bring document marks; Flux would drop what follows them
        if ["---", "..."].iter().any(|mark| text.contains(mark))
            && sluice_yaml::parse_documents(text.as_bytes(), &LIMITS)
                .is_ok_and(|documents| documents.len() > 1)
        {
            return Err(Cause::Shape("holds more than one document"));
        }
        let object = Object::from_value(value).ok_or(Cause::Shape("is no object"))?;
        if object.api_version().is_empty() || object.kind().is_empty() || object.name().is_empty() {
            return Err(Cause::Shape("lacks apiVersion, kind or metadata.name"));
        }
        Ok(object)
    }
}

#[cfg(test)]
mod tests;

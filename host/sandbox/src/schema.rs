//! The config of a call, checked against the plugin's own JSON schema before the guest sees it.

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;
use sluice_plain_schema::Json;

use crate::text;

/// Largest schema and largest config, in bytes.
const MAX_SCHEMA: usize = 256 << 10;
const MAX_CONFIG: usize = 4 << 20;
/// Most errors told of one config.
const MAX_ERRORS: usize = 5;
/// How deep defaults are filled in.
const MAX_DEPTH: usize = 32;

/// A plugin's schema, compiled when it is needed: the first one of a process compiles the meta-schema, too.
pub(crate) struct ConfigSchema {
    json: String,
    compiled: OnceLock<Result<Compiled, String>>,
}

struct Compiled {
    schema: Value,
    validator: Validator,
    has_defaults: bool,
}

impl ConfigSchema {
    /// A schema (2020-12), not looked at yet.
    pub(crate) fn new(json: &str) -> Self {
        Self {
            json: json.to_owned(),
            compiled: OnceLock::new(),
        }
    }

    /// Compiles it, unless that was done. References to other documents are refused, patterns run in linear time.
    pub(crate) fn compile(&self) -> Result<(), String> {
        self.compiled().map(|_| ())
    }

    fn compiled(&self) -> Result<&Compiled, String> {
        let compiled = self.compiled.get_or_init(|| Compiled::new(&self.json));
        compiled.as_ref().map_err(Clone::clone)
    }

    /// The config with defaults filled in.
    ///
    /// # Errors
    /// What does not fit, and where.
    pub(crate) fn check(&self, config: &str) -> Result<String, String> {
        if self.certainly_fits(config) {
            return Ok(config.to_owned());
        }
        let compiled = self
            .compiled()
            .map_err(|problem| format!("the schema {problem}"))?;
        compiled.check(config)
    }

    /// Configs nearly always fit, and their schemas are plain: that spares compiling them in a process of one command.
    fn certainly_fits(&self, config: &str) -> bool {
        let small = self.json.len() <= MAX_SCHEMA && config.len() <= MAX_CONFIG;
        small
            && self.compiled.get().is_none()
            && !has_defaults(&self.json)
            && Json::read(config.as_bytes())
                .is_some_and(|config| sluice_plain_schema::fits(self.json.as_bytes(), &config))
    }
}

fn has_defaults(schema: &str) -> bool {
    schema.contains("\"default\"")
}

impl Compiled {
    fn new(json: &str) -> Result<Self, String> {
        if json.len() > MAX_SCHEMA {
            return Err(format!("has {} bytes, more than {MAX_SCHEMA}", json.len()));
        }
        let schema: Value = serde_json::from_str(json).map_err(|error| format!("is no JSON: {error}"))?;
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&schema)
            .map_err(|error| format!("is no schema: {}", text::one_line(&error.to_string(), 512)))?;
        Ok(Self {
            schema,
            validator,
            has_defaults: has_defaults(json),
        })
    }

    fn check(&self, config: &str) -> Result<String, String> {
        if config.len() > MAX_CONFIG {
            return Err(format!("it has {} bytes, more than {MAX_CONFIG}", config.len()));
        }
        let mut value: Value =
            serde_json::from_str(config).map_err(|error| format!("it is no JSON: {error}"))?;
        let changed = self.has_defaults && fill(&self.schema, &mut value, MAX_DEPTH);
        let errors: Vec<String> = self
            .validator
            .iter_errors(&value)
            .take(MAX_ERRORS)
            .map(|e| told(&e))
            .collect();
        if !errors.is_empty() {
            return Err(errors.join("; "));
        }
        Ok(if changed {
            value.to_string()
        } else {
            config.to_owned()
        })
    }
}

fn told(error: &jsonschema::ValidationError<'_>) -> String {
    let at = error.instance_path().to_string();
    let at = if at.is_empty() { "the config" } else { at.as_str() };
    format!(
        "{}: {}",
        text::one_line(at, 256),
        text::one_line(&error.masked().to_string(), 512)
    )
}

/// Adds the defaults of missing properties; whether any was added.
fn fill(schema: &Value, value: &mut Value, depth: usize) -> bool {
    let (Some(properties), Some(map)) = (
        schema.get("properties").and_then(Value::as_object),
        value.as_object_mut(),
    ) else {
        return fill_items(schema, value, depth);
    };
    if depth == 0 {
        return false;
    }
    let mut changed = false;
    for (name, property) in properties {
        match (map.get_mut(name), property.get("default")) {
            (Some(value), _) => changed |= fill(property, value, depth - 1),
            (None, Some(default)) => {
                map.insert(name.clone(), default.clone());
                changed = true;
            }
            (None, None) => {}
        }
    }
    changed
}

fn fill_items(schema: &Value, value: &mut Value, depth: usize) -> bool {
    match (schema.get("items"), value.as_array_mut()) {
        (Some(items), Some(list)) if depth > 0 => {
            let mut changed = false;
            for item in list {
                changed |= fill(items, item, depth - 1);
            }
            changed
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["a"],
        "properties":{"a":{"type":"integer"},"b":{"type":"string","default":"x"},
            "list":{"type":"array","items":{"type":"object","properties":{"c":{"default":1}}}}}}"#;

    #[test]
    fn fills_defaults_and_names_what_does_not_fit() {
        let schema = ConfigSchema::new(SCHEMA);
        assert_eq!(schema.check(r#"{"a":1}"#).as_deref(), Ok(r#"{"a":1,"b":"x"}"#));
        assert_eq!(
            schema.check(r#"{"a":1,"b":"y"}"#).as_deref(),
            Ok(r#"{"a":1,"b":"y"}"#)
        );
        assert_eq!(
            schema.check(r#"{"a":1,"b":"y","list":[{}]}"#).as_deref(),
            Ok(r#"{"a":1,"b":"y","list":[{"c":1}]}"#)
        );
        let error = schema
            .check(r#"{"a":"secret-value","z":1}"#)
            .expect_err("does not fit");
        assert!(
            error.contains("/a") && error.contains("integer") && error.contains('z'),
            "{error}"
        );
        assert!(!error.contains("secret-value"), "{error}");
    }

    /// P10, N2: a schema neither loads other documents nor runs for ever.
    #[test]
    fn refuses_foreign_references_and_slow_patterns() {
        for bad in [
            r#"{"$ref":"file:///etc/passwd"}"#,
            r#"{"$ref":"http://169.254.169.254/"}"#,
            r#"{"pattern":"(a+)+\\1$"}"#,
            r#"{"type":"nope"}"#,
        ] {
            assert!(ConfigSchema::new(bad).compile().is_err(), "{bad}");
        }
        let problem = ConfigSchema::new("[").check("{}").expect_err("no schema");
        assert!(problem.starts_with("the schema is no JSON"), "{problem}");
        let slow = ConfigSchema::new(r#"{"pattern":"^(a+)+$"}"#);
        assert!(slow.check(&format!("\"{}b\"", "a".repeat(100_000))).is_err());
    }
}

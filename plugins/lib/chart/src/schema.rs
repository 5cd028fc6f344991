//! values.schema.json: values are checked for every chart that has one. Nothing is fetched, patterns run in linear time.

mod cost;
mod cycle;
mod enums;
mod faults;
mod number;
mod phrase;

use jsonschema::{PatternOptions, Retrieve, Uri};
use serde_json::Value as Json;
use sluice_go_template::{Map, Str, Value};
use sluice_plain_schema::Json as Plain;
use thiserror::Error;

use crate::chart::Chart;
use crate::values::map_to_json;

/// Values that do not fit the schema of a chart or of a subchart.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
pub struct SchemaError(String);

/// Largest schema.
const MAX_BYTES: usize = 8 << 20;
/// Why references to other documents fail.
const FOREIGN: &str = "schemas of charts may not refer to other documents";
/// Most violations told of one chart, and of one alternative.
const MAX_TOLD: usize = 50;

/// Checks the coalesced values of a chart and of its subcharts.
///
/// # Errors
/// What does not fit, chart by chart, without the values themselves.
pub fn check_schemas(chart: &Chart, values: &Map) -> Result<(), SchemaError> {
    let mut told = String::new();
    check(chart, values, &mut told);
    if told.is_empty() {
        Ok(())
    } else {
        Err(SchemaError(told))
    }
}

fn check(chart: &Chart, values: &Map, told: &mut String) {
    if let Some(schema) = &chart.schema
        && let Err(violations) = check_one(schema, values)
    {
        told.push_str(&format!("{}:\n{violations}", chart.name()));
    }
    for child in &chart.dependencies {
        match values.get(child.name()) {
            None | Some(Value::Nil) => {}
            Some(Value::Map(values)) => check(child, &values, told),
            Some(other) => told.push_str(&format!(
                "{}:\ninvalid type for values: expected object (map), got {}\n",
                child.name(),
                other.type_name()
            )),
        }
    }
}

/// Checks values against the text of one schema.
///
/// # Errors
/// The schema's own faults, or the violations, a line each.
pub fn check_one(schema: &[u8], values: &Map) -> Result<(), String> {
    if schema.len() > MAX_BYTES {
        return Err(format!("the schema has more than {MAX_BYTES} bytes"));
    }
    if sluice_plain_schema::fits(schema, &plain(values)) {
        return Ok(());
    }
    check_by_validator(schema, values)
}

/// As [`check_one`], plain schemas too: what the validator says of any schema.
///
/// # Errors
/// As [`check_one`].
pub fn check_by_validator(schema: &[u8], values: &Map) -> Result<(), String> {
    let schema: Json = serde_json::from_slice(schema).map_err(|error| error.to_string())?;
    enums::check(&schema).map_err(|why| format!("'file:///values.schema.json#' is not valid: {why}"))?;
    let values = map_to_json(values);
    cost::check(&cycle::Graph::of(&schema)?, &schema, &values)?;
    let validator = jsonschema::options()
        .with_base_uri("file:///values.schema.json")
        .with_retriever(Nothing)
        .with_pattern_options(PatternOptions::regex().size_limit(1 << 20))
        .build(&schema)
        .map_err(|error| {
            let why = foreign(&schema, &error).unwrap_or_else(|| error.masked().to_string());
            format!("'file:///values.schema.json#' is not valid: {why}")
        })?;
    if validator.is_valid(&values) {
        return Ok(());
    }
    let mut told = String::new();
    let violations: Vec<_> = validator.iter_errors(&values).take(MAX_TOLD).collect();
    faults::write(&violations, &mut told);
    Err(told)
}

/// Values as [`map_to_json`] has them.
fn plain(values: &Map) -> Plain<'static> {
    let entry = |(key, value): (&Str, &Value)| (key.to_lossy().into_owned().into(), plain_value(value));
    Plain::Map(values.read(|entries| entries.iter().map(entry).collect()))
}

fn plain_value(value: &Value) -> Plain<'static> {
    match value {
        Value::Bool(flag) => Plain::Bool(*flag),
        Value::Int(_, number) => Plain::Int(*number),
        Value::Uint(_, number) => i64::try_from(*number).map_or(Plain::Float(*number as f64), Plain::Int),
        Value::Float(number) if number.is_finite() => Plain::Float(*number),
        Value::String(text) => Plain::Text(text.to_lossy().into_owned().into()),
        Value::List(list) => Plain::List(list.iter().map(plain_value).collect()),
        Value::Map(map) => plain(map),
        _ => Plain::Null,
    }
}

/// Where a schema refers to another document: the first such reference, since the validator names any of them.
fn foreign(schema: &Json, error: &jsonschema::ValidationError<'_>) -> Option<String> {
    if !error.to_string().contains(FOREIGN) {
        return None;
    }
    let reference = first_foreign(schema).unwrap_or("another document");
    Some(format!("{reference} is not fetched: {FOREIGN}"))
}

fn first_foreign(schema: &Json) -> Option<&str> {
    let is_foreign = |reference: &&str| !reference.starts_with('#') && !reference.starts_with("urn:");
    match schema {
        Json::Object(map) => {
            let own = map.get("$ref").and_then(Json::as_str).filter(is_foreign);
            own.or_else(|| map.values().find_map(first_foreign))
        }
        Json::Array(items) => items.iter().find_map(first_foreign),
        _ => None,
    }
}

/// Refuses to fetch, but for names (`urn:`), which allow anything, as in helm.
struct Nothing;

impl Retrieve for Nothing {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        if uri.scheme().as_str() == "urn" {
            return Ok(Json::Bool(true));
        }
        Err(format!("{uri} is not fetched: {FOREIGN}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    fn check(schema: &str, values: &str) -> String {
        let values = values::read(values.as_bytes()).unwrap();
        check_one(schema.as_bytes(), &values).err().unwrap_or_default()
    }

    #[test]
    fn violations_are_told_as_helm_tells_them() {
        let schema = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
            "required": ["x", "y"], "additionalProperties": false,
            "properties": {"a": {"type": "integer"}, "b": {"enum": ["x", 1]}, "c": {"minimum": 3}}}"#;
        let told = check(schema, "a: no way\nb: z\nc: 1\nd: 1\n");
        for want in [
            "- at '': missing properties 'x', 'y'\n",
            "- at '': additional properties 'd' not allowed\n",
            "- at '/a': got string, want integer\n",
            "- at '/b': value must be one of 'x', 1\n",
            "- at '/c': minimum: got 1, want 3\n",
        ] {
            assert!(told.contains(want), "{want} is not in {told}");
        }
        assert_eq!(
            check(schema, "{x: 1, \"y\": 2, a: 1.0, b: 1}"),
            "- at '': additional properties 'x', 'y' not allowed\n"
        );
    }

    /// H4, CVE-2025-55199: nothing outside of the schema is read.
    #[test]
    fn other_documents_are_not_read() {
        for uri in [
            "http://localhost/x.json",
            "https://example.com/x",
            "file:///dev/zero",
            "/etc/passwd",
            "other.json",
        ] {
            let told = check(
                &format!(r#"{{"properties": {{"a": {{"$ref": "{uri}"}}}}}}"#),
                "a: 1",
            );
            assert!(told.contains("may not refer to other documents"), "{uri}: {told}");
        }
        assert_eq!(check(r#"{"properties": {"a": {"$ref": "urn:x:y"}}}"#, "a: 1"), "");
        let two = r#"{"properties": {"a": {"$ref": "one.json"}, "b": {"$ref": "two.json"}}}"#;
        for _ in 0..20 {
            let told = check(two, "a: 1");
            assert!(told.contains("one.json") && !told.contains("two.json"), "{told}");
        }
    }

    /// H4, CVE-2025-32387, CVE-2022-23526: schemas that never end, or that are no schemas.
    #[test]
    fn schemas_that_never_end_are_refused() {
        for schema in [
            r##"{"$ref": "#"}"##,
            r##"{"allOf": [{"$ref": "#/definitions/a"}], "definitions": {"a": {"anyOf": [{"$ref": "#"}]}}}"##,
            r##"{"$defs": {"a": {"$anchor": "x", "$ref": "#y"}, "b": {"$anchor": "y", "$ref": "#x"}}, "$ref": "#x"}"##,
        ] {
            assert!(check(schema, "a: 1").contains("reference cycle"), "{schema}");
        }
        let tree =
            r##"{"properties": {"child": {"$ref": "#"}}, "additionalProperties": {"type": "number"}}"##;
        assert_eq!(check(tree, "child: {child: {a: 1}}"), "");
        assert!(check(&"[".repeat(100_000), "a: 1").contains("recursion limit"));
        for broken in [
            "",
            "null",
            "[]",
            "{\"type\": 1}",
            "{\"$schema\": \"http://example.com/none\"}",
        ] {
            assert!(!check(broken, "a: 1").is_empty(), "{broken}");
        }
    }

    /// H4, CVE-2025-32387: a chain of references that is longer than any stack, in either order.
    #[test]
    fn chains_of_references_are_refused() {
        for count in [101, 50_000] {
            let link = |at: usize| format!(r##""a{at}": {{"$ref": "#/$defs/a{}"}}"##, at + 1);
            let forwards: Vec<String> = (0..count).map(link).collect();
            let backwards: Vec<String> = (0..count).rev().map(link).collect();
            for links in [forwards, backwards] {
                let schema = format!(
                    r##"{{"$ref": "#/$defs/a0", "$defs": {{"a{count}": {{}}, {}}}}}"##,
                    links.join(", ")
                );
                assert_eq!(
                    check(&schema, "a: 1"),
                    "the schema has references deeper than 100 levels"
                );
            }
        }
    }

    /// H4, CVE-2025-55199: each level applies the next one twice, to the same value or to what is inside of it.
    #[test]
    fn schemas_that_double_with_each_level_are_refused() {
        let twice = |at: usize| {
            format!(
                r##""a{at}": {{"allOf": [{{"$ref": "#/$defs/a{0}"}}, {{"$ref": "#/$defs/a{0}"}}]}}"##,
                at + 1
            )
        };
        let levels: Vec<String> = (0..40).map(twice).collect();
        let schema = format!(
            r##"{{"$ref": "#/$defs/a0", "$defs": {{"a40": {{}}, {}}}}}"##,
            levels.join(", ")
        );
        assert!(check(&schema, "a: 1").contains("would take more than"));
        let schema = r##"{"$defs": {"a": {"properties": {"x": {"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}}, "$ref": "#/$defs/a"}"##;
        let nested = |depth: usize| format!("{}1{}", "{x: ".repeat(depth), "}".repeat(depth));
        assert_eq!(check(schema, &nested(5)), "");
        assert!(check(schema, &nested(60)).contains("would take more than"));
    }

    /// H4: an error does not grow with what is wrong.
    #[test]
    fn errors_stay_small() {
        let inner = r#"{"anyOf": [{"type": "string"}, {"items": {"type": "string"}}]}"#;
        let schema = format!(
            r#"{{"properties": {{"a": {{"anyOf": [{{"type": "string"}}, {{"items": {inner}}}]}}}}}}"#
        );
        let items = "[1, 2, 3],".repeat(50_000);
        let told = check(&schema, &format!("a: [{items} 1]"));
        assert!(told.starts_with("- at '/a': "), "{told}");
        assert!(told.len() < 100_000, "the error has {} bytes", told.len());
    }

    /// H4: a pattern that is slow elsewhere.
    #[test]
    fn patterns_run_in_linear_time() {
        let schema = r#"{"properties": {"a": {"pattern": "^(a+)+$"}}}"#;
        let value = format!("a: {}!", "a".repeat(10_000));
        assert_eq!(
            check(schema, &value),
            "- at '/a': the value does not match pattern '^(a+)+$'\n"
        );
    }
}

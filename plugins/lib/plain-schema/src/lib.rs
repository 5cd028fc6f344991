//! A short way for plain schemas and JSON that fits them: no schema is compiled, not even the one of schemas. Whatever else
//! there is, JSON that does not fit included, is left to a validator, which also finds the words for it.
//!
//! ```
//! use sluice_plain_schema::{Json, fits};
//! let schema = br#"{"type": "object", "properties": {"a": {"type": "integer"}}}"#;
//! assert!(fits(schema, &Json::read(b"{\"a\": 1}").unwrap()));
//! assert!(!fits(schema, &Json::read(b"{\"a\": \"x\"}").unwrap()));
//! assert!(!fits(br#"{"format": "uri"}"#, &Json::Null), "formats are not looked at here");
//! ```

mod json;
mod soundness;

use std::cmp::Ordering;

pub use json::Json;
use json::{Entry, find};

/// Most applications of schemas, and comparisons of names.
pub(crate) const MAX_STEPS: usize = 1 << 20;
/// Deepest nesting of values and schemas.
pub(crate) const MAX_DEPTH: usize = 100;
/// Whole numbers up to here are the same as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Nothing is said here.
pub(crate) struct Unknown;

pub(crate) type Answer = Result<bool, Unknown>;

/// Whether it is certain that a value fits the schema of a text, by the rules of draft 7 and of all later ones.
pub fn fits(schema: &[u8], value: &Json<'_>) -> bool {
    let Some(root) = Json::read(schema).filter(soundness::is_plain) else {
        return false;
    };
    let mut check = Check {
        root: &root,
        steps: 0,
    };
    matches!(check.fits(&root, value, 0), Ok(true))
}

struct Check<'r, 't> {
    root: &'r Json<'t>,
    steps: usize,
}

impl<'r, 't> Check<'r, 't> {
    fn step(&mut self, count: usize) -> Result<(), Unknown> {
        self.steps += count;
        if self.steps > MAX_STEPS {
            return Err(Unknown);
        }
        Ok(())
    }

    fn fits(&mut self, schema: &'r Json<'t>, value: &Json<'_>, depth: usize) -> Answer {
        self.step(1)?;
        let entries = match schema {
            Json::Bool(flag) => return Ok(*flag),
            Json::Map(entries) if depth <= MAX_DEPTH => entries,
            _ => return Err(Unknown),
        };
        for (keyword, rule) in entries {
            if !self.keyword(schema, keyword, rule, value, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the value fits one keyword of a sound schema.
    fn keyword(
        &mut self,
        schema: &'r Json<'t>,
        name: &str,
        rule: &'r Json<'t>,
        value: &Json<'_>,
        depth: usize,
    ) -> Answer {
        match name {
            "type" => has_type(rule, value),
            "enum" => self.is_one_of(rule, value),
            "const" => equals(rule, value),
            "$ref" => {
                let Json::Text(reference) = rule else {
                    return Err(Unknown);
                };
                let target = soundness::target(self.root, reference).ok_or(Unknown)?;
                self.step(soundness::count_definitions(self.root))?;
                self.fits(target, value, depth + 1)
            }
            "allOf" | "anyOf" | "oneOf" => self.alternatives(name, rule, value, depth),
            "minimum" => within(value, rule, Ordering::Less),
            "maximum" => within(value, rule, Ordering::Greater),
            _ => match value {
                Json::Map(map) => self.of_map(schema, name, rule, map, depth),
                Json::List(list) => self.of_list(name, rule, list, depth),
                Json::Text(text) => of_text(name, rule, text),
                _ => Ok(true),
            },
        }
    }

    fn is_one_of(&mut self, rule: &Json<'_>, value: &Json<'_>) -> Answer {
        let Json::List(items) = rule else {
            return Err(Unknown);
        };
        self.step(items.len())?;
        for item in items {
            if equals(item, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn alternatives(&mut self, name: &str, rule: &'r Json<'t>, value: &Json<'_>, depth: usize) -> Answer {
        let Json::List(schemas) = rule else {
            return Err(Unknown);
        };
        let mut fitting = 0;
        for schema in schemas {
            fitting += usize::from(self.fits(schema, value, depth + 1)?);
        }
        Ok(match name {
            "allOf" => fitting == schemas.len(),
            "anyOf" => fitting > 0,
            _ => fitting == 1,
        })
    }

    fn of_map(
        &mut self,
        schema: &'r Json<'t>,
        name: &str,
        rule: &'r Json<'t>,
        map: &[Entry<'_>],
        depth: usize,
    ) -> Answer {
        match (name, rule) {
            ("minProperties", Json::Int(least)) => Ok(map.len() as i64 >= *least),
            ("maxProperties", Json::Int(most)) => Ok(map.len() as i64 <= *most),
            ("required", Json::List(names)) => {
                self.step(names.len() * map.len())?;
                let has = |name: &Json<'_>| matches!(name, Json::Text(name) if find(map, name).is_some());
                Ok(names.iter().all(has))
            }
            ("properties", Json::Map(schemas)) => {
                self.step(schemas.len() * map.len())?;
                for (name, schema) in schemas {
                    let Some(value) = find(map, name) else {
                        continue;
                    };
                    if !self.fits(schema, value, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            ("additionalProperties", Json::Bool(true)) => Ok(true),
            ("additionalProperties", rule) => {
                let known = schema
                    .get("properties")
                    .and_then(Json::entries)
                    .unwrap_or_default();
                self.step((known.len() + 1) * map.len())?;
                for (key, value) in map {
                    if find(known, key).is_none() && !self.fits(rule, value, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    fn of_list(&mut self, name: &str, rule: &'r Json<'t>, list: &[Json<'_>], depth: usize) -> Answer {
        match (name, rule) {
            ("minItems", Json::Int(least)) => Ok(list.len() as i64 >= *least),
            ("maxItems", Json::Int(most)) => Ok(list.len() as i64 <= *most),
            ("uniqueItems", Json::Bool(true)) if list.len() > 1 => Err(Unknown),
            ("items", rule) => {
                for value in list {
                    if !self.fits(rule, value, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(true),
        }
    }
}

fn of_text(name: &str, rule: &Json<'_>, text: &str) -> Answer {
    match (name, rule) {
        ("pattern", _) => Err(Unknown),
        ("minLength", Json::Int(least)) => Ok(text.chars().count() as i64 >= *least),
        ("maxLength", Json::Int(most)) => Ok(text.chars().count() as i64 <= *most),
        _ => Ok(true),
    }
}

/// A number; none where it is none, unknown where floats may not be what was written.
#[derive(Clone, Copy)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn of(value: &Json<'_>) -> Option<Result<Self, Unknown>> {
        Some(match value {
            Json::Int(number) => Ok(Self::Int(*number)),
            Json::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Ok(Self::Int(*number as i64))
            }
            Json::Float(number) if number.abs() <= EXACT => Ok(Self::Float(*number)),
            Json::Float(_) => Err(Unknown),
            _ => return None,
        })
    }

    fn compare(self, other: Self) -> Result<Ordering, Unknown> {
        if let (Self::Int(own), Self::Int(other)) = (self, other) {
            return Ok(own.cmp(&other));
        }
        let float = |number: Self| match number {
            Self::Float(number) => Ok(number),
            Self::Int(number) if (number as f64).abs() < EXACT => Ok(number as f64),
            Self::Int(_) => Err(Unknown),
        };
        float(self)?.partial_cmp(&float(other)?).ok_or(Unknown)
    }
}

fn within(value: &Json<'_>, bound: &Json<'_>, refused: Ordering) -> Answer {
    let Some(number) = Number::of(value) else {
        return Ok(true);
    };
    // a float of a schema is not what was written there
    let Json::Int(bound) = bound else {
        return Err(Unknown);
    };
    let bound = Number::Int(*bound);
    Ok(number?.compare(bound)? != refused)
}

fn has_type(rule: &Json<'_>, value: &Json<'_>) -> Answer {
    let is_integer = match Number::of(value) {
        Some(number) => matches!(number?, Number::Int(_)),
        None => false,
    };
    let is = |name: &str| match value {
        Json::Null => name == "null",
        Json::Bool(_) => name == "boolean",
        Json::Text(_) => name == "string",
        Json::List(_) => name == "array",
        Json::Map(_) => name == "object",
        Json::Int(_) | Json::Float(_) => name == "number" || is_integer && name == "integer",
    };
    match rule {
        Json::Text(name) => Ok(is(name)),
        Json::List(names) => Ok(names
            .iter()
            .any(|name| matches!(name, Json::Text(name) if is(name)))),
        _ => Err(Unknown),
    }
}

pub(crate) fn equals(expected: &Json<'_>, value: &Json<'_>) -> Answer {
    Ok(match (expected, value) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(expected), Json::Bool(flag)) => expected == flag,
        (Json::Text(expected), Json::Text(text)) => expected == text,
        (Json::List(_) | Json::Map(_), Json::List(_) | Json::Map(_)) | (Json::Float(_), _) => {
            return Err(Unknown);
        }
        _ => match (Number::of(expected), Number::of(value)) {
            (Some(expected), Some(number)) => expected?.compare(number?)? == Ordering::Equal,
            _ => false,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(schema: &str, value: &str) -> bool {
        let fits = super::fits(schema.as_bytes(), &Json::read(value.as_bytes()).expect("JSON"));
        if fits {
            // what is certain here is what a validator says
            let value = serde_json::from_str(value).expect("JSON");
            let schema = serde_json::from_str(schema).expect("JSON");
            let validator = jsonschema::options().build(&schema).expect("a sound schema");
            assert!(validator.is_valid(&value));
        }
        fits
    }

    #[test]
    fn values_that_fit_plain_schemas_are_told() {
        let schema = r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a"],
            "properties": {"a": {"type": ["integer", "null"], "minimum": 1, "maximum": 2},
                "b": {"type": "array", "items": {"$ref": "#/definitions/c", "title": "x"}, "minItems": 1},
                "d": {"enum": ["x", 1, null, true]}, "e": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "number"}]},
                "f": {"type": "string", "pattern": "^a+$"}, "g": {"const": true}},
            "definitions": {"c": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2}}},
            "additionalProperties": false, "x-other": {"type": 5}}"##;
        for values in [
            r#"{"a": 1}"#,
            r#"{"a": 2.0}"#,
            r#"{"a": null, "b": [{"x": "äö"}]}"#,
            r#"{"a": 1, "d": 1.0}"#,
            r#"{"a": 1, "d": null, "e": "xx"}"#,
            r#"{"a": 1, "e": 0.5, "g": true}"#,
        ] {
            assert!(fits(schema, values), "{values}");
        }
        let others = [
            r#"{"a": 0}"#,
            r#"{"a": 3}"#,
            r#"{"b": []}"#,
            r#"{"a": 1, "b": [{"x": "abc"}]}"#,
            r#"{"a": 1, "d": "z"}"#,
            r#"{"a": 1, "e": "x"}"#,
            r#"{"a": 1, "z": 1}"#,
            r#"{"a": 1, "f": "aa"}"#,
            r#"{"a": 1.5}"#,
            r#"{"a": 1, "g": 1}"#,
        ];
        for values in others {
            assert!(!fits(schema, values), "{values}");
        }
    }

    #[test]
    fn schemas_that_are_not_plain_are_left_alone() {
        for schema in [
            "",
            "true",
            "[]",
            r#"{"type": "strin"}"#,
            r#"{"properties": {"zzz": {"type": 1}}}"#,
            r#"{"required": ["a", "a"]}"#,
            r#"{"format": "uri"}"#,
            r#"{"$schema": "http://json-schema.org/draft-04/schema#"}"#,
            r#"{"items": [{}]}"#,
            r##"{"$ref": "#"}"##,
            r##"{"$ref": "#/definitions/a", "definitions": {"a": {}}}"##,
            r#"{"enum": []}"#,
            r##"{"properties": {"b": {"$ref": "#/$defs/b"}}, "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##,
            r#"{"pattern": "(?<=a)b"}"#,
            r#"{"if": {}}"#,
            r#"{"properties": {"z": {"enum": ["x", "x"]}}}"#,
            r#"{"properties": {"z": {"enum": [1, 1.0]}}}"#,
            r#"{"properties": {"a": {"oneOf": [{"type": "string", "type": "integer"}, {"minimum": 0}]}}}"#,
            r#"{"$id": "https://a b/"}"#,
            r#"{"$id": "https://a:b/x"}"#,
            r#"{"$id": "https://x/%zz"}"#,
            r##"{"properties": {"a": {"$ref": "#/definitions/a\\b"}}, "definitions": {"a\\b": {}}}"##,
            r#"{"properties": {"a": {"maximum": 0.99999999999999999999}}}"#,
            r#"{"properties": {"a": {"const": 1.00000000000000000001}}}"#,
            r#"{"type": "object"} x"#,
            r#"{"minimum": 18446744073709551615}"#,
        ] {
            assert!(!fits(schema, r#"{"a": 1}"#), "{schema}");
        }
        let deep = format!("{}{{}}{}", r#"{"items": "#.repeat(110), "}".repeat(110));
        assert!(!fits(&deep, r#"{"a": 1}"#));
    }

    /// Random schemas and values: whatever fits here, a validator accepts.
    #[test]
    fn what_fits_is_valid() {
        let mut random = Random(7);
        let mut fitting = 0;
        for _ in 0..20_000 {
            let schema = random.schema(3);
            fitting += usize::from(fits(&schema, &random.value(3)));
        }
        assert!(fitting > 2_000, "{fitting}");
    }

    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (self.0 >> 33) % bound
        }

        fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
            from[self.below(from.len() as u64) as usize]
        }

        fn value(&mut self, depth: u64) -> String {
            match self.below(if depth == 0 { 9 } else { 12 }) {
                9 => format!("[{}, {}]", self.value(depth - 1), self.value(depth - 1)),
                10 | 11 => format!(
                    "{{\"a\": {}, \"b\": {}}}",
                    self.value(depth - 1),
                    self.value(depth - 1)
                ),
                _ => self
                    .pick(&[
                        "null", "true", "0", "1", "1.0", "2.5", "\"x\"", "\"xy\"", "[]", "{}",
                    ])
                    .to_owned(),
            }
        }

        fn schema(&mut self, depth: u64) -> String {
            let rules: Vec<String> = (0..self.below(3)).map(|_| self.rule(depth)).collect();
            format!("{{{}}}", rules.join(", "))
        }

        fn rule(&mut self, depth: u64) -> String {
            let name = self.pick(&[
                "integer", "number", "string", "null", "object", "array", "boolean",
            ]);
            let (value, number) = (self.value(1), self.below(3));
            match self.below(if depth == 0 { 7 } else { 14 }) {
                0 => format!("\"type\": \"{name}\""),
                1 => format!("\"type\": [\"null\", \"{name}\"]"),
                2 => format!("\"enum\": [{value}, {}]", self.value(0)),
                3 => format!("\"const\": {value}"),
                4 => format!("\"required\": [\"a\"], \"maxProperties\": {number}"),
                5 => format!("\"minimum\": {number}"),
                6 => format!("\"maximum\": {number}, \"minLength\": {number}, \"minItems\": {number}"),
                7 => format!("\"properties\": {{\"a\": {}}}", self.schema(depth - 1)),
                8 => format!("\"additionalProperties\": {}", self.schema(depth - 1)),
                9 => "\"additionalProperties\": false, \"properties\": {\"a\": true}".to_owned(),
                10 => format!("\"items\": {}", self.schema(depth - 1)),
                kind => {
                    let keyword = ["allOf", "anyOf", "oneOf"][kind as usize - 11];
                    format!(
                        "\"{keyword}\": [{}, {}]",
                        self.schema(depth - 1),
                        self.schema(depth - 1)
                    )
                }
            }
        }
    }
}

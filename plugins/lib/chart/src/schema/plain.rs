//! A short way for plain schemas and values that fit: no schema is compiled. Whatever else there is, values that do not fit
//! included, is left to the validator, which also finds the words for it.

use std::cmp::Ordering;

use sluice_go_template::{Map, Value};

use super::document::{self, Json};
use super::soundness;

/// Most applications of schemas, and comparisons of names.
const MAX_STEPS: usize = 1 << 20;
/// Deepest nesting of values and schemas.
const MAX_DEPTH: usize = 100;
/// Whole numbers up to here are the same as floats.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Nothing is said here.
struct Unknown;

type Answer = Result<bool, Unknown>;

/// Whether it is certain that the values fit the schema.
pub(super) fn fits(schema: &[u8], values: &Map) -> bool {
    let Some(root) = document::read(schema).filter(soundness::is_plain) else {
        return false;
    };
    let mut check = Check {
        root: &root,
        steps: 0,
    };
    matches!(check.fits(&root, &Value::Map(values.clone()), 0), Ok(true))
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

    fn fits(&mut self, schema: &'r Json<'t>, value: &Value, depth: usize) -> Answer {
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
        value: &Value,
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
                self.fits(target, value, depth + 1)
            }
            "allOf" | "anyOf" | "oneOf" => self.alternatives(name, rule, value, depth),
            "minimum" => within(value, rule, Ordering::Less),
            "maximum" => within(value, rule, Ordering::Greater),
            _ => match value {
                Value::Map(map) => self.of_map(schema, name, rule, map, depth),
                Value::List(list) => self.of_list(name, rule, list, depth),
                Value::String(text) => of_text(name, rule, text),
                _ => Ok(true),
            },
        }
    }

    fn is_one_of(&mut self, rule: &Json<'_>, value: &Value) -> Answer {
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

    fn alternatives(&mut self, name: &str, rule: &'r Json<'t>, value: &Value, depth: usize) -> Answer {
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
        map: &Map,
        depth: usize,
    ) -> Answer {
        match (name, rule) {
            ("minProperties", Json::Int(least)) => Ok(map.len() as i64 >= *least),
            ("maxProperties", Json::Int(most)) => Ok(map.len() as i64 <= *most),
            ("required", Json::List(names)) => {
                self.step(names.len())?;
                let has = |name: &Json<'_>| matches!(name, Json::Text(name) if map.contains(name.as_bytes()));
                Ok(names.iter().all(has))
            }
            ("properties", Json::Map(schemas)) => {
                self.step(schemas.len())?;
                for (name, schema) in schemas {
                    let Some(value) = map.get(name.as_bytes()) else {
                        continue;
                    };
                    if !self.fits(schema, &value, depth + 1)? {
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
                for (key, value) in map.entries() {
                    self.step(known.len() + 1)?;
                    let is_known = known.iter().any(|(name, _)| name.as_bytes() == &key[..]);
                    if !is_known && !self.fits(rule, &value, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => Ok(true),
        }
    }

    fn of_list(&mut self, name: &str, rule: &'r Json<'t>, list: &[Value], depth: usize) -> Answer {
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

fn of_text(name: &str, rule: &Json<'_>, text: &[u8]) -> Answer {
    let text = std::str::from_utf8(text).map_err(|_| Unknown)?;
    match (name, rule) {
        ("pattern", _) => Err(Unknown),
        ("minLength", Json::Int(least)) => Ok(text.chars().count() as i64 >= *least),
        ("maxLength", Json::Int(most)) => Ok(text.chars().count() as i64 <= *most),
        _ => Ok(true),
    }
}

/// A number of values or of a schema.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    Int(i64),
    Float(f64),
}

impl Number {
    fn of(value: &Value) -> Option<Result<Self, Unknown>> {
        Some(match value {
            Value::Int(_, number) => Ok(Self::Int(*number)),
            Value::Uint(_, number) => i64::try_from(*number).map(Self::Int).map_err(|_| Unknown),
            Value::Float(number) if !number.is_finite() => Err(Unknown),
            Value::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Ok(Self::Int(*number as i64))
            }
            Value::Float(number) => Ok(Self::Float(*number)),
            _ => return None,
        })
    }

    fn of_json(value: &Json<'_>) -> Option<Self> {
        match value {
            Json::Int(number) => Some(Self::Int(*number)),
            Json::Float(number) if number.fract() == 0.0 && number.abs() <= EXACT => {
                Some(Self::Int(*number as i64))
            }
            Json::Float(number) if number.abs() <= EXACT => Some(Self::Float(*number)),
            _ => None,
        }
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

fn within(value: &Value, bound: &Json<'_>, refused: Ordering) -> Answer {
    let Some(number) = Number::of(value) else {
        return Ok(true);
    };
    let bound = Number::of_json(bound).ok_or(Unknown)?;
    Ok(number?.compare(bound)? != refused)
}

fn has_type(rule: &Json<'_>, value: &Value) -> Answer {
    let is = |name: &str| -> Answer {
        Ok(match value {
            Value::Nil => name == "null",
            Value::Bool(_) => name == "boolean",
            Value::String(_) => name == "string",
            Value::List(list) if !list.is_nil() => name == "array",
            Value::Map(map) if !map.is_nil() => name == "object",
            other => match Number::of(other).ok_or(Unknown)?? {
                Number::Int(_) => name == "integer" || name == "number",
                // a float above what is exact may be whole
                Number::Float(number) if number.fract() == 0.0 => return Err(Unknown),
                Number::Float(_) => name == "number",
            },
        })
    };
    match rule {
        Json::Text(name) => is(name),
        Json::List(names) => {
            for name in names {
                if let Json::Text(name) = name
                    && is(name)?
                {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(Unknown),
    }
}

fn equals(expected: &Json<'_>, value: &Value) -> Answer {
    Ok(match (expected, value) {
        (Json::Null, Value::Nil) => true,
        (Json::Bool(expected), Value::Bool(flag)) => expected == flag,
        (Json::Text(expected), Value::String(text)) => {
            std::str::from_utf8(text).map_err(|_| Unknown)?;
            expected.as_bytes() == &text[..]
        }
        (Json::Int(_) | Json::Float(_), value) => match (Number::of_json(expected), Number::of(value)) {
            (Some(expected), Some(number)) => expected.compare(number?)? == Ordering::Equal,
            (_, None) => false,
            (None, _) => return Err(Unknown),
        },
        (Json::List(_) | Json::Map(_), Value::List(_) | Value::Map(_)) => return Err(Unknown),
        (_, Value::Bytes(_) | Value::Complex(_) | Value::Function(_) | Value::Object(_)) => {
            return Err(Unknown);
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    fn fits(schema: &str, values: &str) -> bool {
        let values = values::read(values.as_bytes()).expect("YAML");
        let fits = super::fits(schema.as_bytes(), &values);
        if fits {
            // what is certain here is what the validator says
            let value = values::map_to_json(&values);
            let schema = serde_json::from_str(schema).expect("JSON");
            assert!(
                jsonschema::options()
                    .build(&schema)
                    .expect("sound")
                    .is_valid(&value)
            );
        }
        fits
    }

    #[test]
    fn values_that_fit_plain_schemas_are_told() {
        let schema = r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a"],
            "properties": {"a": {"type": ["integer", "null"], "minimum": 1, "maximum": 2.5},
                "b": {"type": "array", "items": {"$ref": "#/definitions/c", "title": "x"}, "minItems": 1},
                "d": {"enum": ["x", 1, null, true]}, "e": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "number"}]},
                "f": {"type": "string", "pattern": "^a+$"}, "g": {"const": true}},
            "definitions": {"c": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2}}},
            "additionalProperties": false, "x-other": {"type": 5}}"##;
        for values in [
            "a: 1",
            "a: 2.0",
            "{a: ~, b: [{x: äö}]}",
            "{a: 1, d: 1.0}",
            "{a: 1, d: ~, e: xx}",
            "{a: 1, e: 0.5}",
        ] {
            assert!(fits(schema, values), "{values}");
        }
        let others = [
            "a: 0",
            "a: 3",
            "b: []",
            "{a: 1, b: [{x: abc}]}",
            "{a: 1, d: z}",
            "{a: 1, e: x}",
            "{a: 1, z: 1}",
            "{a: 1, f: aa}",
            "a: 1.5",
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
            r#"{"type": "object"} x"#,
            r#"{"minimum": 18446744073709551615}"#,
        ] {
            assert!(!fits(schema, "a: 1"), "{schema}");
        }
        let deep = format!("{}{{}}{}", r#"{"items": "#.repeat(110), "}".repeat(110));
        assert!(!fits(&deep, "a: 1"));
    }
}

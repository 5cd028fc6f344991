//! Whether a schema is a plain one: of keywords whose meaning is the same in all drafts since the seventh, each with a value
//! that the drafts' own schemas allow. All of a document is looked at, reached by values or not, as helm does.

use crate::Json;

/// Dialects by the names under which charts have them.
const DIALECTS: [&str; 8] = [
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft-07/schema",
    "https://json-schema.org/draft-07/schema#",
    "http://json-schema.org/schema#",
    "https://json-schema.org/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];
/// Keywords that mean something and are not known here.
const OTHERS: [&str; 36] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "additionalItems",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "deprecated",
    "disallow",
    "divisibleBy",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "extends",
    "format",
    "id",
    "if",
    "then",
    "else",
    "maxContains",
    "minContains",
    "multipleOf",
    "not",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "readOnly",
    "unevaluatedItems",
    "unevaluatedProperties",
    "writeOnly",
];
/// Names of types.
const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];
/// Where schemas stand that only references lead to.
pub(crate) const DEFINITIONS: [&str; 2] = ["definitions", "$defs"];
/// Keywords that apply schemas to the same value.
const IN_PLACE: [&str; 4] = ["$ref", "allOf", "anyOf", "oneOf"];
/// Keywords that may stand beside a reference: they only describe.
const DESCRIPTIONS: [&str; 5] = ["title", "description", "default", "examples", "$comment"];
/// Deepest nesting.
const MAX_DEPTH: usize = 100;

/// Whether the document is plain.
pub(crate) fn is_plain(root: &Json<'_>) -> bool {
    root.entries().is_some() && is_sound(root, root, 0)
}

fn is_sound(root: &Json<'_>, schema: &Json<'_>, depth: usize) -> bool {
    let entries = match schema {
        Json::Bool(_) => return true,
        Json::Map(entries) if depth <= MAX_DEPTH => entries,
        _ => return false,
    };
    let below = |schema: &Json<'_>| is_sound(root, schema, depth + 1);
    entries.iter().all(|(keyword, value)| match &**keyword {
        "$schema" => depth == 0 && matches!(value, Json::Text(name) if DIALECTS.contains(&&**name)),
        // the base of references, which lead nowhere else here
        "$id" => {
            depth == 0
                && matches!(value, Json::Text(name) if name.starts_with("https://") && !name.contains('#'))
        }
        "$ref" => {
            let mut names = entries.iter().map(|(name, _)| &**name);
            let alone = names.all(|name| name == "$ref" || is_in(&DESCRIPTIONS, name));
            alone && matches!(value, Json::Text(at) if target(root, at).is_some_and(is_end))
        }
        "type" => is_type(value),
        "title" | "description" | "$comment" => matches!(value, Json::Text(_)),
        "examples" | "enum" => matches!(value, Json::List(items) if !items.is_empty()),
        "required" => is_names(value),
        "minimum" | "maximum" => matches!(value, Json::Int(_) | Json::Float(_)),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            matches!(value, Json::Int(0..))
        }
        "uniqueItems" => matches!(value, Json::Bool(_)),
        "pattern" => matches!(value, Json::Text(pattern) if is_simple(pattern)),
        "items" | "additionalProperties" => below(value),
        "properties" | "definitions" | "$defs" => value
            .entries()
            .is_some_and(|schemas| schemas.iter().all(|(_, schema)| below(schema))),
        "allOf" | "anyOf" | "oneOf" => {
            matches!(value, Json::List(schemas) if !schemas.is_empty() && schemas.iter().all(below))
        }
        other => !OTHERS.contains(&other),
    })
}

fn is_in(list: &[&str], name: &str) -> bool {
    list.contains(&name)
}

/// The schema that `#/definitions/NAME` or `#/$defs/NAME` names.
pub(crate) fn target<'r, 't>(root: &'r Json<'t>, reference: &str) -> Option<&'r Json<'t>> {
    let (place, name) = reference.strip_prefix("#/")?.split_once('/')?;
    let plain = is_in(&DEFINITIONS, place) && !name.contains(['/', '~', '%']);
    root.get(place).filter(|_| plain)?.get(name)
}

/// A schema that applies no other one to the same value: references cannot lead in a circle then.
fn is_end(schema: &Json<'_>) -> bool {
    let entries = schema.entries().unwrap_or_default();
    entries.iter().all(|(keyword, _)| !is_in(&IN_PLACE, keyword))
}

fn is_type(value: &Json<'_>) -> bool {
    let is_known = |value: &Json<'_>| matches!(value, Json::Text(name) if TYPES.contains(&&**name));
    is_known(value)
        || matches!(value, Json::List(list) if list.iter().all(is_known))
            && is_names(value)
            && !is_empty(value)
}

fn is_empty(value: &Json<'_>) -> bool {
    matches!(value, Json::List(items) if items.is_empty())
}

/// A list of texts, none of them twice.
fn is_names(value: &Json<'_>) -> bool {
    let Json::List(items) = value else { return false };
    let names: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Json::Text(name) => Some(&**name),
            _ => None,
        })
        .collect();
    names.is_some_and(|mut names| {
        names.sort_unstable();
        names.windows(2).all(|pair| pair[0] != pair[1])
    })
}

/// A pattern of characters, sets and counts, which all engines read alike.
fn is_simple(pattern: &str) -> bool {
    let inner = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut rest = inner.strip_suffix('$').unwrap_or(inner);
    while let Some(first) = rest.chars().next() {
        rest = match first {
            '[' => match rest[1..].split_once(']') {
                Some((set, rest)) if is_set(set) => rest,
                _ => return false,
            },
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' | ':' | '/' | '@' | ' ' | '.' => &rest[1..],
            _ => return false,
        };
        if let Some(counted) = rest.strip_prefix('{') {
            let Some((count, behind)) = counted.split_once('}') else {
                return false;
            };
            if count.is_empty() || count.len() > 3 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            rest = behind;
        } else {
            rest = rest.strip_prefix(['*', '+', '?']).unwrap_or(rest);
        }
    }
    true
}

/// The inside of `[a-z0-9_.-]`.
fn is_set(set: &str) -> bool {
    let mut rest = set.strip_suffix('-').unwrap_or(set).as_bytes();
    while let Some(first) = rest.first() {
        rest = match rest {
            [low, b'-', high, rest @ ..]
                if low.is_ascii_alphanumeric() && high.is_ascii_alphanumeric() && low <= high =>
            {
                rest
            }
            _ if first.is_ascii_alphanumeric() || matches!(first, b'_' | b'.' | b':' | b'/') => &rest[1..],
            _ => return false,
        };
    }
    !set.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_engines_read_alike_are_simple() {
        for pattern in ["^sha256:[a-f0-9]{64}$", "a.b*", "[A-Za-z0-9_.-]+", "", "^$"] {
            assert!(is_simple(pattern), "{pattern}");
        }
        for pattern in [
            "(a)",
            "a|b",
            "\\d",
            "[z-a]",
            "[^a]",
            "[",
            "a{1,2}",
            "a{1000}",
            "*a",
            "a**",
            "[[:alpha:]]",
            "é",
        ] {
            assert!(!is_simple(pattern), "{pattern}");
        }
    }
}

//! Whether a schema is a plain one: of keywords whose meaning is the same in all drafts since the seventh, each with a value
//! that the schemas of all these drafts allow. All of a document is looked at, reached by values or not, as helm does.

use crate::json::Entry;
use crate::{Json, MAX_DEPTH, MAX_STEPS, equals};

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
/// Keywords that are known here, but not with any value.
const KNOWN: [&str; 26] = [
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "definitions",
    "description",
    "enum",
    "examples",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "properties",
    "title",
    "uniqueItems",
];
/// Names of types.
const TYPES: [&str; 7] = [
    "array", "boolean", "integer", "null", "number", "object", "string",
];
/// Where schemas stand that only references lead to.
const DEFINITIONS: [&str; 2] = ["definitions", "$defs"];
/// Keywords that apply schemas to the same value.
const IN_PLACE: [&str; 4] = ["$ref", "allOf", "anyOf", "oneOf"];
/// Keywords that may stand beside a reference: they only describe.
const DESCRIPTIONS: [&str; 5] = ["title", "description", "default", "examples", "$comment"];
/// Most repetitions that the counts of one pattern may come to; engines have bounds of their own above.
const MAX_COUNTED: usize = 1000;
/// Longest pattern.
const MAX_PATTERN: usize = 256;

/// Whether the document is plain.
pub(crate) fn is_plain(root: &Json<'_>) -> bool {
    let mut document = Document { root, steps: 0 };
    root.entries().is_some() && document.is_sound(root, 0)
}

struct Document<'r, 't> {
    root: &'r Json<'t>,
    steps: usize,
}

impl<'r, 't> Document<'r, 't> {
    fn step(&mut self, count: usize) -> bool {
        self.steps += count;
        self.steps <= MAX_STEPS
    }

    fn is_sound(&mut self, schema: &'r Json<'t>, depth: usize) -> bool {
        match schema {
            Json::Bool(_) => true,
            Json::Map(entries) if depth <= MAX_DEPTH => entries
                .iter()
                .all(|(keyword, value)| self.is_rule(entries, keyword, value, depth)),
            _ => false,
        }
    }

    fn are_sound(&mut self, schemas: &'r [Entry<'t>], depth: usize) -> bool {
        schemas.iter().all(|(_, schema)| self.is_sound(schema, depth + 1))
    }

    /// Whether one keyword of a schema is known and has a value that it may have.
    fn is_rule(
        &mut self,
        entries: &'r [Entry<'t>],
        keyword: &str,
        value: &'r Json<'t>,
        depth: usize,
    ) -> bool {
        match (keyword, value) {
            ("$schema", Json::Text(name)) => depth == 0 && DIALECTS.contains(&&**name),
            ("$id", Json::Text(name)) => depth == 0 && is_plain_address(name),
            ("$ref", Json::Text(at)) => {
                let mut names = entries.iter().map(|(name, _)| &**name);
                let alone = names.all(|name| name == "$ref" || DESCRIPTIONS.contains(&name));
                alone && self.step(count_definitions(self.root)) && target(self.root, at).is_some_and(is_end)
            }
            ("type", value) => is_type(value),
            ("title" | "description" | "$comment" | "pattern", Json::Text(text)) => {
                keyword != "pattern" || is_simple(text)
            }
            ("examples", Json::List(items)) => !items.is_empty(),
            ("enum", Json::List(items)) => {
                !items.is_empty() && self.step(items.len() * items.len()) && are_different(items)
            }
            ("required", value) => is_names(value),
            ("minimum" | "maximum", Json::Int(_)) => true,
            (
                "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties",
                Json::Int(0..),
            ) => true,
            ("uniqueItems", Json::Bool(_)) => true,
            ("items" | "additionalProperties", schema) => self.is_sound(schema, depth + 1),
            ("properties" | "definitions" | "$defs", Json::Map(schemas)) => self.are_sound(schemas, depth),
            ("allOf" | "anyOf" | "oneOf", Json::List(schemas)) => {
                !schemas.is_empty() && schemas.iter().all(|schema| self.is_sound(schema, depth + 1))
            }
            (other, _) => !OTHERS.contains(&other) && !KNOWN.contains(&other),
        }
    }
}

/// An address whose parts need no escapes: all readers of addresses take it.
fn is_plain_address(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("https://") else {
        return false;
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_host =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    !host.is_empty() && host.bytes().all(is_host) && path.bytes().all(is_path)
}

/// No two of them are the same, which draft 7 wants of `enum`.
fn are_different(items: &[Json<'_>]) -> bool {
    let differs = |(at, item): (usize, &Json<'_>)| {
        let mut above = items[..at].iter();
        above.all(|other| matches!(equals(other, item), Ok(false)))
    };
    items.iter().enumerate().all(differs)
}

/// How many schemas a search for one that is referred to may look at.
pub(crate) fn count_definitions(root: &Json<'_>) -> usize {
    let of = |place: &&str| root.get(place).and_then(Json::entries).map_or(0, <[_]>::len);
    DEFINITIONS.iter().map(of).sum()
}

/// The schema that `#/definitions/NAME` or `#/$defs/NAME` names.
pub(crate) fn target<'r, 't>(root: &'r Json<'t>, reference: &str) -> Option<&'r Json<'t>> {
    let (place, name) = reference.strip_prefix("#/")?.split_once('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let plain = DEFINITIONS.contains(&place) && name.bytes().all(is_plain);
    root.get(place).filter(|_| plain)?.get(name)
}

/// A schema that applies no other one to the same value: references cannot lead in a circle then.
fn is_end(schema: &Json<'_>) -> bool {
    let entries = schema.entries().unwrap_or_default();
    entries.iter().all(|(keyword, _)| !IN_PLACE.contains(&&**keyword))
}

fn is_type(value: &Json<'_>) -> bool {
    let is_known = |value: &Json<'_>| matches!(value, Json::Text(name) if TYPES.contains(&&**name));
    match value {
        Json::List(list) => !list.is_empty() && list.iter().all(is_known) && is_names(value),
        value => is_known(value),
    }
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
    if pattern.len() > MAX_PATTERN {
        return false;
    }
    let mut counted_to = 0;
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
            let digits = !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit());
            counted_to += count.parse().unwrap_or(MAX_COUNTED);
            if !digits || counted_to >= MAX_COUNTED {
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
            "a{600}b{600}",
            "*a",
            "a**",
            "[[:alpha:]]",
            "é",
        ] {
            assert!(!is_simple(pattern), "{pattern}");
        }
    }
}

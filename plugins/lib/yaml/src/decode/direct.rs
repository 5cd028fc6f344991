//! Data straight from the events of a document, by the rules of v2, with no tree in between: for documents without
//! anchors, tags and merges, which nearly all are. All else, every error included, is left to the tree.

use crate::Value;
use crate::limits::{Limits, MAX_WALK_DEPTH};
use crate::node::Style;
use crate::parser::{Event, EventKind, Parser};
use crate::reader::Source;
use crate::resolve::{Scalar, Schema, resolve};
use crate::scanner::Scanner;
use serde_json::{Map, Number};
use std::borrow::Cow;

/// Which entries of a mapping are wanted.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    /// All of them, and all that is below.
    All,
    /// Those of these names, compared without case as encoding/json does, and what is wanted of each.
    Fields(&'static [(&'static str, Wanted)]),
}

impl Wanted {
    pub(super) fn field(self, name: &str) -> Option<Self> {
        match self {
            Self::All => Some(Self::All),
            Self::Fields(fields) => fields
                .iter()
                .find(|(field, _)| field.eq_ignore_ascii_case(name))
                .map(|(_, wanted)| *wanted),
        }
    }
}

/// A collection that is not closed yet.
enum Open {
    Items(Vec<Value>),
    Entries {
        map: Map<String, Value>,
        wanted: Wanted,
        key: Option<Key>,
    },
    SkippedItems,
    SkippedEntries {
        awaits_value: bool,
    },
}

/// The key whose value comes next.
struct Key {
    name: String,
    /// None: the value is passed over.
    wanted: Option<Wanted>,
}

/// What an event completes.
enum Found {
    Value(Value),
    /// Something that is passed over.
    Skipped,
}

struct Reader<'a> {
    parser: Parser<'a>,
    open: Vec<Open>,
    nodes: usize,
    limits: Limits,
    strict: bool,
}

/// The wanted part of the first document; none where the tree has to tell. `strict`: duplicate keys are left to it, too.
pub(super) fn read(source: &Source<'_>, strict: bool, wanted: Wanted, limits: &Limits) -> Option<Value> {
    let mut reader = Reader {
        parser: Parser::new(Scanner::new(&source.text, source.fault, Schema::V2)),
        open: Vec::with_capacity(16),
        nodes: 0,
        limits: *limits,
        strict,
    };
    reader.document(wanted)
}

impl Reader<'_> {
    fn document(&mut self, wanted: Wanted) -> Option<Value> {
        self.parser.next().ok()?;
        if !matches!(self.parser.next().ok()?.kind, EventKind::DocumentStart) {
            return Some(Value::Null);
        }
        loop {
            let event = self.parser.next().ok()?;
            let Some(found) = self.take(event, wanted)? else {
                continue;
            };
            if self.open.is_empty() {
                // go-yaml meets what is wrong directly behind the document
                self.parser.next().ok()?;
                return match found {
                    Found::Value(value) => Some(value),
                    Found::Skipped => None,
                };
            }
            self.put(found)?;
        }
    }

    /// Handles one event. The outer none is left to the tree, the inner one completes nothing.
    #[allow(clippy::option_option)]
    fn take(&mut self, event: Event<'_>, root: Wanted) -> Option<Option<Found>> {
        match event.kind {
            EventKind::Scalar {
                properties: None,
                value,
                style,
            } => {
                self.count()?;
                self.scalar(value, style)
            }
            EventKind::SequenceStart { properties: None, .. } => {
                let open = match self.wanted_below(root)? {
                    Some(_) => Open::Items(Vec::new()),
                    None => Open::SkippedItems,
                };
                self.begin(open).map(|()| None)
            }
            EventKind::MappingStart { properties: None, .. } => {
                let open = match self.wanted_below(root)? {
                    Some(wanted) => Open::Entries {
                        map: Map::new(),
                        wanted,
                        key: None,
                    },
                    None => Open::SkippedEntries { awaits_value: false },
                };
                self.begin(open).map(|()| None)
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.open.pop().map(|done| {
                Some(match done {
                    Open::Items(items) => Found::Value(Value::Array(items)),
                    Open::Entries { map, .. } => Found::Value(Value::Object(map)),
                    Open::SkippedItems | Open::SkippedEntries { .. } => Found::Skipped,
                })
            }),
            _ => None,
        }
    }

    fn begin(&mut self, open: Open) -> Option<()> {
        let room = self.open.len() < self.limits.max_depth.min(MAX_WALK_DEPTH);
        self.count().filter(|()| room)?;
        self.open.push(open);
        Some(())
    }

    fn count(&mut self) -> Option<()> {
        self.nodes += 1;
        (self.nodes <= self.limits.max_nodes).then_some(())
    }

    /// What is wanted of the collection that begins; the outer none where it stands for a key.
    #[allow(clippy::option_option)]
    fn wanted_below(&self, root: Wanted) -> Option<Option<Wanted>> {
        match self.open.last() {
            None => Some(Some(root)),
            Some(Open::Items(_)) => Some(Some(Wanted::All)),
            Some(Open::SkippedItems) => Some(None),
            Some(Open::Entries { key, .. }) => key.as_ref().map(|key| key.wanted),
            Some(Open::SkippedEntries { awaits_value }) => awaits_value.then_some(None),
        }
    }

    /// A key is kept, any other scalar is a value.
    #[allow(clippy::option_option)]
    fn scalar(&mut self, text: Cow<'_, str>, style: Style) -> Option<Option<Found>> {
        match self.open.last_mut() {
            Some(Open::Entries { wanted, key, .. }) if key.is_none() => {
                let wanted = wanted.field(check_key(&text, style)?);
                let name = wanted.map_or_else(String::new, |_| text.into_owned());
                *key = Some(Key { name, wanted });
                Some(None)
            }
            Some(Open::SkippedEntries { awaits_value }) if !*awaits_value => {
                check_key(&text, style)?;
                *awaits_value = true;
                Some(None)
            }
            Some(
                Open::SkippedItems
                | Open::SkippedEntries { .. }
                | Open::Entries {
                    key: Some(Key { wanted: None, .. }),
                    ..
                },
            ) => {
                // numbers that JSON cannot hold
                let sound = style != Style::Plain
                    || !matches!(resolve(&text, Schema::V2), Scalar::Float(found) if !found.is_finite());
                sound.then_some(Some(Found::Skipped))
            }
            _ => value_of(text, style).map(|value| Some(Found::Value(value))),
        }
    }

    /// Puts what was completed where it belongs.
    fn put(&mut self, found: Found) -> Option<()> {
        match (self.open.last_mut()?, found) {
            (Open::Items(items), Found::Value(value)) => items.push(value),
            (Open::Entries { map, key, .. }, found) => {
                let key = key.take()?;
                if let Found::Value(value) = found
                    && map.insert(key.name, value).is_some()
                    && self.strict
                {
                    return None;
                }
            }
            (Open::SkippedEntries { awaits_value }, _) => *awaits_value = false,
            (Open::Items(_) | Open::SkippedItems, _) => {}
        }
        Some(())
    }
}

/// A key that is text, and no merge.
fn check_key(text: &str, style: Style) -> Option<&str> {
    let plain = style == Style::Plain;
    let sound =
        !plain || text != "<<" && matches!(resolve(text, Schema::V2), Scalar::Str | Scalar::Timestamp);
    sound.then_some(text)
}

fn value_of(text: Cow<'_, str>, style: Style) -> Option<Value> {
    if style != Style::Plain {
        return Some(Value::String(text.into_owned()));
    }
    Some(match resolve(&text, Schema::V2) {
        Scalar::Str | Scalar::Timestamp => Value::String(text.into_owned()),
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(value),
        Scalar::Int(value) => Value::from(value),
        Scalar::Uint(value) => Value::from(value),
        Scalar::Float(value) => Value::Number(Number::from_f64(value)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_value, read_wanted};
    use serde_json::json;

    static HEAD: Wanted = Wanted::Fields(&[
        ("kind", Wanted::All),
        ("metadata", Wanted::Fields(&[("name", Wanted::All)])),
    ]);

    fn direct(text: &str) -> Option<Value> {
        let source = crate::reader::open(text.as_bytes());
        read(&source, false, Wanted::All, &Limits::default())
    }

    #[test]
    fn plain_documents_need_no_tree() {
        let text =
            "a: [1, 0x10, 1e3, ~, yes, 'x']\n\"b\":\n- c: |\n    d\n- {}\n2001-01-01: 2001-01-01\na: 2\n";
        assert_eq!(
            direct(text),
            Some(json!({"a": 2, "b": [{"c": "d\n"}, {}], "2001-01-01": "2001-01-01"}))
        );
        assert_eq!(direct(""), Some(Value::Null));
        assert_eq!(direct("x\n---\ny: ["), Some(json!("x")));
    }

    #[test]
    fn what_is_irregular_is_left_to_the_tree() {
        let texts = [
            "a: &x 1",
            "a: *x",
            "<<: {a: 1}",
            "1: a",
            "? [a]\n: b",
            "a: !!str 1",
            "a: .inf",
            "~: a",
            "a: [",
            "yes: 1",
        ];
        for text in texts {
            assert_eq!(direct(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_is_wanted_is_kept_and_the_rest_is_checked() {
        let limits = Limits::default();
        let wanted = |text: &str| read_wanted(text.as_bytes(), HEAD, &limits);
        let text = "Kind: x\nspec: {a: [{b: c}, 1], d: {e: f}}\nmetadata: {name: own, labels: {a: b}}\n";
        assert_eq!(
            wanted(text),
            Ok(json!({"Kind": "x", "metadata": {"name": "own"}}))
        );
        for text in [
            "kind: x\nspec: [.nan]",
            "kind: x\nspec: {a: {~: 1}}",
            "kind: x\nspec: [{a: b]",
            "spec: {[a]: b}",
        ] {
            assert!(wanted(text).is_err(), "{text}");
            assert_eq!(
                wanted(text),
                read_value(text.as_bytes(), false, &limits),
                "{text}"
            );
        }
        let merged = wanted("spec: &s {kind: own}\n<<: *s\n").expect("sound");
        assert_eq!(merged["kind"], "own");
    }
}

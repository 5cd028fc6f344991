//! Reading TOML.

use sluice_go_template::{List, ListType, Value};
use toml::Value as Tree;

use crate::objects::MomentValue;
use crate::time::Moment;

/// Largest text that is read.
const MAX_BYTES: usize = 4 << 20;

/// Reads a document as `fromToml` does: integers stay integers. The error is a text of the `toml` crate, not Go's.
///
/// # Errors
/// The text is no TOML.
pub fn read(text: &[u8]) -> Result<Value, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("toml: more than {MAX_BYTES} bytes"));
    }
    let text = std::str::from_utf8(text).map_err(|_| "toml: line 1: invalid UTF-8 byte".to_owned())?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("toml: line {line}: {}", error.message())
    })?;
    Ok(convert(Tree::Table(table)))
}

fn convert(tree: Tree) -> Value {
    match tree {
        Tree::String(text) => Value::from(text),
        Tree::Integer(number) => Value::int64(number),
        Tree::Float(number) => Value::Float(number),
        Tree::Boolean(value) => Value::Bool(value),
        Tree::Datetime(found) => Value::object(MomentValue(moment(&found.to_string()))),
        Tree::Array(items) => {
            let tables = !items.is_empty() && items.iter().all(Tree::is_table);
            let items = items.into_iter().map(convert).collect();
            Value::List(List::typed(
                if tables { &ListType::MAPS } else { &ListType::ANY },
                items,
            ))
        }
        Tree::Table(entries) => Value::map(entries.into_iter().map(|(key, value)| (key, convert(value)))),
    }
}

/// A date, a time, or both.
fn moment(text: &str) -> Moment {
    const LAYOUTS: [&[u8]; 4] = [
        b"2006-01-02T15:04:05.999999999Z07:00",
        b"2006-01-02T15:04:05.999999999",
        b"2006-01-02",
        b"15:04:05.999999999",
    ];
    let parsed = LAYOUTS
        .iter()
        .find_map(|layout| Moment::parse(layout, text.as_bytes()).ok());
    parsed.unwrap_or(Moment::ZERO)
}

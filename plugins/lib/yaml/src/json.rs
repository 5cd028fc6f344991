//! JSON as Go's encoding/json writes it: keys sorted by bytes, `<`, `>` and `&` escaped.

mod text;

pub(crate) use crate::resolve::format_json_float;
pub(crate) use text::JsonText;

use crate::emitter::{Marshal, Shape};

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonOptions {
    /// Escape `<`, `>` and `&` (`json.Marshal` does, `SetEscapeHTML(false)` does not).
    pub escape_html: bool,
    /// Spaces of a level; 0 writes one line.
    pub indent: usize,
}

impl JsonOptions {
    /// `json.Marshal`.
    pub const COMPACT: Self = Self {
        escape_html: true,
        indent: 0,
    };
    /// `json.MarshalIndent(value, "", "  ")`.
    pub const PRETTY: Self = Self {
        escape_html: true,
        indent: 2,
    };
}

/// Whether a YAML reader makes something else of the JSON text of this value, or refuses it.
pub fn is_changed_by_json(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => JsonText::of(text).is_read_differently(false),
        Value::Array(items) => items.iter().any(is_changed_by_json),
        Value::Object(map) => map
            .iter()
            .any(|(key, item)| JsonText::of(key).is_read_differently(true) || is_changed_by_json(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Writes data as Go's `json.Marshal` writes a `map[string]interface{}`.
///
/// ```
/// use sluice_yaml::{JsonOptions, write_json};
/// let value = serde_json::json!({"b": 1e21, "a": "<"});
/// assert_eq!(write_json(&value, JsonOptions::COMPACT), r#"{"a":"\u003c","b":1e+21}"#);
/// ```
pub fn write_json<T: Marshal>(value: &T, options: JsonOptions) -> String {
    let mut out = String::new();
    write_value(value, options, 0, &mut out);
    out
}

fn write_value<T: Marshal>(value: &T, options: JsonOptions, level: usize, out: &mut String) {
    match value.shape() {
        Shape::Null => out.push_str("null"),
        Shape::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        Shape::Int(value) => out.push_str(&value.to_string()),
        Shape::Uint(value) => out.push_str(&value.to_string()),
        Shape::Float(value) => out.push_str(&format_json_float(value)),
        Shape::Str(text) | Shape::Scalar(text, _) => JsonText::of(text).write(options.escape_html, out),
        Shape::Seq(items) => write_list('[', ']', items.iter(), options, level, out, |item, level, out| {
            write_value(item, options, level, out);
        }),
        Shape::Map(mut entries) => {
            entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
            write_list(
                '{',
                '}',
                entries.into_iter(),
                options,
                level,
                out,
                |(key, value), level, out| {
                    JsonText::of(key).write(options.escape_html, out);
                    out.push_str(if options.indent > 0 { ": " } else { ":" });
                    write_value(value, options, level, out);
                },
            );
        }
    }
}

fn write_list<T>(
    open: char,
    close: char,
    entries: impl ExactSizeIterator<Item = T>,
    options: JsonOptions,
    level: usize,
    out: &mut String,
    write: impl Fn(T, usize, &mut String),
) {
    let empty = entries.len() == 0;
    out.push(open);
    for (at, entry) in entries.enumerate() {
        if at > 0 {
            out.push(',');
        }
        break_line(options, level + 1, out);
        write(entry, level + 1, out);
    }
    if !empty {
        break_line(options, level, out);
    }
    out.push(close);
}

fn break_line(options: JsonOptions, level: usize, out: &mut String) {
    if options.indent > 0 {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', options.indent * level));
    }
}

#[cfg(test)]
mod tests;

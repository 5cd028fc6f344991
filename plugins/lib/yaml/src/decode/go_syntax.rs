//! Values in messages as Go's `%#v` prints them.

use super::v3::has_string_keys;
use crate::node::{Kind, Node};
use crate::resolve::{Data, FloatPrecision, Schema, decode, format_float};

/// `strconv.Quote`.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for found in text.chars() {
        match found {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0B' => out.push_str("\\v"),
            '\0'..='\x1F' | '\x7F' => out.push_str(&format!("\\x{:02x}", u32::from(found))),
            _ if is_printable(found) => out.push(found),
            _ if u32::from(found) <= 0xFFFF => out.push_str(&format!("\\u{:04x}", u32::from(found))),
            _ => out.push_str(&format!("\\U{:08x}", u32::from(found))),
        }
    }
    out.push('"');
    out
}

fn is_printable(found: char) -> bool {
    found.is_ascii_graphic() || found == ' ' || (!found.is_ascii() && found.escape_debug().len() == 1)
}

/// A decoded value.
pub(super) fn syntax(node: &Node, schema: Schema) -> String {
    match node.kind {
        Kind::Scalar => match decode(&node.value, &node.tag, schema) {
            Ok(Data::Null) => "interface {}(nil)".into(),
            Ok(Data::Bool(value)) => value.to_string(),
            Ok(Data::Int(value)) => value.to_string(),
            Ok(Data::Uint(value)) => format!("0x{value:x}"),
            Ok(Data::Float(value)) if value.is_finite() => format_float(value, FloatPrecision::Double),
            Ok(Data::Float(value)) if value.is_nan() => "NaN".into(),
            Ok(Data::Float(value)) => {
                if value > 0.0 {
                    "+Inf".into()
                } else {
                    "-Inf".into()
                }
            }
            Ok(Data::Str(text)) => quote(&text),
            Ok(Data::Timestamp(_)) | Err(_) => quote(&node.value),
        },
        Kind::Sequence => {
            let items: Vec<String> = node.content.iter().map(|item| syntax(item, schema)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Kind::Mapping => {
            let mut entries: Vec<String> = node
                .pairs()
                .map(|(key, value)| format!("{}:{}", syntax(key, schema), syntax(value, schema)))
                .collect();
            entries.sort();
            let strings = schema == Schema::V3 && has_string_keys(node);
            let kind = if strings {
                "map[string]"
            } else {
                "map[interface {}]"
            };
            format!("{kind}interface {{}}{{{}}}", entries.join(", "))
        }
    }
}

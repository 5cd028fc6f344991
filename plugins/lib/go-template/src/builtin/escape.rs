//! `html`, `js` and `urlquery`.

use crate::context::Context;
use crate::error::Error;
use crate::format;
use crate::operand::Operand;
use crate::unicode::{decode, is_print};
use crate::value::{Pointed, Str, Value};

/// The arguments as `print` shows them; nil is `<no value>`.
pub fn text(context: &mut Context, args: &[Operand]) -> Result<Str, Error> {
    if let [
        Operand {
            value: Value::String(text),
            ..
        },
    ] = args
    {
        return Ok(text.clone());
    }
    let shown = |arg: &Operand| match &arg.value {
        Value::Nil => Value::from("<no value>"),
        other => Pointed::printed(other).unwrap_or_else(|| other.clone()),
    };
    let values: Vec<Value> = args.iter().map(shown).collect();
    format::sprint(context.budget(), &values).map(Str::from)
}

pub fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        let escaped: &[u8] = match byte {
            0 => "\u{fffd}".as_bytes(),
            b'"' => b"&#34;",
            b'\'' => b"&#39;",
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            _ => std::slice::from_ref(byte),
        };
        out.extend_from_slice(escaped);
    }
    out
}

pub fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        let (character, length) = decode(rest);
        match byte {
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 | b'<' | b'>' | b'&' | b'=' => out.extend_from_slice(format!("\\u{byte:04X}").as_bytes()),
            0x80.. if !is_print(character) => {
                out.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes());
            }
            _ => out.extend_from_slice(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out
}

/// Go's `url.QueryEscape`.
pub fn query(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    out
}

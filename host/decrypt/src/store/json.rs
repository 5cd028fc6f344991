//! JSON, and bytes in a JSON envelope. Numbers are floats, as in Go.

use serde_json::Value as Json;
use sluice_yaml::{JsonOptions, write_json};
use zeroize::Zeroizing;

use super::{Format, Loaded, METADATA_KEY};
use crate::error::SopsError;
use crate::metadata::Metadata;
use crate::tree::{Branch, Item, Key, Value};

pub(super) fn load(bytes: &[u8]) -> Result<Loaded, SopsError> {
    // the JSON parser stops at 128 levels
    let parsed: Json = serde_json::from_slice(bytes).map_err(|error| SopsError::Parse {
        format: Format::Json,
        reason: format!("line {} column {} is no JSON", error.line(), error.column()),
    })?;
    let Json::Object(mut entries) = parsed else {
        return Err(SopsError::Parse {
            format: Format::Json,
            reason: "it is no object".into(),
        });
    };
    let stored = entries
        .shift_remove(METADATA_KEY)
        .filter(|stored| !stored.is_null());
    let metadata = Metadata::read(stored.ok_or(SopsError::NoMetadata)?)?;
    let branch = entries.into_iter().map(|(key, value)| item(key, value)).collect();
    Ok(Loaded {
        documents: vec![branch],
        metadata,
    })
}

fn item(key: String, value: Json) -> Item {
    Item {
        key: Key::Name(key),
        value: read(value),
    }
}

fn read(value: Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(value) => Value::Float(value.as_f64().unwrap_or_default()),
        Json::String(text) => Value::text(text),
        Json::Array(items) => Value::List(items.into_iter().map(read).collect()),
        Json::Object(entries) => {
            Value::Branch(entries.into_iter().map(|(key, value)| item(key, value)).collect())
        }
    }
}

/// A value without content below it as JSON.
pub(crate) fn scalar(value: &Value) -> Result<Json, &'static str> {
    Ok(match value {
        Value::Bool(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => serde_json::Number::from_f64(*value)
            .map(Json::Number)
            .ok_or("a float is not finite")?,
        Value::Str(text) | Value::Time(text) | Value::Comment(text) => {
            String::from_utf8_lossy(text).into_owned().into()
        }
        Value::Null | Value::Branch(_) | Value::List(_) => Json::Null,
    })
}

pub(super) fn emit(documents: &[Branch]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let mut out = Zeroizing::new(Vec::new());
    let branch = documents.first().ok_or("it has no document")?;
    write_branch(branch, 0, &mut out)?;
    out.push(b'\n');
    Ok(out)
}

/// The one string under `data`.
pub(super) fn emit_binary(documents: &[Branch]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let [branch] = documents else {
        return Err("it has more than one document");
    };
    let mut items = branch.iter();
    match items.find(|item| matches!(&item.key, Key::Name(name) if name == "data")) {
        Some(Item {
            value: Value::Str(text),
            ..
        }) => Ok(text.clone()),
        Some(_) => Err("data is no string"),
        None => Err("it has no key data: only what was encrypted as binary can be written so"),
    }
}

fn write_branch(branch: &Branch, level: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    let named = branch.iter().filter_map(|item| match &item.key {
        Key::Name(name) => Some((name, &item.value)),
        Key::Comment(_) => None,
    });
    out.push(b'{');
    let mut any = false;
    for (name, value) in named {
        begin(any, level + 1, out);
        out.extend_from_slice(write_json(&Json::from(name.as_str()), JsonOptions::COMPACT).as_bytes());
        out.extend_from_slice(b": ");
        write(value, level + 1, out)?;
        any = true;
    }
    finish(any, level, b'}', out);
    Ok(())
}

fn write_list(items: &[Value], level: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    out.push(b'[');
    let mut any = false;
    for item in items.iter().filter(|item| !matches!(item, Value::Comment(_))) {
        begin(any, level + 1, out);
        write(item, level + 1, out)?;
        any = true;
    }
    finish(any, level, b']', out);
    Ok(())
}

fn begin(any: bool, level: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(if any { b",\n" } else { b"\n" });
    out.extend(std::iter::repeat_n(b'\t', level));
}

fn finish(any: bool, level: usize, close: u8, out: &mut Vec<u8>) {
    if any {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b'\t', level));
    }
    out.push(close);
}

fn write(value: &Value, level: usize, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match value {
        Value::Branch(branch) => write_branch(branch, level, out),
        Value::List(items) => write_list(items, level, out),
        other => {
            out.extend_from_slice(write_json(&scalar(other)?, JsonOptions::COMPACT).as_bytes());
            Ok(())
        }
    }
}

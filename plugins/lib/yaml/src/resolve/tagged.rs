//! The value of a scalar with a tag, and the errors when text and tag disagree.

use super::{Scalar, Schema, Timestamp, parse_timestamp, resolve_as};
use crate::error::{Error, ErrorKind};
use crate::node::Tag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// A decoded scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Data<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Str(Cow<'a, str>),
    Timestamp(Timestamp),
}

/// Decodes the text of a scalar whose short tag is known. Untagged text comes with the tag that resolution gave it.
///
/// # Errors
/// `cannot decode !!str ... as a !!int` when an explicit tag does not fit, and broken base64 below `!!binary`.
pub(crate) fn decode<'a>(text: &'a str, tag: &Tag, schema: Schema) -> Result<Data<'a>, Error> {
    match tag {
        Tag::Str | Tag::Map | Tag::Seq | Tag::Merge | Tag::Custom(_) => {
            return Ok(Data::Str(Cow::Borrowed(text)));
        }
        Tag::Binary => return decode_binary(text),
        Tag::None | Tag::Int | Tag::Float | Tag::Bool | Tag::Null | Tag::Timestamp => {}
    }
    let timestamps = matches!(tag, Tag::None | Tag::Timestamp);
    let found = resolve_as(text, schema, timestamps);
    Ok(match (tag, found) {
        (Tag::Float, Scalar::Int(value)) => Data::Float(value as f64),
        (tag, found) if *tag != Tag::None && found.tag() != *tag => {
            let message = format!(
                "cannot decode {} `{text}` as a {}",
                found.tag().as_str(),
                tag.as_str()
            );
            return Err(Error::new(ErrorKind::Decode, message));
        }
        (_, Scalar::Null) => Data::Null,
        (_, Scalar::Bool(value)) => Data::Bool(value),
        (_, Scalar::Int(value)) => Data::Int(value),
        (_, Scalar::Uint(value)) => Data::Uint(value),
        (_, Scalar::Float(value)) => Data::Float(value),
        (_, Scalar::Str) => Data::Str(Cow::Borrowed(text)),
        (_, Scalar::Timestamp) => match parse_timestamp(text) {
            Some(found) if schema == Schema::V3 => Data::Timestamp(found),
            _ => Data::Str(Cow::Borrowed(text)),
        },
    })
}

/// Bytes that are not UTF-8 become U+FFFD, as encoding/json writes them.
fn decode_binary(text: &str) -> Result<Data<'_>, Error> {
    // Go skips line breaks in base64.
    let compact: String = text
        .chars()
        .filter(|found| !matches!(found, '\r' | '\n'))
        .collect();
    match STANDARD.decode(compact) {
        Ok(bytes) => Ok(Data::Str(Cow::Owned(lossy(&bytes)))),
        Err(_) => Err(Error::new(
            ErrorKind::Decode,
            "!!binary value contains invalid base64 data",
        )),
    }
}

/// Replaces every byte that is not part of a UTF-8 sequence by U+FFFD, one by one as Go does.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('\u{FFFD}', chunk.invalid().len()));
    }
    text
}

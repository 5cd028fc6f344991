//! Writing data: `sigs.k8s.io/yaml.Marshal` and v3's `Marshal`.

use super::collection::Brackets;
use super::style::Text;
use super::tag::WrittenTag;
use super::{EmitOptions, Emitter, Flavour, Place, sort_keys};
use crate::decode::read_value;
use crate::error::Error;
use crate::json::{JsonOptions, JsonText, format_json_float, write_json};
use crate::limits::Limits;
use crate::node::Style;
use crate::resolve::{FloatPrecision, Schema, format_float};

/// Data that can be written: JSON values, and any other tree of the same shapes.
pub trait Marshal: Sized {
    /// What this value is.
    fn shape(&self) -> Shape<'_, Self>;
}

/// The shapes of data.
#[derive(Debug)]
pub enum Shape<'a, T> {
    /// `null`
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// An integer above `i64::MAX`.
    Uint(u64),
    /// A finite float.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// A scalar that is no text: written plain, or literally when it has lines, behind a tag such as `binary` unless that is
    /// empty.
    Scalar(&'a str, &'static str),
    /// A list.
    Seq(&'a [T]),
    /// A map in any order.
    Map(Vec<(&'a str, &'a T)>),
}

impl Marshal for crate::Value {
    fn shape(&self) -> Shape<'_, Self> {
        match self {
            Self::Null => Shape::Null,
            Self::Bool(value) => Shape::Bool(*value),
            Self::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Shape::Int(value),
                (None, Some(value)) => Shape::Uint(value),
                (None, None) => Shape::Float(number.as_f64().unwrap_or_default()),
            },
            Self::String(text) => Shape::Str(text),
            Self::Array(items) => Shape::Seq(items),
            Self::Object(entries) => {
                Shape::Map(entries.iter().map(|(key, value)| (key.as_str(), value)).collect())
            }
        }
    }
}

/// Writes one document of data, keys in go-yaml's natural order unless the flavour has another, with the final line break.
///
/// # Errors
/// Data the Go function refuses: characters YAML does not allow and JSON leaves unescaped, keys of more than 1,024
/// characters (both [`Flavour::Sigs`] only), nesting beyond the limit.
///
/// ```
/// use sluice_yaml::{Flavour, emit_value};
/// let value = serde_json::json!({"a10": ["yes", 1.0], "a9": "x: y"});
/// assert_eq!(emit_value(&value, Flavour::Sigs).unwrap(), "a9: 'x: y'\na10:\n- \"yes\"\n- 1\n");
/// ```
pub fn emit_value<T: Marshal>(value: &T, flavour: Flavour) -> Result<String, Error> {
    let mut emitter = match flavour {
        Flavour::Sigs => Emitter::new(Schema::V2, &EmitOptions::V2, 1024),
        Flavour::V3(options) => Emitter::new(Schema::V3, &options, 1024),
        Flavour::MapSlice => Emitter::new(Schema::V2, &EmitOptions::V2, 1024),
    };
    emitter.byte_order = flavour == Flavour::MapSlice;
    emitter.value(value, Place::default())?;
    if !emitter.changed_by_json || flavour == Flavour::MapSlice {
        return Ok(emitter.finish());
    }
    let json = write_json(value, JsonOptions::COMPACT);
    let received = read_value(
        json.as_bytes(),
        false,
        &Limits {
            max_bytes: usize::MAX,
            ..Limits::default()
        },
    )?;
    let mut emitter = Emitter::new(Schema::V2, &EmitOptions::V2, json.len());
    emitter.value(&received, Place::default())?;
    Ok(emitter.finish())
}

impl Emitter {
    fn value<T: Marshal>(&mut self, value: &T, place: Place) -> Result<(), Error> {
        match value.shape() {
            Shape::Null => self.write_word("null", place),
            Shape::Bool(value) => self.write_word(if value { "true" } else { "false" }, place),
            Shape::Int(value) => self.write_word(&value.to_string(), place),
            Shape::Uint(value) => self.write_word(&value.to_string(), place),
            Shape::Float(value) => self.write_word(&float_text(value, self.schema), place),
            Shape::Str(text) => {
                self.note_json(text, false);
                self.write_scalar(&Text::string(text, self.schema), place);
            }
            Shape::Scalar(text, tag) => self.write_tagged(text, tag, place),
            Shape::Seq([]) => self.write_empty(Brackets::Sequence, place),
            Shape::Seq(items) => self.sequence(items, place)?,
            Shape::Map(entries) if entries.is_empty() => self.write_empty(Brackets::Mapping, place),
            Shape::Map(entries) => self.mapping(entries, place)?,
        }
        Ok(())
    }

    fn sequence<T: Marshal>(&mut self, items: &[T], place: Place) -> Result<(), Error> {
        self.enter()?;
        let before = self.open_block_sequence(place);
        for item in items {
            let place = self.write_block_entry();
            self.value(item, place)?;
        }
        self.close_block(before);
        self.leave();
        Ok(())
    }

    fn mapping<T: Marshal>(&mut self, mut entries: Vec<(&str, &T)>, place: Place) -> Result<(), Error> {
        self.enter()?;
        if self.byte_order {
            entries.sort_by(|a, b| a.0.cmp(b.0));
        } else {
            sort_keys(&mut entries, self.schema);
        }
        let before = self.open_block_mapping(place);
        for (key, value) in entries {
            self.note_json(key, true);
            let place = self.write_string_key(key);
            self.value(value, place)?;
        }
        self.close_block(before);
        self.leave();
        Ok(())
    }

    fn write_tagged(&mut self, text: &str, tag: &'static str, place: Place) {
        if !tag.is_empty() {
            self.write_tag(&WrittenTag::standard(tag));
        }
        let style = if text.contains('\n') {
            Style::Literal
        } else {
            Style::Plain
        };
        self.write_scalar(&Text::new(text, style, self.schema), place);
    }

    fn write_word(&mut self, word: &str, place: Place) {
        self.write_scalar(&Text::new(word, Style::Plain, self.schema), place);
    }

    /// v2 gets data through JSON, which the YAML reader reads a little differently. Notes when that matters.
    fn note_json(&mut self, text: &str, is_key: bool) {
        if self.schema == Schema::V2 {
            self.changed_by_json |= JsonText::of(text).is_read_differently(is_key);
        }
    }
}

/// A float: v2 gets it as JSON, where whole numbers look like integers.
fn float_text(value: f64, schema: Schema) -> String {
    if !value.is_finite() {
        let word = if value.is_nan() {
            ".nan"
        } else if value > 0.0 {
            ".inf"
        } else {
            "-.inf"
        };
        return word.into();
    }
    if schema == Schema::V2 {
        let json = format_json_float(value);
        if json == "-0" {
            return "0".into();
        }
        if json.parse::<i64>().is_ok() || json.parse::<u64>().is_ok() {
            return json;
        }
    }
    format_float(value, FloatPrecision::Double)
}

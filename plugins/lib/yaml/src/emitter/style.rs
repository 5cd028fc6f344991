//! Choosing the style of a scalar.

use super::analysis::{Analysis, analyse};
use super::{Emitter, Place};
use crate::node::Style;
use crate::resolve::{Scalar, Schema, old_bool, resolve};

/// A scalar ready to be written.
pub(super) struct Text<'a> {
    pub(super) value: &'a str,
    pub(super) style: Style,
    pub(super) analysis: Analysis,
}

impl<'a> Text<'a> {
    /// A text with the style its writer asks for.
    pub(super) fn new(value: &'a str, style: Style, schema: Schema) -> Self {
        let style = if matches!(style, Style::Flow | Style::Block) {
            Style::Plain
        } else {
            style
        };
        Self {
            value,
            style,
            analysis: analyse(value, schema),
        }
    }

    /// A string of data: quoted when its text would read as something else.
    pub(super) fn string(value: &'a str, schema: Schema) -> Self {
        Self::new(value, string_style(value, schema), schema)
    }
}

/// The style go-yaml asks for when it writes a string.
fn string_style(value: &str, schema: Schema) -> Style {
    if value.as_bytes().contains(&b'\n') {
        Style::Literal
    } else if reads_as_string(value, schema) {
        Style::Plain
    } else {
        Style::DoubleQuoted
    }
}

/// Whether the plain text is a string for go-yaml and for readers of YAML 1.1.
fn reads_as_string(value: &str, schema: Schema) -> bool {
    resolve(value, schema) == Scalar::Str
        && !is_base60(value)
        && !(schema == Schema::V3 && old_bool(value).is_some())
}

/// A sexagesimal number: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let (numbers, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let mut parts = numbers.split(':');
    if !is_digits(fraction) || !parts.next().is_some_and(is_digits) {
        return false;
    }
    let mut sixtieths = 0;
    let sound = parts.all(|part| {
        sixtieths += 1;
        matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    sound && sixtieths > 0
}

impl Emitter {
    /// The style a text can really have at its place.
    pub(super) fn select_style(&self, text: &Text<'_>, place: Place) -> Style {
        let allowed = &text.analysis;
        let mut style = text.style;
        if place.simple_key && allowed.multiline {
            style = Style::DoubleQuoted;
        }
        if style == Style::Plain {
            let plain = if self.flow_level > 0 {
                allowed.flow_plain
            } else {
                allowed.block_plain
            };
            let hidden = text.value.is_empty() && (self.flow_level > 0 || place.simple_key);
            if !plain || hidden {
                style = Style::SingleQuoted;
            }
        }
        if style == Style::SingleQuoted && !allowed.single_quoted {
            style = Style::DoubleQuoted;
        }
        let is_block = matches!(style, Style::Literal | Style::Folded);
        if is_block && (!allowed.block || self.flow_level > 0 || place.simple_key) {
            style = Style::DoubleQuoted;
        }
        style
    }
}

/// The style a string has once it was written by v3 and read again.
pub(crate) fn node_style(value: &str, is_key: bool) -> Style {
    let emitter = Emitter::new(Schema::V3, &super::EmitOptions::KYAML, 0);
    let text = Text::string(value, Schema::V3);
    let simple_key = is_key && !text.analysis.multiline && value.len() <= super::key::MAX_SIMPLE_KEY;
    emitter.select_style(
        &text,
        Place {
            simple_key,
            ..Place::default()
        },
    )
}

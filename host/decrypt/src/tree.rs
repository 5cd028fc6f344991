//! The content of a SOPS file: what every format is read into, walked as, and written from.

use std::fmt;

use zeroize::Zeroizing;

/// Deepest nesting of a file or object.
pub(crate) const MAX_DEPTH: usize = 100;

/// A map in order; comments are items of their own.
pub(crate) type Branch = Vec<Item>;

/// One entry of a [`Branch`].
pub(crate) struct Item {
    /// A name, or a comment that stands between names.
    pub key: Key,
    /// [`Value::Null`] beside a comment.
    pub value: Value,
}

/// What an [`Item`] begins with.
pub(crate) enum Key {
    /// The key of a map.
    Name(String),
    /// A comment, without its mark.
    Comment(Text),
}

/// Text that may be a secret, in any bytes.
pub(crate) type Text = Zeroizing<Vec<u8>>;

/// A value.
pub(crate) enum Value {
    /// Never encrypted.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Text or bytes.
    Str(Text),
    /// A time, as RFC 3339 says it.
    Time(Text),
    /// A comment among the items of a list.
    Comment(Text),
    /// A map.
    Branch(Branch),
    /// A list.
    List(Vec<Value>),
}

impl fmt::Debug for Value {
    /// Content is never shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())
    }
}

impl Value {
    /// A string.
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self::Str(Zeroizing::new(text.into()))
    }

    /// What it is, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Str(_) => "a string",
            Self::Time(_) => "a time",
            Self::Comment(_) => "a comment",
            Self::Branch(_) => "a map",
            Self::List(_) => "a list",
        }
    }

    /// The bytes that the MAC is made of.
    pub fn mac_bytes(&self) -> Text {
        Zeroizing::new(match self {
            Self::Bool(true) => b"True".to_vec(),
            Self::Bool(false) => b"False".to_vec(),
            Self::Int(value) => value.to_string().into_bytes(),
            Self::Float(value) => plain_float(*value).into_bytes(),
            Self::Str(text) | Self::Time(text) | Self::Comment(text) => return text.clone(),
            Self::Null | Self::Branch(_) | Self::List(_) => Vec::new(),
        })
    }

    /// The text of a simple value in a format without types (dotenv, ini), as Go prints it.
    pub fn plain(&self) -> Text {
        match self {
            Self::Null => Zeroizing::new(b"<nil>".to_vec()),
            Self::Bool(value) => Zeroizing::new(value.to_string().into_bytes()),
            Self::Float(value) => Zeroizing::new(capital_float(*value).into_bytes()),
            other => other.mac_bytes(),
        }
    }
}

/// The shortest text without an exponent, as Go's `FormatFloat(v, 'f', -1, 64)`.
pub(crate) fn plain_float(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".into(),
        f64::INFINITY => "+Inf".into(),
        f64::NEG_INFINITY => "-Inf".into(),
        _ => value.to_string(),
    }
}

/// Go's `FormatFloat(v, 'G', -1, 64)`, with a decimal point when it would look like an integer.
fn capital_float(value: f64) -> String {
    let plain = plain_float(value);
    if !value.is_finite() || value == 0.0 {
        return if value == 0.0 { format!("{plain}.0") } else { plain };
    }
    let scientific = format!("{value:E}");
    let exponent: i32 = scientific
        .split_once('E')
        .and_then(|(_, exponent)| exponent.parse().ok())
        .unwrap_or_default();
    // the shortest form decides by six digits
    if (-4..6).contains(&exponent) {
        return if plain.contains('.') {
            plain
        } else {
            format!("{plain}.0")
        };
    }
    let mantissa = scientific.split_once('E').map_or("", |(mantissa, _)| mantissa);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_floats_as_go_does() {
        let cases = [
            (1.0, "1", "1.0"),
            (1.5, "1.5", "1.5"),
            (1e21, "1000000000000000000000", "1E+21"),
            (1.25e-7, "0.000000125", "1.25E-07"),
            (0.0001, "0.0001", "0.0001"),
            (123_456_789.0, "123456789", "1.23456789E+08"),
            (100_000.0, "100000", "100000.0"),
            (-0.0, "-0", "-0.0"),
        ];
        for (value, plain, capital) in cases {
            assert_eq!(
                (plain_float(value).as_str(), capital_float(value).as_str()),
                (plain, capital)
            );
        }
    }

    /// L1: a value's Debug says its type only.
    #[test]
    fn l1_debug_hides_content() {
        assert_eq!(format!("{:?}", Value::text("hunter2")), "a string");
    }
}

//! Writing values as JSON.

use sluice_go_template::{Budget, Error, Value};

use super::MAX_DEPTH;
use super::plain::{Plain, plain_of};
use super::text;

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Escape `<`, `>` and `&`.
    pub escape_html: bool,
    /// Two blanks a level, else one line.
    pub pretty: bool,
}

impl Style {
    /// `json.Marshal`
    pub const COMPACT: Self = Self {
        escape_html: true,
        pretty: false,
    };
    /// `json.MarshalIndent(value, "", "  ")`
    pub const PRETTY: Self = Self {
        escape_html: true,
        pretty: true,
    };
    /// `SetEscapeHTML(false)`
    pub const RAW: Self = Self {
        escape_html: false,
        pretty: false,
    };
}

/// Writes a value; the budget pays for the text.
///
/// # Errors
/// Values that JSON does not have, in Go's words; or the budget is used up.
pub fn write(value: &Value, style: Style, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    let mut writer = Writer {
        out: Vec::new(),
        style,
        budget,
        depth: 0,
        charged: 0,
    };
    writer.value(value)?;
    writer.charge()?;
    Ok(writer.out)
}

struct Writer<'b> {
    out: Vec<u8>,
    style: Style,
    budget: &'b mut Budget,
    depth: usize,
    charged: usize,
}

impl Writer<'_> {
    fn charge(&mut self) -> Result<(), Error> {
        let new = self.out.len() - self.charged;
        self.charged = self.out.len();
        self.budget.charge_bytes(new as u64)
    }

    fn put(&mut self, text: impl AsRef<[u8]>) {
        self.out.extend_from_slice(text.as_ref());
    }

    fn value(&mut self, value: &Value) -> Result<(), Error> {
        match value {
            Value::Nil => self.put("null"),
            Value::Bool(value) => self.put(value.to_string()),
            Value::Int(_, number) => self.put(number.to_string()),
            Value::Uint(_, number) => self.put(number.to_string()),
            Value::Float(number) => self.put(float(*number)?),
            Value::String(found) => text::write(found, self.style.escape_html, &mut self.out),
            Value::Bytes(found) => {
                let encoded = crate::crypto::encode_base64(found);
                text::write(encoded.as_bytes(), false, &mut self.out);
            }
            Value::List(list) if list.is_nil() => self.put("null"),
            Value::List(list) => {
                self.block(b'[', b']', list.iter(), |writer, item| writer.value(item))?;
            }
            Value::Map(map) if map.is_nil() => self.put("null"),
            Value::Map(map) => self.fields(map.entries().into_iter())?,
            Value::Object(object) => match plain_of(object.as_ref())? {
                Plain::Value(value) => self.value(&value)?,
                Plain::Struct(fields) => self.fields(fields.into_iter())?,
            },
            Value::Complex(_) | Value::Function(_) => {
                return Err(Error::new(format!(
                    "json: unsupported type: {}",
                    value.type_name()
                )));
            }
        }
        Ok(())
    }

    fn fields<K: AsRef<[u8]>>(
        &mut self,
        fields: impl ExactSizeIterator<Item = (K, Value)>,
    ) -> Result<(), Error> {
        self.block(b'{', b'}', fields, |writer, (name, value)| {
            text::write(name.as_ref(), writer.style.escape_html, &mut writer.out);
            writer.put(if writer.style.pretty { ": " } else { ":" });
            writer.value(&value)
        })
    }

    fn block<T>(
        &mut self,
        open: u8,
        close: u8,
        items: impl ExactSizeIterator<Item = T>,
        write: impl Fn(&mut Self, T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(too_deep());
        }
        let is_empty = items.len() == 0;
        self.out.push(open);
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.break_line();
            write(self, item)?;
            self.charge()?;
        }
        self.depth -= 1;
        if !is_empty {
            self.break_line();
        }
        self.out.push(close);
        Ok(())
    }

    fn break_line(&mut self) {
        if self.style.pretty {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', self.depth * 2));
        }
    }
}

/// A float as JSON has it.
pub(super) fn float(number: f64) -> Result<String, Error> {
    if number.is_finite() {
        return Ok(sluice_yaml::format_json_float(number));
    }
    let name = match (number.is_nan(), number > 0.0) {
        (true, _) => "NaN",
        (false, true) => "+Inf",
        (false, false) => "-Inf",
    };
    Err(Error::new(format!("json: unsupported value: {name}")))
}

pub(super) fn too_deep() -> Error {
    Error::new("json: unsupported value: encountered a cycle via map[string]interface {}")
}

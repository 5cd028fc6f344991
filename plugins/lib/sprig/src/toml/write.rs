//! Writing values as TOML: scalars of a table before its tables, both sorted, two blanks a level.

use sluice_go_template::{Budget, Error, Object, Value, format};

use super::key;
use crate::objects::{DurationValue, MomentValue, VersionValue};

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 500;

/// Writes a value; the budget pays for the text.
///
/// # Errors
/// Values that TOML does not have, in the library's words; or the budget is used up.
pub fn write(value: &Value, budget: &mut Budget) -> Result<Vec<u8>, Error> {
    if value.is_nil() {
        return Err(Error::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    let mut writer = Writer {
        out: Vec::new(),
        key: Vec::new(),
        depth: 0,
        charged: 0,
        budget,
    };
    writer.encode(value)?;
    writer.charge()?;
    Ok(writer.out)
}

/// What a value is to TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nil,
    Scalar,
    Array,
    Table,
    Tables,
}

fn kind_of(value: &Value) -> Result<Kind, Error> {
    if value.is_nil_reference() {
        return Ok(Kind::Nil);
    }
    Ok(match value {
        Value::Map(_) => Kind::Table,
        Value::Bytes(_) => Kind::Array,
        Value::List(list) => {
            let mut all_tables = !list.is_empty();
            for item in list.iter() {
                match kind_of(item)? {
                    Kind::Nil => return Err(Error::new("toml: cannot encode array with nil element")),
                    Kind::Table => {}
                    _ => all_tables = false,
                }
            }
            if all_tables { Kind::Tables } else { Kind::Array }
        }
        Value::Object(object) if is_struct(object.as_ref()) => Kind::Table,
        Value::Complex(_) | Value::Function(_) => {
            return Err(Error::new(format!("unsupported type: {}", value.kind())));
        }
        _ => Kind::Scalar,
    })
}

fn is_struct(object: &dyn Object) -> bool {
    let any = object.as_any();
    !(any.is::<MomentValue>() || any.is::<VersionValue>()) && object.basic().is_none()
}

/// The entries of a table; those of a map are sorted.
fn entries_of(value: &Value) -> Vec<(Vec<u8>, Value)> {
    match value {
        Value::Map(map) => map
            .entries()
            .into_iter()
            .map(|(key, value)| (key.to_vec(), value))
            .collect(),
        Value::Object(object) => {
            let owned = |(name, value): (&str, Value)| (name.as_bytes().to_vec(), value);
            object.fields().into_iter().map(owned).collect()
        }
        _ => Vec::new(),
    }
}

struct Writer<'b> {
    out: Vec<u8>,
    key: Vec<Vec<u8>>,
    depth: usize,
    charged: usize,
    budget: &'b mut Budget,
}

impl Writer<'_> {
    fn charge(&mut self) -> Result<(), Error> {
        let new = self.out.len() - self.charged;
        self.charged = self.out.len();
        self.budget.charge_bytes(new as u64)
    }

    fn enter(&mut self) -> Result<(), Error> {
        self.depth += 1;
        self.charge()?;
        if self.depth > MAX_DEPTH {
            return Err(Error::new("toml: values are nested too deeply"));
        }
        Ok(())
    }

    fn new_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push(b'\n');
        }
    }

    fn indent(&mut self) {
        let blanks = self.key.len().saturating_sub(1) * 2;
        self.out.extend(std::iter::repeat_n(b' ', blanks));
    }

    fn encode(&mut self, value: &Value) -> Result<(), Error> {
        self.enter()?;
        match kind_of(value)? {
            Kind::Nil => {}
            Kind::Table => {
                if self.key.len() == 1 {
                    self.new_line();
                }
                if !self.key.is_empty() {
                    self.header("[", "]");
                }
                self.table(value)?;
            }
            Kind::Tables => self.tables(value)?,
            Kind::Scalar | Kind::Array => {
                if let Some(last) = self.key.last().cloned() {
                    self.indent();
                    key::write_part(&last, &mut self.out);
                    self.out.extend_from_slice(b" = ");
                    self.element(value)?;
                    self.new_line();
                } else {
                    self.element(value)?;
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn header(&mut self, open: &str, close: &str) {
        self.indent();
        self.out.extend_from_slice(open.as_bytes());
        key::write_whole(&self.key, &mut self.out);
        self.out.extend_from_slice(close.as_bytes());
        self.new_line();
    }

    fn tables(&mut self, value: &Value) -> Result<(), Error> {
        if self.key.is_empty() {
            return Err(Error::new("toml: top-level values must be Go maps or structs"));
        }
        for item in value.as_list().into_iter().flat_map(|list| list.iter()) {
            self.new_line();
            self.header("[[", "]]");
            self.table(item)?;
        }
        Ok(())
    }

    /// The entries of a table: what is no table comes first.
    fn table(&mut self, value: &Value) -> Result<(), Error> {
        let (direct, below) = split(entries_of(value))?;
        for (name, value) in direct.into_iter().chain(below) {
            if value.is_nil_reference() {
                continue;
            }
            self.key.push(name);
            self.encode(&value)?;
            self.key.pop();
        }
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Result<(), Error> {
        self.enter()?;
        match value {
            Value::Bool(value) => self.out.extend_from_slice(value.to_string().as_bytes()),
            Value::Int(_, number) => self.out.extend_from_slice(number.to_string().as_bytes()),
            Value::Uint(_, number) => self.out.extend_from_slice(number.to_string().as_bytes()),
            Value::Float(number) => self.out.extend_from_slice(float(*number).as_bytes()),
            Value::String(text) => key::quote(text, &mut self.out),
            Value::Bytes(bytes) => {
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                self.out
                    .extend_from_slice(format!("[{}]", numbers.join(", ")).as_bytes());
            }
            Value::List(list) => {
                self.out.push(b'[');
                for (at, item) in list.iter().enumerate() {
                    if at > 0 {
                        self.out.extend_from_slice(b", ");
                    }
                    self.element(item)?;
                }
                self.out.push(b']');
            }
            Value::Map(_) => self.inline(value)?,
            Value::Object(object) => self.object(value, object.as_ref())?,
            Value::Nil => {
                return Err(Error::new(
                    "reflect: call of reflect.Value.Interface on zero Value",
                ));
            }
            Value::Complex(_) | Value::Function(_) => {
                return Err(Error::new(format!("unexpected type: {}", value.type_name())));
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn object(&mut self, value: &Value, object: &dyn Object) -> Result<(), Error> {
        let any = object.as_any();
        if let Some(moment) = any.downcast_ref::<MomentValue>() {
            self.out
                .extend_from_slice(&moment.0.format(b"2006-01-02T15:04:05.999999999Z07:00"));
        } else if any.is::<DurationValue>() || any.is::<VersionValue>() {
            key::quote(&object.string().unwrap_or_default(), &mut self.out);
        } else if let Some(basic) = object.basic() {
            self.element(&basic)?;
        } else {
            self.inline(value)?;
        }
        Ok(())
    }

    fn inline(&mut self, value: &Value) -> Result<(), Error> {
        let (direct, below) = split(entries_of(value))?;
        self.out.push(b'{');
        let groups = [(direct, !below.is_empty()), (below, false)];
        for (entries, goes_on) in groups {
            let last = entries.len().saturating_sub(1);
            for (at, (name, value)) in entries.into_iter().enumerate() {
                if value.is_nil_reference() {
                    continue;
                }
                key::write_part(&name, &mut self.out);
                self.out.extend_from_slice(b" = ");
                self.element(&value)?;
                if goes_on || at != last {
                    self.out.extend_from_slice(b", ");
                }
            }
        }
        self.out.push(b'}');
        Ok(())
    }
}

type Entries = Vec<(Vec<u8>, Value)>;

/// Entries that are no tables, and those that are.
fn split(entries: Entries) -> Result<(Entries, Entries), Error> {
    let (mut direct, mut below) = (Vec::new(), Vec::new());
    for (name, value) in entries {
        match kind_of(&value)? {
            Kind::Table | Kind::Tables => below.push((name, value)),
            _ => direct.push((name, value)),
        }
    }
    Ok((direct, below))
}

/// A float; TOML wants a digit behind the point.
fn float(number: f64) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_nan() {
        return format!("{sign}nan");
    }
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let mut text = format::format_float(number);
    if !text.contains(['e', '.']) {
        text.push_str(".0");
    }
    text
}

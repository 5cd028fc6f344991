//! Keys with dots and indexes, and what is set at them.

use sluice_go_template::{Budget, IntKind, Limits, List, Map, Value, format};
use sluice_sprig::json;
use sluice_sprig::text::rune;

use crate::scan::{End, Scanner};
use crate::value::{list_of, map_of, set, set_index, typed};

/// Deepest nesting of names (CVE-2022-36049).
const MAX_LEVEL: usize = 30;
/// Deepest nesting of indexes, which Go does not bound.
const MAX_DEPTH: usize = 200;

/// Reads the file that a line names.
pub type FileReader<'r> = &'r dyn Fn(&[u8]) -> Result<Value, String>;

/// Which flag a line belongs to.
#[derive(Clone, Copy)]
pub enum Flag<'r> {
    /// `--set`: `a.b[0]=1,c={x,y}`
    Set,
    /// `--set-string`: all values are text
    String,
    /// `--set-json`: values are JSON
    Json,
    /// `--set-literal`: one key, all behind the `=` is its value
    Literal,
    /// `--set-file`: values are names of files
    File(FileReader<'r>),
}

/// The line is wrong. Helm's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetError(String);

/// Why a key was not read to its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The line ended; that is no error.
    Line,
    Failed(String),
}

impl Stop {
    pub(crate) fn failed(message: &str) -> Self {
        Self::Failed(message.to_owned())
    }
}

/// Reads a line into values, which keep what it does not set.
///
/// # Errors
/// The line is wrong. What stands before the fault may have been set.
pub fn parse_into(line: &[u8], flag: &Flag<'_>, values: &Map) -> Result<(), SetError> {
    let mut parser = Parser {
        scanner: Scanner::new(line),
        flag: *flag,
        depth: 0,
    };
    loop {
        match parser.key(values, 0) {
            Ok(()) => {}
            Err(Stop::Line) => return Ok(()),
            Err(Stop::Failed(message)) => return Err(SetError(message)),
        }
    }
}

/// For fuzzing: a line of any bytes, under every flag.
pub fn fuzz(data: &[u8]) {
    let reader = |path: &[u8]| Ok(Value::from(path));
    for flag in [
        Flag::Set,
        Flag::String,
        Flag::Json,
        Flag::Literal,
        Flag::File(&reader),
    ] {
        // Errors are fine, only crashes are not.
        let _ = parse_into(data, &flag, &Map::new());
    }
}

fn quoted(text: &[u8]) -> String {
    String::from_utf8_lossy(&format::quote(text)).into_owned()
}

struct Parser<'l, 'r> {
    scanner: Scanner<'l>,
    flag: Flag<'r>,
    depth: usize,
}

impl Parser<'_, '_> {
    fn is_literal(&self) -> bool {
        matches!(self.flag, Flag::Literal)
    }

    fn until(&mut self, stops: &[char]) -> (Vec<u8>, End) {
        let escapes = !self.is_literal();
        self.scanner.until(stops, escapes)
    }

    /// Goes one level deeper.
    fn enter(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("indexes are nested deeper than the maximum of {MAX_DEPTH}");
            return Err(Stop::Failed(message));
        }
        Ok(())
    }

    /// Reads one key with its value.
    fn key(&mut self, into: &Map, level: usize) -> Result<(), Stop> {
        let stops: &[char] = if self.is_literal() {
            &['=', '[', '.']
        } else {
            &['=', '[', ',', '.']
        };
        let (key, end) = self.until(stops);
        match end {
            End::Line if key.is_empty() => Err(Stop::Line),
            End::Line => Err(Stop::Failed(format!("key {} has no value", quoted(&key)))),
            End::Rune('[') => self.indexed(into, &key, level),
            End::Rune('=') => self.assign(into, &key),
            End::Rune('.') => self.nested(into, &key, level + 1),
            End::Rune(_) => {
                set(into, &key, Value::from(""))?;
                let message = format!("key {} has no value (cannot end with ,)", quoted(&key));
                Err(Stop::Failed(message))
            }
        }
    }

    fn indexed(&mut self, into: &Map, key: &[u8], level: usize) -> Result<(), Stop> {
        let index = self.index()?;
        let mut list = match into.get(key) {
            Some(found) => list_of(&found)?,
            None => Vec::new(),
        };
        let before = list.len();
        let done = self.item(&mut list, index, level);
        let is_same_length = before > 0 && list.len() == before;
        let list = Value::List(List::new(list));
        if is_same_length {
            // What Go changes in place is changed under the empty key too, which nothing is set under.
            into.insert(key, list)
                .map_err(|error| Stop::failed(error.text()))?;
        } else {
            set(into, key, list)?;
        }
        done
    }

    fn nested(&mut self, into: &Map, key: &[u8], level: usize) -> Result<(), Stop> {
        if level > MAX_LEVEL {
            let message = format!(
                "value name nested level is greater than maximum supported nested level of {MAX_LEVEL}"
            );
            return Err(Stop::Failed(message));
        }
        let inner = match into.get(key) {
            Some(found) => map_of(&found)?,
            None => Map::new(),
        };
        let done = self.key(&inner, level);
        if done.is_ok() && inner.is_empty() {
            return Err(Stop::Failed(format!("key map {} has no value", quoted(key))));
        }
        if !inner.is_empty() {
            set(into, key, Value::Map(inner))?;
        }
        done
    }

    /// The value behind an `=`, for a key.
    fn assign(&mut self, into: &Map, key: &[u8]) -> Result<(), Stop> {
        match self.value() {
            Ok(value) => set(into, key, value),
            Err(Stop::Line) => {
                set(into, key, Value::from(""))?;
                Err(Stop::Line)
            }
            Err(failed) => Err(failed),
        }
    }

    /// The value behind an `=`; the end of the line when there is nothing at all.
    fn value(&mut self) -> Result<Value, Stop> {
        match self.flag {
            Flag::Json => return self.json(),
            Flag::Literal => return Ok(Value::from(self.until(&[]).0)),
            _ => {}
        }
        if self.scanner.rest().is_empty() {
            return Err(Stop::Line);
        }
        if self.scanner.accept('{') {
            return self.list();
        }
        let (text, _) = self.until(&[',']);
        self.convert(&text)
    }

    fn convert(&self, text: &[u8]) -> Result<Value, Stop> {
        match self.flag {
            Flag::Set => Ok(typed(text)),
            Flag::File(read) => read(text).map_err(Stop::Failed),
            _ => Ok(Value::from(text)),
        }
    }

    fn json(&mut self) -> Result<Value, Stop> {
        if self.scanner.is_empty_value() {
            return Ok(Value::Nil);
        }
        let (value, length) =
            json::read_first(self.scanner.rest()).map_err(|error| Stop::Failed(error.to_string()))?;
        self.scanner.skip(length);
        self.scanner.is_empty_value();
        Ok(value)
    }

    /// `{a,b}`
    fn list(&mut self) -> Result<Value, Stop> {
        let mut items = Vec::new();
        loop {
            let (text, end) = self.until(&[',', '}']);
            if end == End::Line {
                return Err(Stop::failed("list must terminate with '}'"));
            }
            if end == End::Rune('}') {
                self.scanner.accept(',');
                items.push(self.convert(&text)?);
                return Ok(Value::list(items));
            }
            items.push(self.convert(&text)?);
        }
    }

    fn index(&mut self) -> Result<i64, Stop> {
        let (text, end) = self.until(&[']']);
        if end == End::Line {
            return Err(Stop::Line);
        }
        let problem = |problem: &str| {
            let message = format!(
                "error parsing index: strconv.Atoi: parsing {}: {problem}",
                quoted(&text)
            );
            Stop::Failed(message)
        };
        let digits = text
            .strip_prefix(b"-")
            .or(text.strip_prefix(b"+"))
            .unwrap_or(&text);
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return Err(problem("invalid syntax"));
        }
        let number = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| problem("value out of range"))
    }

    /// What stands behind `]`: a value, a name, or another index.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, level: usize) -> Result<(), Stop> {
        let Ok(at) = usize::try_from(index) else {
            return Err(Stop::Failed(format!("negative {index} index not allowed")));
        };
        let (text, end) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return Err(Stop::Failed(format!(
                "unexpected data at end of array index: {}",
                rune_list(&text)
            )));
        }
        self.enter()?;
        match end {
            End::Line => return Err(Stop::Line),
            End::Rune('=') => {
                let value = match self.value() {
                    Err(Stop::Line) => Value::from(""),
                    other => other?,
                };
                set_index(list, index, value)?;
            }
            End::Rune('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Nil) => Vec::new(),
                    Some(found) => list_of(found)?,
                };
                self.item(&mut inner, next, level)?;
                set_index(list, index, Value::List(List::new(inner)))?;
            }
            End::Rune(_) => {
                let inner = match list.get(at) {
                    Some(Value::Map(found)) => found.clone(),
                    Some(_) => {
                        let inner = Map::new();
                        set_index(list, index, Value::Map(inner.clone()))?;
                        inner
                    }
                    None => Map::new(),
                };
                self.key(&inner, level)?;
                set_index(list, index, Value::Map(inner))?;
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

/// Runes as Go's `%q` prints a slice of them.
fn rune_list(text: &[u8]) -> String {
    let runes = rune::runes(text).map(|found| Value::Int(IntKind::Int32, i64::from(u32::from(found))));
    let mut budget = Budget::new(Limits::default());
    let shown = format::sprintf(&mut budget, b"%q", &[Value::list(runes.collect())]);
    shown
        .map(|shown| String::from_utf8_lossy(&shown).into_owned())
        .unwrap_or_default()
}

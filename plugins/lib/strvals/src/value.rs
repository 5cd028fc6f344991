//! Values of `--set`, and lists that grow.

use sluice_go_template::{List, Map, Value};

use crate::parser::Stop;

/// Highest index of a list (CVE-2022-36055).
const MAX_INDEX: usize = 65_536;

/// `true`, `false`, `null` in any case, whole numbers without leading zeros; all else is text.
pub(crate) fn typed(text: &[u8]) -> Value {
    // Go folds the long s to s.
    let plain = String::from_utf8_lossy(text).replace('\u{17F}', "s");
    if plain.eq_ignore_ascii_case("true") {
        return Value::Bool(true);
    }
    if plain.eq_ignore_ascii_case("false") {
        return Value::Bool(false);
    }
    if plain.eq_ignore_ascii_case("null") {
        return Value::Nil;
    }
    if text == b"0" {
        return Value::int64(0);
    }
    let number = (text.first() != Some(&b'0'))
        .then(|| plain.parse().ok())
        .flatten();
    number.map_or_else(|| Value::from(text), Value::int64)
}

/// Sets a key that is not empty.
pub(crate) fn set(into: &Map, key: &[u8], value: Value) -> Result<(), Stop> {
    if key.is_empty() {
        return Ok(());
    }
    into.insert(key, value)
        .map_err(|error| Stop::failed(error.text()))
}

/// Puts a value at an index; what is missing before it becomes nil.
pub(crate) fn set_index(list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), Stop> {
    let Ok(at) = usize::try_from(index) else {
        return Err(Stop::failed(&format!("negative {index} index not allowed")));
    };
    if at > MAX_INDEX {
        let message = format!("index of {index} is greater than maximum supported index of {MAX_INDEX}");
        return Err(Stop::failed(&message));
    }
    if list.len() <= at {
        list.resize(at + 1, Value::Nil);
    }
    list[at] = value;
    Ok(())
}

/// The list of a value, as Go's type assertion.
pub(crate) fn list_of(value: &Value) -> Result<Vec<Value>, Stop> {
    let plain = |list: &&List| list.kind().name == "[]interface {}";
    let list = value.as_list().filter(plain);
    list.map(|list| list.to_vec())
        .ok_or_else(|| conversion(value, "[]interface {}"))
}

/// The map of a value, as Go's type assertion.
pub(crate) fn map_of(value: &Value) -> Result<Map, Stop> {
    let plain = |map: &&Map| map.kind().name == "map[string]interface {}";
    let map = value.as_map().filter(plain);
    map.cloned()
        .ok_or_else(|| conversion(value, "map[string]interface {}"))
}

/// What Go panics with, as strvals reports it.
fn conversion(value: &Value, wanted: &str) -> Stop {
    let found = if value.is_nil() {
        "nil".into()
    } else {
        value.type_name()
    };
    Stop::failed(&format!(
        "unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}"
    ))
}

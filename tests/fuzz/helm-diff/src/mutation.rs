//! Changes of values: keys taken away, nulled, of another type, numbers and strings that are odd.

use serde_json::{Map, Value, json};

use crate::data;
use crate::random::Random;

/// A place in values: keys and indexes from the root.
type Place = Vec<String>;

/// Changes some places.
pub fn mutate(random: &mut Random, values: &mut Value) {
    let count = if random.chance(50) {
        1
    } else {
        random.between(2, 5)
    };
    for _ in 0..count {
        let mut places = Vec::new();
        collect(values, &mut Vec::new(), &mut places);
        if places.is_empty() {
            values["added"] = data::tree(random, 0);
            continue;
        }
        let place = places[random.below(places.len())].clone();
        change(random, values, &place);
    }
}

fn collect(value: &Value, at: &mut Place, places: &mut Vec<Place>) {
    let mut visit = |key: String, value: &Value, places: &mut Vec<Place>| {
        at.push(key);
        places.push(at.clone());
        collect(value, at, places);
        at.pop();
    };
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| visit(key.clone(), value, places)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| visit(index.to_string(), value, places)),
        _ => {}
    }
}

fn at<'a>(values: &'a mut Value, place: &[String]) -> Option<&'a mut Value> {
    place.iter().try_fold(values, |value, key| match value {
        Value::Object(map) => map.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn change(random: &mut Random, values: &mut Value, place: &[String]) {
    let Some((key, parent)) = place.split_last() else {
        return;
    };
    if random.chance(15) {
        match at(values, parent) {
            Some(Value::Object(map)) => drop(map.shift_remove(key)),
            Some(Value::Array(items)) => drop(key.parse().map(|index: usize| items.remove(index))),
            _ => {}
        }
        return;
    }
    let Some(value) = at(values, place) else { return };
    *value = match random.below(9) {
        0 => Value::Null,
        1 | 2 => of_another_type(random, value),
        3 | 4 => alike(random, value),
        5 => data::tree(random, 1),
        6 => json!(data::string(random)),
        7 => json!(random.pick(&[
            "{{ .Release.Name }}",
            "{{ .Values.none.none }}",
            "{{",
            "a: b",
            "- x",
            "\"q\"",
            "x\ny\n",
            " ",
            "1",
            "on"
        ])),
        _ => grown(random, value),
    };
}

/// The same meaning in another type.
fn of_another_type(random: &mut Random, value: &Value) -> Value {
    match (value, random.below(4)) {
        (Value::String(text), 0) => json!([text]),
        (Value::String(text), 1) => json!({ text.as_str(): text }),
        (Value::String(text), _) => text.parse::<f64>().map_or(json!(0), |number| json!(number)),
        (Value::Bool(flag), 0) => json!(flag.to_string()),
        (Value::Bool(flag), _) => json!(i32::from(*flag)),
        (Value::Number(number), 0) => json!([number]),
        (Value::Number(number), _) => json!(number.to_string()),
        (Value::Array(items), 0) => items.first().cloned().unwrap_or_default(),
        (Value::Array(items), _) => items
            .iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), item.clone()))
            .collect::<Map<_, _>>()
            .into(),
        (Value::Object(map), 0) => map.keys().map(|key| json!(key)).collect(),
        (Value::Object(map), 1) => map.values().cloned().collect(),
        (Value::Object(_), _) => json!(""),
        (Value::Null, 0) => json!({}),
        (Value::Null, 1) => json!([]),
        (Value::Null, _) => json!("null"),
    }
}

/// Another value of the same type.
fn alike(random: &mut Random, value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(_) => data::number(random),
        Value::String(text) => {
            let mut text = text.clone();
            let cut = random.below(text.len() + 1);
            if text.is_char_boundary(cut) {
                text.insert_str(cut, &data::string(random));
            }
            json!(text)
        }
        Value::Array(_) => data::list(random, 1),
        Value::Object(_) => data::map(random, 1),
        Value::Null => data::tree(random, 1),
    }
}

/// With one more entry.
fn grown(random: &mut Random, value: &Value) -> Value {
    let more = data::tree(random, 2);
    match value {
        Value::Object(map) => {
            let mut map = map.clone();
            map.insert(data::string(random), more);
            Value::Object(map)
        }
        Value::Array(items) => items.iter().cloned().chain([more]).collect(),
        other => json!([other, more]),
    }
}

/// Values that, merged over `from`, give `to`: what is gone becomes null.
pub fn overlay(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else {
        return to.clone();
    };
    let mut out = Map::new();
    for (key, value) in to {
        match from.get(key) {
            Some(before) if before == value => {}
            Some(before) => drop(out.insert(key.clone(), overlay(before, value))),
            None => drop(out.insert(key.clone(), value.clone())),
        }
    }
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        out.insert(key.clone(), Value::Null);
    }
    Value::Object(out)
}

/// Damages lines of a YAML text.
pub fn damage(random: &mut Random, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..random.between(1, 3) {
        if lines.is_empty() {
            break;
        }
        let at = random.below(lines.len());
        match random.below(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, lines[at].clone()),
            2 => lines[at].insert_str(0, random.pick(&[" ", "  ", "\t", "- ", "#"])),
            3 => lines[at] = lines[at].trim_start().to_owned(),
            _ => replace_scalar(random, &mut lines[at]),
        }
    }
    lines.join("\n") + "\n"
}

fn replace_scalar(random: &mut Random, line: &mut String) {
    const SCALARS: [&str; 36] = [
        "",
        "~",
        "yes",
        "0777",
        "0o17",
        "0x1F",
        "1_000",
        "1e3",
        "1e400",
        ".inf",
        ".nan",
        "-0",
        "1.0",
        "2020-01-01",
        "1:20",
        "'a''b'",
        "\"a\\tb\"",
        "{}",
        "[]",
        "[a, {b: c}]",
        "{a: b",
        "|",
        ">-",
        "&x y",
        "*x",
        "!!str 1",
        "!!int \"3\"",
        "!!binary aGk=",
        "a #b",
        "a: b",
        "@x",
        "%x",
        "?",
        "-",
        "9007199254740993",
        "99999999999999999999",
    ];
    if let Some(colon) = line.find(": ") {
        line.truncate(colon + 2);
    } else if !line.ends_with(':') {
        return;
    } else {
        line.push(' ');
    }
    line.push_str(random.pick(&SCALARS));
}

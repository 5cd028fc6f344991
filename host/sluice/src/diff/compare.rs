//! Which fields of two objects differ.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

/// Fields of `metadata` that the server writes.
const SERVERS: [&str; 5] = [
    "managedFields",
    "resourceVersion",
    "uid",
    "generation",
    "creationTimestamp",
];

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// For example `spec.template.spec.containers[web].image`.
    pub path: String,
    /// As it stands; none when it is added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// As it would stand; none when it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
}

/// The fields that differ, in order, status and the server's own metadata aside.
pub fn fields(from: &Map<String, Value>, to: &Map<String, Value>) -> Vec<Field> {
    let mut found = Vec::new();
    maps("", &stripped(from), &stripped(to), &mut found);
    found
}

fn stripped(object: &Map<String, Value>) -> Map<String, Value> {
    let mut object = object.clone();
    object.shift_remove("status");
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|key, _| !SERVERS.contains(&key.as_str()));
    }
    object
}

fn values(path: &str, from: &Value, to: &Value, found: &mut Vec<Field>) {
    match (from, to) {
        _ if from == to => {}
        (Value::Object(from), Value::Object(to)) => maps(path, from, to, found),
        (Value::Array(from), Value::Array(to)) => lists(path, from, to, found),
        _ => found.push(field(path.to_owned(), Some(from), Some(to))),
    }
}

fn field(path: String, from: Option<&Value>, to: Option<&Value>) -> Field {
    Field {
        path,
        from: from.cloned(),
        to: to.cloned(),
    }
}

fn maps(path: &str, from: &Map<String, Value>, to: &Map<String, Value>, found: &mut Vec<Field>) {
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    for key in keys {
        let path = step(path, key);
        match (from.get(key), to.get(key)) {
            (Some(from), Some(to)) => values(&path, from, to, found),
            (from, to) => found.push(field(path, from, to)),
        }
    }
}

fn step(path: &str, key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{key:?}]"),
    }
}

/// Items with names of their own are compared by name, others by position.
fn lists(path: &str, from: &[Value], to: &[Value], found: &mut Vec<Field>) {
    if let (Some(old), Some(new)) = (names(from), names(to)) {
        let order: Vec<&str> = old
            .iter()
            .chain(new.iter().filter(|name| !old.contains(name)))
            .copied()
            .collect();
        let mut before = found.len();
        for name in &order {
            let at = |names: &[&str], items: &[Value]| {
                names
                    .iter()
                    .position(|other| other == name)
                    .map(|index| items[index].clone())
            };
            let path = format!("{path}[{name}]");
            match (at(&old, from), at(&new, to)) {
                (Some(from), Some(to)) => values(&path, &from, &to, found),
                (from, to) => found.push(Field { path, from, to }),
            }
        }
        before = found.len() - before;
        if before == 0 {
            let order = |names: &[&str]| Value::from(names.to_vec());
            found.push(field(
                format!("{path} (order)"),
                Some(&order(&old)),
                Some(&order(&new)),
            ));
        }
        return;
    }
    for index in 0..from.len().max(to.len()) {
        let path = format!("{path}[{index}]");
        match (from.get(index), to.get(index)) {
            (Some(from), Some(to)) => values(&path, from, to, found),
            (from, to) => found.push(field(path, from, to)),
        }
    }
}

/// The names of all items; none when an item has none, or two share one.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Option<Vec<&str>> = items.iter().map(|item| item.get("name")?.as_str()).collect();
    let names = names?;
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(from: Value, to: Value) -> Vec<String> {
        let (Value::Object(from), Value::Object(to)) = (from, to) else {
            return Vec::new();
        };
        fields(&from, &to)
            .into_iter()
            .map(|it| {
                format!(
                    "{} {}{}",
                    it.path,
                    u8::from(it.from.is_some()),
                    u8::from(it.to.is_some())
                )
            })
            .collect()
    }

    #[test]
    fn fields_are_named_and_the_server_s_own_are_not() {
        let from = json!({"metadata": {"resourceVersion": "1", "labels": {"a.b/c": "x"}}, "status": {"x": 1},
            "spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b"}], "args": ["x", "y"]}});
        let to = json!({"metadata": {"resourceVersion": "2", "labels": {"a.b/c": "y", "n": "1"}},
            "spec": {"containers": [{"name": "b"}, {"name": "a", "image": "2"}, {"name": "c"}], "args": ["x"]}});
        let want = [
            "metadata.labels[\"a.b/c\"] 11",
            "metadata.labels.n 01",
            "spec.args[1] 10",
            "spec.containers[a].image 11",
            "spec.containers[c] 01",
        ];
        assert_eq!(paths(from.clone(), to), want);
        assert!(paths(from.clone(), from).is_empty());
        let order = paths(
            json!({"l": [{"name": "a"}, {"name": "b"}]}),
            json!({"l": [{"name": "b"}, {"name": "a"}]}),
        );
        assert_eq!(order, ["l (order) 11"]);
    }
}

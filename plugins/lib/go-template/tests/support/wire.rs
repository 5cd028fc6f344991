//! Values as the Go program reads them: `[type, content]`, bytes in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use sluice_go_template::{ListType, MapType, Value};

pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

pub fn value(value: &Value) -> Json {
    match value {
        Value::Nil => json!(["nil"]),
        Value::Bool(flag) => json!(["bool", flag.to_string()]),
        Value::Int(kind, number) => json!([kind.name(), number.to_string()]),
        Value::Uint(kind, number) => json!([kind.name(), number.to_string()]),
        Value::Float(number) => json!(["float", number.to_bits().to_string()]),
        Value::String(text) => json!(["string", encode(text)]),
        Value::Bytes(text) => json!(["bytes", encode(text)]),
        Value::List(list) => {
            let kind = if list.kind().name == ListType::STRINGS.name {
                "strings"
            } else {
                "list"
            };
            json!([kind, list.iter().map(self::value).collect::<Vec<_>>()])
        }
        Value::Map(map) => {
            let kind = if map.kind().name == MapType::STRINGS.name {
                "stringmap"
            } else {
                "map"
            };
            let entry = |(key, item): (_, Value)| json!({"k": encode(AsRef::<[u8]>::as_ref(&key as &sluice_go_template::Str)), "v": self::value(&item)});
            json!([kind, map.entries().into_iter().map(entry).collect::<Vec<_>>()])
        }
        Value::Object(object) => json!(["error", object.string().unwrap().to_string()]),
        other => panic!("{other:?} cannot be sent"),
    }
}

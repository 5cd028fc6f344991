//! The type of `.Values`, of `.Template` and of the dot itself.

use sluice_chart::values::{at_path, table};
use sluice_go_template::{Error, Function, Map, MapType, Type, Value};
use sluice_yaml::{Flavour, emit_value};

/// `common.Values`
pub(crate) static VALUES: MapType = MapType {
    name: "common.Values",
    underlying: "map[string]interface {}",
    element: Type::Any,
    method: Some(method),
};

fn method(map: &Map, name: &[u8]) -> Option<Function> {
    let map = map.clone();
    Some(match name {
        b"AsMap" => Function::new(&[], move |_, _| Ok(Value::Map(map.retyped(&MapType::ANY)))),
        b"YAML" => Function::new(&[], move |_, _| {
            let json = sluice_chart::values::map_to_json(&map);
            let text = emit_value(&json, Flavour::Sigs).map_err(|error| Error::new(error.to_string()))?;
            Ok(Value::from(text))
        }),
        b"Table" => Function::new(&[Type::String], move |_, args| {
            let path = text(args);
            let found = table(&map, &path).ok_or_else(|| no(&path, "table"))?;
            Ok(Value::Map(found.retyped(&VALUES)))
        }),
        b"PathValue" => Function::new(&[Type::String], move |_, args| {
            let path = text(args);
            if path.is_empty() {
                return Err(Error::new("YAML path cannot be empty"));
            }
            at_path(&map, &path).ok_or_else(|| no(&path, "value"))
        }),
        _ => return None,
    })
}

fn text(args: &[Value]) -> String {
    let bytes = args.first().and_then(Value::as_bytes).unwrap_or_default();
    sluice_go_template::unicode::to_lossy(bytes).into_owned()
}

fn no(path: &str, what: &str) -> Error {
    let name = path.rsplit('.').next().unwrap_or(path);
    Error::new(format!("{name:?} is not a {what}"))
}

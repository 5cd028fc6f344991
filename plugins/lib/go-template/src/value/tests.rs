//! Values, their types and what may be assigned to what.

use super::*;
use crate::{Context, Error, Function, Limits};

static NAMED: MapType = MapType {
    name: "common.Values",
    underlying: "map[string]interface {}",
    element: Type::Any,
    method: None,
};

#[test]
fn maps_are_shared_by_their_clones_also_under_another_type() {
    let map = Map::new();
    let named = map.retyped(&NAMED);
    named.insert("a", Value::int(1)).unwrap();
    assert_eq!(map.get("a").unwrap().as_int(), Some(1));
    assert_eq!(Value::Map(named).type_name(), "common.Values");
}

#[test]
fn a_named_map_fits_its_shape_and_loses_the_name() {
    let value = Value::Map(Map::new().retyped(&NAMED));
    let assigned = Type::MAP.assign(&value).unwrap();
    assert_eq!(assigned.type_name(), "map[string]interface {}");
    assert!(Type::STRING_MAP.assign(&value).is_none());
}

#[test]
fn nil_maps_read_as_empty_and_refuse_writes() {
    let map = Map::nil(&MapType::ANY);
    assert!(map.is_empty() && map.get("a").is_none());
    let error = map.insert("a", Value::Nil).unwrap_err();
    assert_eq!(error.text(), "assignment to entry in nil map");
}

#[test]
fn calls_check_number_and_type_of_arguments_as_go_does() {
    let function = Function::variadic(&[Type::String], Type::INT, |_, args| {
        Ok(Value::int(args.len() as i64))
    });
    let mut context = Context::new(Limits::default());
    let mut call = |args: &[Value]| function.call(&mut context, "f", args);
    assert_eq!(function.type_name(), "func(string, ...int) interface {}");
    let text = |result: Result<Value, Error>| result.unwrap_err().text().to_owned();
    assert_eq!(
        text(call(&[])),
        "wrong number of args for f: got 0 want at least 1"
    );
    assert_eq!(
        text(call(&[Value::int(1)])),
        "arg 0: value has type int; should be string"
    );
    assert_eq!(
        text(call(&[Value::Nil])),
        "arg 0: value is nil; should be of type string"
    );
    let done = call(&[Value::from("a"), Value::int64(7)]).unwrap();
    assert_eq!(done.as_int(), Some(2));
}

#[test]
fn a_budget_ends_with_an_error_that_says_so() {
    let mut context = Context::new(Limits {
        bytes: 10,
        ..Limits::default()
    });
    context.budget().charge_bytes(10).unwrap();
    let error = context.budget().charge_bytes(1).unwrap_err();
    assert!(error.is_budget());
    assert_eq!(error.text(), "template budget exhausted: more than 10 bytes");
}

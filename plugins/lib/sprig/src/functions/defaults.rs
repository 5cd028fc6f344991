//! Functions on emptiness.

use sluice_go_template::{Type, Value};

use super::Table;
use super::args::any;

const A: Type = Type::Any;

pub(super) fn register(table: &mut Table) {
    table.add_variadic(&["default"], &[A], A, A, |_, args| {
        let given = args.get(1).filter(|given| !is_empty(given));
        Ok(given.unwrap_or(any(args, 0)).clone())
    });
    table.add("empty", &[A], Type::Bool, |_, args| {
        Ok(Value::Bool(is_empty(any(args, 0))))
    });
    table.add_variadic(&["coalesce"], &[], A, A, |_, args| {
        Ok(args
            .iter()
            .find(|value| !is_empty(value))
            .cloned()
            .unwrap_or_default())
    });
    table.add_variadic(&["all"], &[], A, Type::Bool, |_, args| {
        Ok(Value::Bool(!args.iter().any(is_empty)))
    });
    table.add_variadic(&["any"], &[], A, Type::Bool, |_, args| {
        Ok(Value::Bool(args.iter().any(|value| !is_empty(value))))
    });
    table.add("ternary", &[A, A, Type::Bool], A, |_, args| {
        let chosen = matches!(args.get(2), Some(Value::Bool(true)));
        Ok(any(args, usize::from(!chosen)).clone())
    });
}

/// sprig's emptiness: the zero value of a basic type, nothing in a collection, nil. Structs are never empty.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(object) => match object.basic() {
            Some(basic) => is_empty(&basic),
            None => object.is_nil(),
        },
        _ => !value.truth(),
    }
}

//! Functions on types.

use sluice_go_template::{Type, Value};

use super::args::{any, text};
use super::{Table, deep_equal};

const A: Type = Type::Any;
const S: Type = Type::String;

pub(super) fn register(table: &mut Table) {
    table.add("typeOf", &[A], S, |_, args| {
        Ok(Value::from(any(args, 0).type_name().as_ref()))
    });
    table.add("typeIs", &[S, A], Type::Bool, |_, args| {
        Ok(Value::Bool(any(args, 1).type_name().as_bytes() == text(args, 0)))
    });
    table.add("typeIsLike", &[S, A], Type::Bool, |_, args| {
        let name = any(args, 1).type_name();
        let name = name.as_bytes();
        Ok(Value::Bool(
            name == text(args, 0) || name.strip_prefix(b"*") == Some(text(args, 0)),
        ))
    });
    table.add("kindOf", &[A], S, |_, args| {
        Ok(Value::from(any(args, 0).kind().name()))
    });
    table.add("kindIs", &[S, A], Type::Bool, |_, args| {
        Ok(Value::Bool(
            any(args, 1).kind().name().as_bytes() == text(args, 0),
        ))
    });
    table.add("deepEqual", &[A, A], Type::Bool, |context, args| {
        deep_equal(context.budget(), any(args, 0), any(args, 1)).map(Value::Bool)
    });
}

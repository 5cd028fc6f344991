//! Functions on paths. Those of the operating system are the same: Helm's templates see slashes.

use sluice_go_template::{Type, Value};

use super::Table;
use super::args::text;
use crate::text::path;

const S: Type = Type::String;

pub(super) fn register(table: &mut Table) {
    table.add_all(&["base", "osBase"], &[S], S, |_, args| {
        Ok(Value::from(path::base(text(args, 0))))
    });
    table.add_all(&["dir", "osDir"], &[S], S, |_, args| {
        Ok(Value::from(path::dir(text(args, 0))))
    });
    table.add_all(&["clean", "osClean"], &[S], S, |_, args| {
        Ok(Value::from(path::clean(text(args, 0))))
    });
    table.add_all(&["ext", "osExt"], &[S], S, |_, args| {
        Ok(Value::from(path::ext(text(args, 0))))
    });
    table.add_all(&["isAbs", "osIsAbs"], &[S], Type::Bool, |_, args| {
        Ok(Value::Bool(text(args, 0).starts_with(b"/")))
    });
}

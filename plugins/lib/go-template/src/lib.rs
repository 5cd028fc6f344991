//! Go's `text/template`: values as reflection sees them, functions with Go's argument checks, and budgets.
//!
//! [`Value`] is what a template sees; strings are bytes ([`Str`]), maps have reference semantics ([`Map`]), host data
//! with fields and methods is an [`Object`]. [`Function`] is what a template calls; it gets a [`Context`] with the
//! [`Budget`] of the execution, and can go back into templates with [`Context::include`] and [`Context::tpl`].
//! [`TemplateSet`] parses texts and executes them; [`mod@format`] is Go's `fmt`.
//!
//! ```
//! use sluice_go_template::{Context, Function, Limits, Type, Value};
//! use std::rc::Rc;
//! use sluice_go_template::{Functions, MissingKey, TemplateSet};
//! let upper = Function::new(&[Type::String], |_, args| {
//!     Ok(Value::from(args[0].as_bytes().unwrap_or_default().to_ascii_uppercase()))
//! });
//! let mut functions = Functions::new();
//! functions.insert("upper", upper.returning(Type::String));
//! let mut context = Context::new(Limits::default());
//! let mut set = TemplateSet::new("gotpl", functions, MissingKey::Zero);
//! set.parse("x.yaml", "name: {{ .name | upper }}", &context).unwrap();
//! let data = Value::map([("name", Value::from("web"))]);
//! let text = Rc::new(set).execute(&mut context, b"x.yaml", data).unwrap();
//! assert_eq!(text, b"name: WEB");
//! ```

mod ast;
mod budget;
mod builtin;
mod context;
mod error;
mod exec;
pub mod format;
mod function;
mod operand;
mod parse;
mod set;
pub mod unicode;
mod value;

pub use budget::{Budget, Limits};
pub use context::{Context, remove_no_value};
pub use error::{Error, ErrorKind};
pub use function::{Function, Functions};
pub use set::{MissingKey, TemplateSet, execute_bytes};
pub use value::{
    Entries, ErrorValue, IntKind, Kind, List, ListType, Map, MapType, Method, Object, Str, Type, UintKind,
    Value,
};

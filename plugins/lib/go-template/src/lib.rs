//! Go's `text/template`: values as reflection sees them, functions with Go's argument checks, and budgets.
//!
//! [`Value`] is what a template sees; strings are bytes ([`Str`]), maps have reference semantics ([`Map`]), host data
//! with fields and methods is an [`Object`]. [`Function`] is what a template calls; it gets a [`Context`] with the
//! [`Budget`] of the execution.
//!
//! ```
//! use sluice_go_template::{Context, Function, Limits, Type, Value};
//! let upper = Function::new(&[Type::String], |_, args| {
//!     Ok(Value::from(args[0].as_bytes().unwrap_or_default().to_ascii_uppercase()))
//! });
//! let mut context = Context::new(Limits::default());
//! let result = upper.call(&mut context, "upper", &[Value::from("a")]).unwrap();
//! assert_eq!(result.as_bytes(), Some(&b"A"[..]));
//! ```

mod budget;
mod context;
mod error;
mod function;
mod value;

pub use budget::{Budget, Limits};
pub use context::Context;
pub use error::{Error, ErrorKind};
pub use function::{Function, Functions};
pub use value::{
    Entries, ErrorValue, IntKind, Kind, List, ListType, Map, MapType, Method, Object, Str, Type, UintKind,
    Value,
};

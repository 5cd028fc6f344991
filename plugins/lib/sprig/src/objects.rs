//! Values with fields and methods that the functions return.

mod certificate;
mod duration;
mod moment;
mod version;

pub use certificate::CertificateValue;
pub use duration::DurationValue;
pub use moment::{MomentValue, NamedInt};
pub use version::VersionValue;

use sluice_go_template::{Error, Function, Object, Type, Value};

/// A method without parameters.
fn getter(result: Type, value: Value) -> Function {
    Function::new(&[], move |_, _| Ok(value.clone())).returning(result)
}

/// What [`Object::equals`] answers: whether the other value is of the same type and `test` takes it for the same.
fn is_same<T: Object>(other: &dyn Object, test: impl FnOnce(&T) -> bool) -> Option<bool> {
    Some(other.as_any().downcast_ref::<T>().is_some_and(test))
}

/// The argument at a position as host data of a type.
fn argument<T: Object>(args: &[Value], at: usize) -> Result<&T, Error> {
    args.get(at)
        .and_then(Value::downcast)
        .ok_or_else(|| Error::new("runtime error: invalid memory address or nil pointer dereference"))
}

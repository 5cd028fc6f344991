//! Values with fields and methods that the functions return.

mod certificate;
mod duration;
mod moment;
mod version;

pub use certificate::CertificateValue;
pub use duration::DurationValue;
pub use moment::{MomentValue, NamedInt};
pub use version::VersionValue;

use sluice_go_template::{Error, Function, Type, Value};

/// A method without parameters.
fn getter(result: Type, value: Value) -> Function {
    Function::new(&[], move |_, _| Ok(value.clone())).returning(result)
}

/// The argument at a position as host data of a type.
fn argument<T: sluice_go_template::Object>(args: &[Value], at: usize) -> Result<&T, Error> {
    args.get(at)
        .and_then(Value::downcast)
        .ok_or_else(|| Error::new("runtime error: invalid memory address or nil pointer dereference"))
}

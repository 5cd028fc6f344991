//! Host data as `encoding/json` sees it.

use sluice_go_template::{Error, Object, Value};

use crate::objects::MomentValue;

/// What an object is marshalled as.
pub(super) enum Plain {
    /// Another value.
    Value(Value),
    /// A struct: names and values in order.
    Struct(Vec<(Vec<u8>, Value)>),
}

/// Takes an object apart.
pub(super) fn plain_of(object: &dyn Object) -> Result<Plain, Error> {
    let any = object.as_any();
    if object.is_nil() {
        return Ok(Plain::Value(Value::Nil));
    }
    if let Some(plain) = object.json() {
        return Ok(Plain::Value(plain));
    }
    if let Some(moment) = any.downcast_ref::<MomentValue>() {
        return moment.json().map(Plain::Value);
    }
    if let Some(basic) = object.basic() {
        return Ok(Plain::Value(basic));
    }
    if object.is_error() {
        return Ok(Plain::Struct(Vec::new()));
    }
    Ok(struct_of(object.fields()))
}

fn struct_of(fields: Vec<(&str, Value)>) -> Plain {
    let owned = |(name, value): (&str, Value)| (name.as_bytes().to_vec(), value);
    Plain::Struct(fields.into_iter().map(owned).collect())
}

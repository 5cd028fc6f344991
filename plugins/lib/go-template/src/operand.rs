//! Values during an execution: Go's `reflect.Value` also knows whether its static type is an interface.

use std::borrow::Cow;

use crate::value::{Type, Value};

/// A value, and whether it came out of something whose elements are `interface {}`.
///
/// It matters for nil (no value at all, or a nil interface) and for the type that errors show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operand {
    pub value: Value,
    pub boxed: bool,
}

impl Operand {
    /// No value: Go's zero `reflect.Value`.
    pub const INVALID: Self = Self {
        value: Value::Nil,
        boxed: false,
    };

    pub fn plain(value: Value) -> Self {
        Self { value, boxed: false }
    }

    /// A value of a static type.
    pub fn of(value: Value, static_type: Type) -> Self {
        let boxed = static_type.is_interface();
        Self { value, boxed }
    }

    pub fn is_invalid(&self) -> bool {
        self.value.is_nil() && !self.boxed
    }

    /// A nil interface.
    pub fn is_nil_interface(&self) -> bool {
        self.value.is_nil() && self.boxed
    }

    /// The name of the static type.
    pub fn type_name(&self) -> Cow<'_, str> {
        if self.boxed {
            Cow::Borrowed("interface {}")
        } else {
            self.value.type_name()
        }
    }
}

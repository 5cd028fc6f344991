//! Host data that templates reach into: structs, pointers and named types with methods.

use std::any::Any;
use std::rc::Rc;

use super::{Kind, Str, Value};
use crate::function::Function;

/// A Go value with fields or methods that the host provides (`.Chart`, `.Capabilities`, `time.Time`, `*semver.Version`).
///
/// A template looks for a method first, then for a field; both are case sensitive.
pub trait Object: Any {
    /// For [`Value::downcast`]; implement it as `self`.
    fn as_any(&self) -> &dyn Any;

    /// What `%T` prints, such as `time.Time` or `*semver.Version`.
    fn type_name(&self) -> &str;

    /// What `kindOf` prints.
    fn kind(&self) -> Kind {
        Kind::Struct
    }

    /// An exported field: one of [`Object::fields`] whose name starts with a capital. A pointer to a struct answers for
    /// the struct.
    fn field(&self, name: &[u8]) -> Option<Value> {
        if !name.first().is_some_and(u8::is_ascii_uppercase) {
            return None;
        }
        let mut fields = self.fields().into_iter();
        fields
            .find(|(own, _)| own.as_bytes() == name)
            .map(|(_, value)| value)
    }

    /// All fields in the order of their declaration, also for printing (`{1 2}`, `%+v`).
    fn fields(&self) -> Vec<(&str, Value)> {
        Vec::new()
    }

    /// What `encoding/json` makes of it, where that is not its fields under their names (tags, `MarshalJSON`).
    fn json(&self) -> Option<Value> {
        None
    }

    /// An exported method, bound to this value.
    fn method(&self, _name: &[u8]) -> Option<Function> {
        None
    }

    /// The result of `Error()` or `String()`: what `print`, `%s` and `%v` show.
    fn string(&self) -> Option<Str> {
        None
    }

    /// The result of `GoString()`: what `%#v` shows.
    fn go_string(&self) -> Option<Str> {
        None
    }

    /// Whether [`Object::string`] is `Error()`.
    fn is_error(&self) -> bool {
        false
    }

    /// The value below a named basic type (`int64` below `time.Duration`): for comparison, arithmetic and `%d`.
    fn basic(&self) -> Option<Value> {
        None
    }

    /// Whether it is a nil pointer.
    fn is_nil(&self) -> bool {
        false
    }

    /// Go's truth: structs and pointers that are not nil are true.
    fn truth(&self) -> bool {
        match self.basic() {
            Some(basic) => basic.truth(),
            None => !self.is_nil(),
        }
    }

    /// Go's `==`, for comparable types of the same name; [`None`] says that the type is not comparable.
    fn equals(&self, _other: &dyn Object) -> Option<bool> {
        None
    }
}

/// A value of an error type.
pub struct ErrorValue(Str);

impl ErrorValue {
    /// An error with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Str::from(text.into()))
    }
}

impl Object for ErrorValue {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        "*errors.errorString"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn method(&self, name: &[u8]) -> Option<Function> {
        let text = self.0.clone();
        (name == b"Error").then(|| Function::new(&[], move |_, _| Ok(Value::String(text.clone()))))
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        vec![("s", Value::String(self.0.clone()))]
    }

    fn string(&self) -> Option<Str> {
        Some(self.0.clone())
    }

    fn is_error(&self) -> bool {
        true
    }
}

/// The struct behind a pointer.
pub(crate) struct Pointed(pub Rc<dyn Object>);

impl Pointed {
    /// What Go's reflection sees behind a pointer that is not nil.
    pub fn behind(value: &Value) -> Option<Value> {
        let Value::Object(object) = value else {
            return None;
        };
        let points = object.kind() == Kind::Pointer && !object.is_nil();
        points.then(|| Value::object(Self(Rc::clone(object))))
    }

    /// What is printed instead of a pointer: the struct, unless there is a method that says more.
    pub fn printed(value: &Value) -> Option<Value> {
        let speaks = matches!(value, Value::Object(object) if object.string().is_some());
        if speaks { None } else { Self::behind(value) }
    }
}

impl Object for Pointed {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn type_name(&self) -> &str {
        self.0.type_name().trim_start_matches('*')
    }

    fn fields(&self) -> Vec<(&str, Value)> {
        self.0.fields()
    }
}

//! Go values as a template sees them.

mod conversion;
mod list;
mod map;
mod object;
mod release;
mod string;
mod types;

pub use list::{List, ListType};
pub use map::{Entries, Map, MapType};
pub(crate) use object::Pointed;
pub use object::{ErrorValue, Object};
pub use string::Str;
pub use types::{IntKind, Kind, Type, UintKind};

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use crate::function::Function;

/// How a named type finds the method of a name, bound to a value.
pub type Method<T> = fn(&T, &[u8]) -> Option<Function>;

/// A Go value. Cloning is cheap; maps and objects are shared by their clones, as in Go.
#[derive(Clone, Default)]
pub enum Value {
    /// The untyped nil.
    #[default]
    Nil,
    /// `bool`
    Bool(bool),
    /// `int`, `int8` … `int64`
    Int(IntKind, i64),
    /// `uint`, `uint8` … `uint64`
    Uint(UintKind, u64),
    /// `float64`
    Float(f64),
    /// `complex128`
    Complex(Rc<(f64, f64)>),
    /// `string`: any bytes
    String(Str),
    /// `[]byte`
    Bytes(Str),
    /// A slice
    List(List),
    /// A map with string keys
    Map(Map),
    /// A function value
    Function(Rc<Function>),
    /// Host data: structs, pointers, named types with methods
    Object(Rc<dyn Object>),
}

impl Value {
    /// An `int`.
    pub fn int(number: i64) -> Self {
        Self::Int(IntKind::Int, number)
    }

    /// An `int64`.
    pub fn int64(number: i64) -> Self {
        Self::Int(IntKind::Int64, number)
    }

    /// A `string`.
    pub fn string(text: impl Into<Str>) -> Self {
        Self::String(text.into())
    }

    /// A `[]byte`.
    pub fn bytes(bytes: impl Into<Str>) -> Self {
        Self::Bytes(bytes.into())
    }

    /// A `[]interface {}`.
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(List::new(items))
    }

    /// A `[]string`.
    pub fn strings<T: Into<Str>>(items: impl IntoIterator<Item = T>) -> Self {
        let items = items.into_iter().map(|item| Self::String(item.into())).collect();
        Self::List(List::typed(&ListType::STRINGS, items))
    }

    /// A `map[string]interface {}`.
    pub fn map<K: Into<Str>>(entries: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Map(Map::from_entries(&MapType::ANY, entries))
    }

    /// A value of an error type with this text.
    pub fn error(text: impl Into<String>) -> Self {
        Self::Object(Rc::new(ErrorValue::new(text)))
    }

    /// Host data.
    pub fn object(object: impl Object + 'static) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Go's `reflect.Kind` of the value; an untyped nil is [`Kind::Invalid`].
    pub fn kind(&self) -> Kind {
        match self {
            Self::Nil => Kind::Invalid,
            Self::Bool(_) => Kind::Bool,
            Self::Int(kind, _) => Kind::Int(*kind),
            Self::Uint(kind, _) => Kind::Uint(*kind),
            Self::Float(_) => Kind::Float64,
            Self::Complex(_) => Kind::Complex128,
            Self::String(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Function(_) => Kind::Func,
            Self::Object(object) => object.kind(),
        }
    }

    /// What `%T` prints: `int`, `[]interface {}`, `map[string]interface {}`, `<nil>` …
    pub fn type_name(&self) -> Cow<'_, str> {
        match self {
            Self::Nil => Cow::Borrowed("<nil>"),
            Self::Bool(_) => Cow::Borrowed("bool"),
            Self::Int(kind, _) => Cow::Borrowed(kind.name()),
            Self::Uint(kind, _) => Cow::Borrowed(kind.name()),
            Self::Float(_) => Cow::Borrowed("float64"),
            Self::Complex(_) => Cow::Borrowed("complex128"),
            Self::String(_) => Cow::Borrowed("string"),
            Self::Bytes(_) => Cow::Borrowed("[]uint8"),
            Self::List(list) => Cow::Borrowed(list.kind().name),
            Self::Map(map) => Cow::Borrowed(map.kind().name),
            Self::Function(function) => Cow::Owned(function.type_name()),
            Self::Object(object) => Cow::Borrowed(object.type_name()),
        }
    }

    /// Whether this is the untyped nil.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Whether Go's `reflect.Value.IsNil` holds: nil itself, or a nil map, slice or pointer.
    pub fn is_nil_reference(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::List(list) => list.is_nil(),
            Self::Map(map) => map.is_nil(),
            Self::Object(object) => object.is_nil(),
            _ => false,
        }
    }

    /// Go's truth: not the zero value of its type; structs are true.
    pub fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Int(_, number) => *number != 0,
            Self::Uint(_, number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::Complex(pair) => pair.0 != 0.0 || pair.1 != 0.0,
            Self::String(text) | Self::Bytes(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Function(_) => true,
            Self::Object(object) => object.truth(),
        }
    }

    /// The bytes of a string or a `[]byte`.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::String(text) | Self::Bytes(text) => Some(text),
            _ => None,
        }
    }

    /// A string's bytes, without `[]byte`.
    pub fn as_str(&self) -> Option<&Str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// A signed integer of any width (also of a named type such as `time.Duration`).
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(_, number) => Some(*number),
            Self::Object(object) => object.basic()?.as_int(),
            _ => None,
        }
    }

    /// A map, also of a named type.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A slice other than `[]byte`.
    pub fn as_list(&self) -> Option<&List> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Host data of this Rust type.
    pub fn downcast<T: Object + 'static>(&self) -> Option<&T> {
        match self {
            Self::Object(object) => object.as_any().downcast_ref(),
            _ => None,
        }
    }
}

/// The type, and of scalars the content: maps may hold themselves.
impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.type_name();
        match self {
            Self::Nil => formatter.write_str("nil"),
            Self::Bool(value) => write!(formatter, "{value}"),
            Self::Int(_, number) => write!(formatter, "{name}({number})"),
            Self::Uint(_, number) => write!(formatter, "{name}({number})"),
            Self::Float(number) => write!(formatter, "{name}({number:?})"),
            Self::Complex(pair) => write!(formatter, "{name}({:?})", **pair),
            Self::String(text) => write!(formatter, "{text:?}"),
            Self::Bytes(text) => write!(formatter, "{name}({text:?})"),
            Self::List(list) => write!(formatter, "{name}({} elements)", list.len()),
            Self::Map(map) => write!(formatter, "{name}({} entries)", map.len()),
            Self::Function(_) | Self::Object(_) => formatter.write_str(&name),
        }
    }
}

#[cfg(test)]
mod tests;

//! Go's kinds, and the types that parameters have.

use std::borrow::Cow;
use std::fmt;

use super::{List, ListType, Map, MapType, Str, Value};

/// Widths of signed integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntKind {
    /// `int`
    Int,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
}

impl IntKind {
    /// Go's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
        }
    }

    /// The number cut to this width, as a conversion in Go does.
    pub const fn wrap(self, number: i64) -> i64 {
        match self {
            Self::Int | Self::Int64 => number,
            Self::Int8 => number as i8 as i64,
            Self::Int16 => number as i16 as i64,
            Self::Int32 => number as i32 as i64,
        }
    }
}

/// Widths of unsigned integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UintKind {
    /// `uint`
    Uint,
    /// `uint8`
    Uint8,
    /// `uint16`
    Uint16,
    /// `uint32`
    Uint32,
    /// `uint64`
    Uint64,
}

impl UintKind {
    /// Go's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uint => "uint",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }

    /// The number cut to this width, as a conversion in Go does.
    pub const fn wrap(self, number: u64) -> u64 {
        match self {
            Self::Uint | Self::Uint64 => number,
            Self::Uint8 => number as u8 as u64,
            Self::Uint16 => number as u16 as u64,
            Self::Uint32 => number as u32 as u64,
        }
    }
}

/// Go's `reflect.Kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The untyped nil
    Invalid,
    /// `bool`
    Bool,
    /// Signed integers
    Int(IntKind),
    /// Unsigned integers
    Uint(UintKind),
    /// `float64`
    Float64,
    /// `complex128`
    Complex128,
    /// Strings
    String,
    /// Slices
    Slice,
    /// Maps
    Map,
    /// Functions
    Func,
    /// Structs
    Struct,
    /// Pointers
    Pointer,
}

impl Kind {
    /// Go's name, what `kindOf` prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Bool => "bool",
            Self::Int(kind) => kind.name(),
            Self::Uint(kind) => kind.name(),
            Self::Float64 => "float64",
            Self::Complex128 => "complex128",
            Self::String => "string",
            Self::Slice => "slice",
            Self::Map => "map",
            Self::Func => "func",
            Self::Struct => "struct",
            Self::Pointer => "ptr",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The type of a parameter, a result or an element.
#[derive(Clone, Copy)]
pub enum Type {
    /// `interface {}`: takes anything, also nil
    Any,
    /// `reflect.Value`: as [`Type::Any`], for Go's own builtins
    Reflect,
    /// `bool`
    Bool,
    /// A signed integer
    Int(IntKind),
    /// An unsigned integer
    Uint(UintKind),
    /// `float64`
    Float,
    /// `complex128`
    Complex,
    /// `string`
    String,
    /// `[]byte`
    Bytes,
    /// A slice type
    List(&'static ListType),
    /// A map type
    Map(&'static MapType),
    /// A struct or named type by its name, such as `time.Time`
    Struct(&'static str),
    /// A pointer type by its name, such as `*semver.Version`; takes nil
    Pointer(&'static str),
    /// Go's `error` interface; takes nil
    Error,
}

impl Type {
    /// `int`
    pub const INT: Self = Self::Int(IntKind::Int);
    /// `int64`
    pub const INT64: Self = Self::Int(IntKind::Int64);
    /// `[]interface {}`
    pub const LIST: Self = Self::List(&ListType::ANY);
    /// `[]string`
    pub const STRINGS: Self = Self::List(&ListType::STRINGS);
    /// `map[string]interface {}`
    pub const MAP: Self = Self::Map(&MapType::ANY);
    /// `map[string]string`
    pub const STRING_MAP: Self = Self::Map(&MapType::STRINGS);

    /// Go's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Bool => "bool",
            Self::Int(kind) => kind.name(),
            Self::Uint(kind) => kind.name(),
            Self::Float => "float64",
            Self::Complex => "complex128",
            Self::String => "string",
            Self::Bytes => "[]uint8",
            Self::List(kind) => kind.name,
            Self::Map(kind) => kind.name,
            Self::Struct(name) | Self::Pointer(name) => name,
            Self::Error => "error",
        }
    }

    /// Whether the static type is an interface, so that what is inside decides.
    pub const fn is_interface(&self) -> bool {
        matches!(self, Self::Any | Self::Error)
    }

    /// Whether an untyped nil can be passed.
    pub const fn can_be_nil(&self) -> bool {
        matches!(
            self,
            Self::Any
                | Self::Reflect
                | Self::Bytes
                | Self::List(_)
                | Self::Map(_)
                | Self::Pointer(_)
                | Self::Error
        )
    }

    /// The zero value.
    pub fn zero(&self) -> Value {
        match self {
            Self::Bool => Value::Bool(false),
            Self::Int(kind) => Value::Int(*kind, 0),
            Self::Uint(kind) => Value::Uint(*kind, 0),
            Self::Float => Value::Float(0.0),
            Self::Complex => Value::Complex(std::rc::Rc::new((0.0, 0.0))),
            Self::String => Value::String(Str::default()),
            Self::Bytes => Value::Bytes(Str::default()),
            Self::List(kind) => Value::List(List::nil(kind)),
            Self::Map(kind) => Value::Map(Map::nil(kind)),
            Self::Any | Self::Reflect | Self::Struct(_) | Self::Pointer(_) | Self::Error => Value::Nil,
        }
    }

    /// Go's assignability of a value that is not nil: the value as the type wants it, or [`None`].
    ///
    /// A named map is passed to an unnamed map type of the same shape and loses its name, as in Go.
    pub fn assign<'v>(&self, value: &'v Value) -> Option<Cow<'v, Value>> {
        let same = match (self, value) {
            (Self::Any | Self::Reflect, _) => true,
            (Self::Bool, Value::Bool(_))
            | (Self::Float, Value::Float(_))
            | (Self::Complex, Value::Complex(_))
            | (Self::String, Value::String(_))
            | (Self::Bytes, Value::Bytes(_)) => true,
            (Self::Int(want), Value::Int(have, _)) => want == have,
            (Self::Uint(want), Value::Uint(have, _)) => want == have,
            (Self::List(want), Value::List(list)) => {
                if want.name == list.kind().name {
                    true
                } else if fits(
                    want.name,
                    want.underlying,
                    list.kind().name,
                    list.kind().underlying,
                ) {
                    return Some(Cow::Owned(Value::List(list.retyped(want))));
                } else {
                    false
                }
            }
            (Self::Map(want), Value::Map(map)) => {
                if want.name == map.kind().name {
                    true
                } else if fits(want.name, want.underlying, map.kind().name, map.kind().underlying) {
                    return Some(Cow::Owned(Value::Map(map.retyped(want))));
                } else {
                    false
                }
            }
            (Self::Struct(want) | Self::Pointer(want), Value::Object(object)) => *want == object.type_name(),
            (Self::Error, Value::Object(object)) => object.is_error(),
            _ => false,
        };
        same.then_some(Cow::Borrowed(value))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether a type fits another that is written differently: same shape, and one of them has no name.
fn fits(want: &str, want_shape: &str, have: &str, have_shape: &str) -> bool {
    want_shape == have_shape && (want == want_shape || have == have_shape)
}

//! Types of the check, and which fit where.

use std::fmt;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// Any: known only when the expression is evaluated.
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    /// A type as a value.
    #[allow(clippy::enum_variant_names, reason = "CEL's name")]
    Type,
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Optional(Box<Type>),
    /// A parameter of a signature.
    Param(char),
}

impl Type {
    pub(crate) fn list(item: Type) -> Self {
        Self::List(Box::new(item))
    }

    pub(crate) fn map(key: Type, value: Type) -> Self {
        Self::Map(Box::new(key), Box::new(value))
    }

    pub(crate) fn optional(value: Type) -> Self {
        Self::Optional(Box::new(value))
    }

    /// Whether a value of this type may stand where `wanted` is needed; `dyn` fits everywhere.
    pub(crate) fn fits(&self, wanted: &Type) -> bool {
        match (self, wanted) {
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            (Self::Null, Self::Timestamp | Self::Duration | Self::Optional(_))
            | (Self::Timestamp | Self::Duration | Self::Optional(_), Self::Null) => true,
            (Self::List(a), Self::List(b)) | (Self::Optional(a), Self::Optional(b)) => a.fits(b),
            (Self::Map(ak, av), Self::Map(bk, bv)) => ak.fits(bk) && av.fits(bv),
            (a, b) => a == b,
        }
    }

    /// The more general of two types that fit each other.
    pub(crate) fn join(&self, other: &Type) -> Option<Type> {
        if !self.fits(other) {
            return None;
        }
        Some(match (self, other) {
            (Self::Dyn, _) | (_, Self::Dyn) => Self::Dyn,
            (Self::Null, other) => other.clone(),
            (Self::List(a), Self::List(b)) => Self::list(a.join(b)?),
            (Self::Optional(a), Self::Optional(b)) => Self::optional(a.join(b)?),
            (Self::Map(ak, av), Self::Map(bk, bv)) => Self::map(ak.join(bk)?, av.join(bv)?),
            (known, _) => known.clone(),
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Dyn => "dyn",
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Type => "type",
            Self::List(item) => return write!(f, "list({item})"),
            Self::Map(key, value) => return write!(f, "map({key}, {value})"),
            Self::Optional(value) => return write!(f, "optional_type({value})"),
            Self::Param(name) => return write!(f, "{name}"),
        };
        f.write_str(name)
    }
}

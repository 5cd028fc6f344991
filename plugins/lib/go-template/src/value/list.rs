//! Go slices.

use std::ops::Deref;
use std::rc::Rc;

use super::release::{Held, release};
use super::{Method, Type, Value};

/// The type of a slice. Types are compared by name.
pub struct ListType {
    /// What `%T` prints, such as `[]string` or `common.VersionSet`.
    pub name: &'static str,
    /// The unnamed type below, such as `[]string`; equals `name` unless the type is a named one.
    pub underlying: &'static str,
    /// The type of the elements.
    pub element: Type,
    /// The methods of a named type, bound to the list.
    pub method: Option<Method<List>>,
}

const fn unnamed(name: &'static str, element: Type) -> ListType {
    ListType {
        name,
        underlying: name,
        element,
        method: None,
    }
}

impl ListType {
    /// `[]interface {}`
    pub const ANY: Self = unnamed("[]interface {}", Type::Any);
    /// `[]string`
    pub const STRINGS: Self = unnamed("[]string", Type::String);
    /// `[]int`
    pub const INTS: Self = unnamed("[]int", Type::Int(super::IntKind::Int));
    /// `[]int64`
    pub const INT64S: Self = unnamed("[]int64", Type::Int(super::IntKind::Int64));
    /// `[]float64`
    pub const FLOATS: Self = unnamed("[]float64", Type::Float);
    /// `[][]string`
    pub const STRING_LISTS: Self = unnamed("[][]string", Type::List(&Self::STRINGS));
    /// `[][]interface {}`
    pub const LISTS: Self = unnamed("[][]interface {}", Type::List(&Self::ANY));
    /// `[]map[string]interface {}`
    pub const MAPS: Self = unnamed("[]map[string]interface {}", Type::Map(&super::MapType::ANY));
}

/// A Go slice: its type and its elements. Elements are never replaced in place.
#[derive(Clone)]
pub struct List {
    kind: &'static ListType,
    items: Option<Rc<Vec<Value>>>,
}

impl List {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(&ListType::ANY, items)
    }

    /// A slice of another type; the caller guarantees that the elements have its type.
    pub fn typed(kind: &'static ListType, items: Vec<Value>) -> Self {
        Self {
            kind,
            items: Some(Rc::new(items)),
        }
    }

    /// The nil slice of a type.
    pub fn nil(kind: &'static ListType) -> Self {
        Self { kind, items: None }
    }

    /// Its type.
    pub fn kind(&self) -> &'static ListType {
        self.kind
    }

    /// Whether it is the nil slice.
    pub fn is_nil(&self) -> bool {
        self.items.is_none()
    }

    /// The same elements under another type.
    #[must_use]
    pub fn retyped(&self, kind: &'static ListType) -> Self {
        Self {
            kind,
            items: self.items.clone(),
        }
    }

    /// The elements, without a copy where nobody else holds them.
    pub fn into_vec(mut self) -> Vec<Value> {
        match self.items.take() {
            Some(items) => Rc::try_unwrap(items).unwrap_or_else(|shared| (*shared).clone()),
            None => Vec::new(),
        }
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        self.items.as_ref().map_or(&[], |items| items.as_slice())
    }
}

impl Drop for List {
    fn drop(&mut self) {
        if let Some(items) = self.items.take() {
            release(Held::List(items));
        }
    }
}

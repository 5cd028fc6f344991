//! Go maps with string keys: shared by their clones, changed in place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::release::{Held, release};
use super::{Method, Str, Type, Value};
use crate::error::Error;

/// The entries of a map in the order of their keys' bytes.
pub type Entries = BTreeMap<Str, Value>;

/// The type of a map. Types are compared by name.
pub struct MapType {
    /// What `%T` prints, such as `map[string]interface {}` or `common.Values`.
    pub name: &'static str,
    /// The unnamed type below; equals `name` unless the type is a named one.
    pub underlying: &'static str,
    /// The type of the values.
    pub element: Type,
    /// The methods of a named type, bound to the map.
    pub method: Option<Method<Map>>,
}

const fn unnamed(name: &'static str, element: Type) -> MapType {
    MapType {
        name,
        underlying: name,
        element,
        method: None,
    }
}

impl MapType {
    /// `map[string]interface {}`
    pub const ANY: Self = unnamed("map[string]interface {}", Type::Any);
    /// `map[string]string`
    pub const STRINGS: Self = unnamed("map[string]string", Type::String);
    /// `map[string][]uint8`
    pub const BYTES: Self = unnamed("map[string][]uint8", Type::Bytes);
}

/// A Go map with string keys. Clones share the entries (`set` on one is seen by all).
#[derive(Clone)]
pub struct Map {
    kind: &'static MapType,
    entries: Option<Rc<RefCell<Entries>>>,
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::with_entries(&MapType::ANY, Entries::new())
    }

    /// A map of a type; the caller guarantees that the values have its element type.
    pub fn with_entries(kind: &'static MapType, entries: Entries) -> Self {
        Self {
            kind,
            entries: Some(Rc::new(RefCell::new(entries))),
        }
    }

    /// A map of a type from pairs; later pairs win.
    pub fn from_entries<K: Into<Str>>(
        kind: &'static MapType,
        entries: impl IntoIterator<Item = (K, Value)>,
    ) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Self::with_entries(kind, entries.collect())
    }

    /// The nil map of a type.
    pub fn nil(kind: &'static MapType) -> Self {
        Self { kind, entries: None }
    }

    /// Its type.
    pub fn kind(&self) -> &'static MapType {
        self.kind
    }

    /// The same map under another type; the entries stay shared.
    #[must_use]
    pub fn retyped(&self, kind: &'static MapType) -> Self {
        Self {
            kind,
            entries: self.entries.clone(),
        }
    }

    /// Whether it is the nil map.
    pub fn is_nil(&self) -> bool {
        self.entries.is_none()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.read(Entries::len)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        let entries = self.entries.as_ref()?.borrow();
        entries.get(key.as_ref()).cloned()
    }

    /// Whether the key is present (also with a nil value).
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.read(|entries| entries.contains_key(key.as_ref()))
    }

    /// Sets a key, for all clones. A nil map refuses, as Go's panics.
    pub fn insert(&self, key: impl Into<Str>, value: Value) -> Result<(), Error> {
        let Some(entries) = &self.entries else {
            return Err(Error::new("assignment to entry in nil map"));
        };
        entries.borrow_mut().insert(key.into(), value);
        Ok(())
    }

    /// Removes a key, for all clones.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.entries.as_ref()?.borrow_mut().remove(key.as_ref())
    }

    /// The keys in the order of their bytes.
    pub fn keys(&self) -> Vec<Str> {
        self.read(|entries| entries.keys().cloned().collect())
    }

    /// A snapshot of the entries in the order of their keys' bytes; what happens to the map later is not seen.
    pub fn entries(&self) -> Vec<(Str, Value)> {
        self.read(|entries| {
            entries
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    }

    /// Looks at the entries without a copy. The map must not be changed from within `look`.
    pub fn read<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        match &self.entries {
            Some(entries) => look(&entries.borrow()),
            None => look(&Entries::new()),
        }
    }

    /// Whether both are the same map (not: equal ones).
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.entries, &other.entries) {
            (Some(one), Some(two)) => Rc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if let Some(entries) = self.entries.take() {
            release(Held::Map(entries));
        }
    }
}

//! JSON as a tree that borrows from its text. Nothing is hashed and little is copied, since most of a schema is descriptions
//! that nobody looks at.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// JSON. Of entries that are there twice, both are.
#[derive(Debug)]
pub enum Json<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number as it was written
    Int(i64),
    /// Any other number
    Float(f64),
    /// A string
    Text(Cow<'t, str>),
    /// An array
    List(Vec<Self>),
    /// An object, in the order of its text
    Map(Vec<(Cow<'t, str>, Self)>),
}

impl<'t> Json<'t> {
    /// The tree of a text; none when it is no JSON, or has whole numbers that 64 bits with a sign do not hold.
    pub fn read(text: &'t [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> Option<&[(Cow<'t, str>, Self)]> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The last entry of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let entry = self.entries()?.iter().rev().find(|(key, _)| key == name);
        entry.map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Json::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        i64::try_from(number).map(Json::Int).map_err(E::custom)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Json::Float(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut map = Vec::new();
        while let Some((Key(key), value)) = entries.next_entry()? {
            map.push((key, value));
        }
        Ok(Json::Map(map))
    }
}

struct Key<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Text(key) => Ok(Self(key)),
            _ => Err(D::Error::custom("a key is no text")),
        }
    }
}

//! JSON as a tree that borrows from its text. Nothing is hashed and little is copied, since most of a schema is descriptions
//! that nobody looks at.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// An entry of an object.
pub(crate) type Entry<'t> = (Cow<'t, str>, Json<'t>);

/// The value of a key.
pub(crate) fn find<'m, 't>(map: &'m [Entry<'t>], name: &str) -> Option<&'m Json<'t>> {
    map.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// JSON whose objects have no key twice.
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
    /// The tree of a text; none when it is no JSON, has a key twice in one object, or a whole number that 64 bits with a
    /// sign do not hold.
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
        find(self.entries()?, name)
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
        if has_twice(&map) {
            return Err(A::Error::custom("a key stands twice"));
        }
        Ok(Json::Map(map))
    }
}

/// Up to here, keys are compared each with each.
const FEW: usize = 12;

/// Which of two equal keys counts is a matter of the reader.
fn has_twice(map: &[Entry<'_>]) -> bool {
    if map.len() <= FEW {
        let is_above = |(at, (key, _)): (usize, &Entry<'_>)| map[..at].iter().any(|(above, _)| above == key);
        return map.iter().enumerate().any(is_above);
    }
    let mut keys: Vec<&str> = map.iter().map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
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

//! From the bytes of an `index.yaml` to sorted JSON, part by part.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use sluice_yaml::{Kind, Node, Schema, read_parts, to_json};

use crate::collect::Collector;

/// Bounds on what reading one index may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest index in bytes, as it is fetched.
    pub max_bytes: usize,
    /// Most versions of all charts together.
    pub max_versions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 50 << 20,
            max_versions: 500_000,
        }
    }
}

/// Why bytes are no index. Where helm has the failure, in its words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Nothing was fetched.
    #[error("empty index.yaml file")]
    Empty,
    /// More bytes than are read, or than a small text may expand to.
    #[error("index exceeds the maximum index file size of {0} bytes")]
    Size(usize),
    /// More versions than are read.
    #[error("index has more than {0} chart versions")]
    Versions(usize),
    /// The field `apiVersion` is missing.
    #[error("no API version specified")]
    NoApiVersion,
    /// A chart is named twice.
    #[error("chart {0:?} is in the index twice")]
    Twice(String),
    /// The document is no mapping, or `entries` is something else.
    #[error("index is malformed: {0}")]
    Shape(&'static str),
    /// The text is no YAML.
    #[error("{0}")]
    Yaml(sluice_yaml::Error),
}

impl From<sluice_yaml::Error> for IndexError {
    fn from(error: sluice_yaml::Error) -> Self {
        Self::Yaml(error)
    }
}

/// An index as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Charts sorted by name, the newest version of each first.
    pub json: Vec<u8>,
    /// How many charts there are.
    pub charts: usize,
    /// How many versions of all charts.
    pub versions: usize,
    /// How many versions no chart could have, which were left out.
    pub dropped: usize,
}

/// Reads an index: JSON where it is JSON, else YAML without duplicate keys.
///
/// # Errors
/// It is too large, or not an index.
pub fn convert(raw: &[u8], limits: &Limits) -> Result<Index, IndexError> {
    if raw.is_empty() {
        return Err(IndexError::Empty);
    }
    if raw.len() > limits.max_bytes {
        return Err(IndexError::Size(limits.max_bytes));
    }
    let is_json = raw.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if is_json && let Some(index) = convert_json(raw, limits)? {
        return Ok(index);
    }
    convert_yaml(raw, limits)
}

fn finish(collector: Collector<'_>, head: &Map<String, Value>) -> Result<Index, IndexError> {
    let named = head.get("apiVersion").and_then(Value::as_str);
    if named.is_none_or(str::is_empty) {
        return Err(IndexError::NoApiVersion);
    }
    let (versions, dropped) = (collector.versions, collector.dropped);
    let fields: Vec<String> = head
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{}:{value}", Value::String(name.clone())))
        .collect();
    let (json, charts) = collector.finish(&fields.join(","))?;
    Ok(Index {
        json: json.into_bytes(),
        charts,
        versions,
        dropped,
    })
}

fn convert_yaml(raw: &[u8], limits: &Limits) -> Result<Index, IndexError> {
    let mut collector = Collector::new(limits);
    let yaml = sluice_yaml::Limits {
        max_bytes: limits.max_bytes,
        max_nodes: MAX_NODES,
        ..sluice_yaml::Limits::default()
    };
    let rest = read_parts(
        raw,
        VERSION_DEPTH,
        Schema::V2,
        &yaml,
        &mut |keys, node| match keys {
            [ENTRIES, chart] => {
                sluice_yaml::check_unique_keys(&node)?;
                collector.begin(chart)?;
                collector.add(to_json(&node, Schema::V2)?)
            }
            _ => Ok::<(), IndexError>(()),
        },
    )?;
    let Some(mut rest) = rest.filter(|rest| !rest.is_null()) else {
        return Err(IndexError::NoApiVersion);
    };
    sluice_yaml::check_unique_keys(&rest)?;
    if !rest.is_map() {
        return Err(IndexError::Shape("it is no mapping"));
    }
    if let Some(entries) = rest.remove(ENTRIES) {
        add_left_entries(&entries, &mut collector)?;
    }
    match to_json(&rest, Schema::V2)? {
        Value::Object(head) => finish(collector, &head),
        _ => Err(IndexError::Shape("it is no mapping")),
    }
}

/// Charts without versions, and versions that stayed in the document because of anchors.
fn add_left_entries(entries: &Node, collector: &mut Collector<'_>) -> Result<(), IndexError> {
    if entries.is_null() {
        return Ok(());
    }
    if !entries.is_map() {
        return Err(IndexError::Shape("entries is no mapping"));
    }
    for (chart, versions) in entries.pairs() {
        if chart.kind != Kind::Scalar || !(versions.is_null() || versions.is_seq()) {
            return Err(IndexError::Shape("a chart of entries has no list of versions"));
        }
        for node in versions.items() {
            sluice_yaml::check_unique_keys(node)?;
            collector.begin(&chart.value)?;
            collector.add(to_json(node, Schema::V2)?)?;
        }
    }
    Ok(())
}

/// Where the versions stand: root, entries, chart, version.
const VERSION_DEPTH: usize = 3;
const ENTRIES: &str = "entries";
/// Most nodes of one index; real ones have some 20 a version.
const MAX_NODES: usize = 8_000_000;

/// None when the text is no JSON.
fn convert_json(raw: &[u8], limits: &Limits) -> Result<Option<Index>, IndexError> {
    let (mut collector, mut failure) = (Collector::new(limits), None);
    let mut reader = serde_json::Deserializer::from_slice(raw);
    let read = Document(&mut collector, &mut failure).deserialize(&mut reader);
    let read = read.and_then(|head| reader.end().map(|()| head));
    match (read, failure) {
        (Ok(head), _) => finish(collector, &head).map(Some),
        (Err(_), Some(failure)) => Err(failure),
        (Err(_), None) => Ok(None),
    }
}

/// The document: everything but `entries` is kept as it is.
struct Document<'a, 'l>(&'a mut Collector<'l>, &'a mut Option<IndexError>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut head = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if key == ENTRIES {
                map.next_value_seed(Entries(self.0, self.1))?;
            } else {
                head.insert(key, map.next_value()?);
            }
        }
        Ok(head)
    }
}

struct Entries<'a, 'l>(&'a mut Collector<'l>, &'a mut Option<IndexError>);

impl<'de> DeserializeSeed<'de> for Entries<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(chart) = map.next_key::<String>()? {
            map.next_value_seed(Versions(&mut *self.0, &mut *self.1, &chart))?;
        }
        Ok(())
    }
}

struct Versions<'a, 'l>(&'a mut Collector<'l>, &'a mut Option<IndexError>, &'a str);

impl Versions<'_, '_> {
    fn note<E: serde::de::Error>(
        failure: &mut Option<IndexError>,
        done: Result<(), IndexError>,
    ) -> Result<(), E> {
        done.map_err(|error| {
            let told = E::custom(&error);
            *failure = Some(error);
            told
        })
    }
}

impl<'de> DeserializeSeed<'de> for Versions<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Versions<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of versions")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        Self::note(self.1, self.0.begin(self.2))?;
        while let Some(version) = seq.next_element::<Value>()? {
            Self::note(self.1, self.0.add(version))?;
        }
        Ok(())
    }
}

//! Finds one version of one chart, as Flux chooses: the exact text first, else the newest version in the range.

use std::cmp::Reverse;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use sluice_semver::{Constraint, Version};

use crate::chart::ChartVersion;
use crate::created::Created;

/// Why no version was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The index is not what [`convert`](crate::convert) writes.
    #[error("index is malformed: {0}")]
    Malformed(String),
    /// The index has no such chart.
    #[error("no chart name found")]
    NoChart,
    /// The chart has no versions.
    #[error("no chart version found")]
    NoVersions,
    /// The range is none.
    #[error("improper constraint: {0}")]
    Constraint(String),
    /// No version is in the range.
    #[error("no '{chart}' chart with version matching '{version}' found")]
    NoMatch {
        /// Name of the chart.
        chart: String,
        /// The range.
        version: String,
    },
}

/// The version of a chart in a stored index; an empty range means the latest stable one.
///
/// # Errors
/// There is none, or the range is malformed.
pub fn find(json: &[u8], chart: &str, version: &str) -> Result<ChartVersion, FindError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let found = Document(chart).deserialize(&mut reader);
    let found = found.map_err(|error| FindError::Malformed(error.to_string()))?;
    let versions = found.ok_or(FindError::NoChart)?;
    if versions.is_empty() {
        return Err(FindError::NoVersions);
    }
    let candidates = versions
        .iter()
        .map(|found| (found.version.as_str(), Created::parse(&found.created)));
    let at = choose(candidates, version)?.ok_or_else(|| FindError::NoMatch {
        chart: chart.to_owned(),
        version: version.to_owned(),
    })?;
    Ok(versions.into_iter().nth(at).unwrap_or_default())
}

/// The position of the version to take: the one with this text, else the newest in the range (of equal ones the one made
/// last, then the first). Prereleases count only where the range names one.
///
/// # Errors
/// The range is malformed.
pub fn choose<'a>(
    candidates: impl Iterator<Item = (&'a str, Created)> + Clone,
    wanted: &str,
) -> Result<Option<usize>, FindError> {
    if !wanted.is_empty()
        && let Some(at) = candidates.clone().position(|(text, _)| text == wanted)
    {
        return Ok(Some(at));
    }
    let range = if wanted.is_empty() { "*" } else { wanted };
    let range = Constraint::parse(range).map_err(|error| FindError::Constraint(error.to_string()))?;
    let allowed = candidates.enumerate().filter_map(|(at, (text, created))| {
        let version = Version::parse_tag(text)
            .ok()
            .filter(|version| range.allows(version))?;
        Some((version, created, Reverse(at)))
    });
    Ok(allowed.max().map(|(_, _, Reverse(at))| at))
}

/// Reads past everything but the wanted chart.
struct Document<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = Option<Vec<ChartVersion>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Option<Vec<ChartVersion>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "entries" {
                found = map.next_value_seed(Entries(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Entries<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = Option<Vec<ChartVersion>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Option<Vec<ChartVersion>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("entries")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(chart) = map.next_key::<String>()? {
            if chart == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

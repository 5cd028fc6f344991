//! One version of a chart in an index: what may stand there, and what is used of it.

use serde::Deserialize;
use serde_json::{Map, Value};
use sluice_semver::Version;

use crate::created::Created;

/// What an index says of one version of a chart, as far as it is used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ChartVersion {
    /// The chart's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the packed chart is: absolute, or relative to the repository.
    pub urls: Vec<String>,
    /// When it was packaged.
    pub created: String,
    /// SHA-256 of the packed chart, in hexadecimal.
    pub digest: String,
}

/// The order of versions in an index: the newest last.
pub(crate) type Rank = (Version, Created);

/// Fills in what helm fills in, leaves out what is null, and tells the rank; none for what no chart could be.
pub(crate) fn check(entry: &mut Map<String, Value>) -> Option<Rank> {
    entry.retain(|_, value| !value.is_null());
    for field in ["name", "version", "apiVersion", "type", "created", "digest"] {
        as_text(entry, field)?;
    }
    let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    let named = !matches!(name, "" | "." | "..")
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control);
    if !named || !matches!(text("type"), "" | "application" | "library") {
        return None;
    }
    let rank = (
        Version::parse(text("version")).ok()?,
        Created::parse(text("created")),
    );
    let all = |field: &str, fits: fn(&Value) -> bool| match entry.get(field) {
        None => true,
        Some(Value::Array(items)) => items.iter().all(fits),
        Some(_) => false,
    };
    if !all("urls", Value::is_string)
        || !all("maintainers", Value::is_object)
        || !all("dependencies", Value::is_object)
    {
        return None;
    }
    if text("apiVersion").is_empty() {
        entry.insert("apiVersion".into(), "v1".into());
    }
    Some(rank)
}

/// Numbers and bools become text where text belongs, as in helm; anything else does not fit.
fn as_text(entry: &mut Map<String, Value>, field: &str) -> Option<()> {
    let Some(value) = entry.get_mut(field) else {
        return Some(());
    };
    match value {
        Value::String(_) => {}
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Bool(flag) => *value = Value::String(flag.to_string()),
        _ => return None,
    }
    Some(())
}

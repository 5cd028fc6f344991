//! `.Chart`: the metadata as helm turns it into a map.

use std::collections::BTreeMap;

use sluice_chart::{Dependency, ImportValues, Maintainer, Metadata, values};
use sluice_go_template::{Map, MapType, Value};

/// The fields of Chart.yaml under their Go names, and `IsRoot`.
pub(crate) fn metadata(metadata: &Metadata, is_root: bool) -> Value {
    Value::map([
        ("Name", Value::from(&*metadata.name)),
        ("Home", Value::from(&*metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", Value::from(&*metadata.version)),
        ("Description", Value::from(&*metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        (
            "Maintainers",
            Value::list(metadata.maintainers.iter().map(maintainer).collect()),
        ),
        ("Icon", Value::from(&*metadata.icon)),
        ("APIVersion", Value::from(&*metadata.api_version)),
        ("Condition", Value::from(&*metadata.condition)),
        ("Tags", Value::from(&*metadata.tags)),
        ("AppVersion", Value::from(&*metadata.app_version)),
        ("Deprecated", Value::from(metadata.deprecated)),
        ("Annotations", string_map(&metadata.annotations)),
        ("KubeVersion", Value::from(&*metadata.kube_version)),
        (
            "Dependencies",
            Value::list(metadata.dependencies.iter().map(dependency).collect()),
        ),
        ("Type", Value::from(&*metadata.chart_type)),
        ("IsRoot", Value::from(is_root)),
    ])
}

fn texts(texts: &[String]) -> Value {
    Value::list(texts.iter().map(|text| Value::from(text.as_str())).collect())
}

fn string_map(map: &BTreeMap<String, String>) -> Value {
    if map.is_empty() {
        return Value::Map(Map::nil(&MapType::STRINGS));
    }
    let entries = map
        .iter()
        .map(|(key, value)| (key.as_str(), Value::from(value.as_str())));
    Value::Map(Map::from_entries(&MapType::STRINGS, entries))
}

fn maintainer(maintainer: &Maintainer) -> Value {
    Value::map([
        ("Name", Value::from(&*maintainer.name)),
        ("Email", Value::from(&*maintainer.email)),
        ("URL", Value::from(&*maintainer.url)),
    ])
}

fn dependency(dependency: &Dependency) -> Value {
    let imports = dependency.import_values.iter().map(import).collect();
    Value::map([
        ("Name", Value::from(&*dependency.name)),
        ("Version", Value::from(&*dependency.version)),
        ("Repository", Value::from(&*dependency.repository)),
        ("Condition", Value::from(&*dependency.condition)),
        ("Tags", texts(&dependency.tags)),
        ("Enabled", Value::from(dependency.enabled)),
        ("ImportValues", Value::list(imports)),
        ("Alias", Value::from(&*dependency.alias)),
    ])
}

fn import(import: &ImportValues) -> Value {
    match import {
        ImportValues::Export(name) => Value::from(name.as_str()),
        ImportValues::Pair { child, parent } => Value::Map(Map::from_entries(
            &MapType::STRINGS,
            [
                ("child", Value::from(child.as_str())),
                ("parent", Value::from(parent.as_str())),
            ],
        )),
        ImportValues::Other(json) => values::from_json(json.clone()),
    }
}

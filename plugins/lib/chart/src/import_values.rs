//! `import-values`: tables of a child that its parent takes over as defaults.

use std::rc::Rc;

use sluice_go_template::{Map, Value};

use crate::chart::Chart;
use crate::coalesce::{CoalesceError, Coalescer};
use crate::metadata::ImportValues;
use crate::values::{deep_copy, table};

/// Imports, the deepest charts first. Every chart with dependencies gets its children's values into its own.
pub(crate) fn import(chart: &mut Chart, warnings: &mut Vec<String>) -> Result<(), CoalesceError> {
    for child in &mut chart.dependencies {
        import(child, warnings)?;
    }
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    let mut coalescer = Coalescer::keeping_nulls();
    let values = coalescer.coalesce(chart, &Map::new())?;
    let imported = Map::new();
    let metadata = Rc::make_mut(&mut chart.metadata);
    for dependency in &mut metadata.dependencies {
        let name = &dependency.name;
        let mut pairs = Vec::new();
        for wanted in &dependency.import_values {
            let (child, parent) = match wanted {
                ImportValues::Export(export) => (format!("exports.{export}"), ".".to_owned()),
                ImportValues::Pair { child, parent } => (child.clone(), parent.clone()),
                ImportValues::Other(_) => continue,
            };
            match table(&values, &format!("{name}.{child}")) {
                Some(found) => coalescer.tables(&imported, &nest(&parent, found), "", true),
                None => warnings.push(format!("import-values: chart {name} has no table {child}")),
            }
            pairs.push(ImportValues::Pair { child, parent });
        }
        dependency.import_values = pairs;
    }
    let values = deep_copy(&values);
    coalescer.tables(&values, &imported, "", true);
    chart.values = values;
    Ok(())
}

/// A table under a path of names.
fn nest(path: &str, table: Map) -> Map {
    if path == "." {
        return table;
    }
    path.rsplit('.').fold(table, |inner, name| {
        let outer = Map::new();
        // a new map takes entries
        let _ = outer.insert(name, Value::Map(inner));
        outer
    })
}

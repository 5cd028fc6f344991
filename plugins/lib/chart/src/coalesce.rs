//! How the values of a user, of a chart and of its subcharts become one table.
//!
//! Maps are shared as they are in Go, since that shows: a subchart's globals are the parent's own maps below the first level.

use std::collections::HashSet;

use sluice_go_template::{Entries, Map, Value};
use thiserror::Error;

use crate::chart::Chart;
use crate::values::deep_copy;

/// The table that all charts share.
const GLOBAL: &str = "global";

/// Values that stand where a subchart's table must be. The value may be secret: its type is told.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("type mismatch on {chart}: a value of type {found} is no table")]
pub struct CoalesceError {
    chart: String,
    found: String,
}

/// Coalesces, and keeps what helm logs meanwhile.
#[derive(Debug, Default)]
pub struct Coalescer {
    /// What helm prints to standard error.
    pub warnings: Vec<String>,
    /// Keep nulls, for values that will be coalesced again.
    merge: bool,
}

impl Coalescer {
    /// Coalesces: nulls delete.
    pub fn new() -> Self {
        Self::default()
    }

    /// Merges: nulls stay.
    pub fn keeping_nulls() -> Self {
        Self {
            merge: true,
            ..Self::default()
        }
    }

    /// The values of a chart, with those of its subcharts in tables of their names. `values` is not changed.
    ///
    /// # Errors
    /// A subchart's name leads to something else than a table.
    pub fn coalesce(&mut self, chart: &Chart, values: &Map) -> Result<Map, CoalesceError> {
        let out = deep_copy(values);
        self.chart(chart, &out, "", self.merge)?;
        Ok(out)
    }

    /// What a release that stands was made of, for one that keeps its values (helm's `--reuse-values`): the values of its
    /// chart below its config. Subcharts are no part of what a release keeps of its chart. Nothing given is changed.
    pub fn former(&mut self, chart: &str, values: &Map, config: &Map) -> Map {
        let out = deep_copy(config);
        self.own_values((chart, &[]), values, &out, ("", self.merge));
        out
    }

    /// The config of a release below the user's values, which win.
    pub fn below(&mut self, user: &Map, config: &Map) -> Map {
        let out = deep_copy(user);
        self.tables(&out, &deep_copy(config), "", self.merge);
        out
    }

    fn chart(&mut self, chart: &Chart, dest: &Map, prefix: &str, merge: bool) -> Result<(), CoalesceError> {
        self.own_values(
            (chart.name(), &chart.dependencies),
            &chart.values,
            dest,
            (prefix, merge),
        );
        self.subcharts(chart, dest, prefix, merge)
    }

    fn own_values(
        &mut self,
        (chart, children): (&str, &[Chart]),
        defaults: &Map,
        dest: &Map,
        (prefix, merge): (&str, bool),
    ) {
        let prefix = concat(prefix, chart);
        let defaults = deep_copy(defaults);
        for (key, default) in defaults.entries() {
            match (dest.get(&key), default) {
                (Some(Value::Nil), _) if !merge => {
                    dest.remove(&key);
                }
                (Some(Value::Map(table)), Value::Map(default)) => {
                    let is_child = children.iter().any(|child| key == *child.name());
                    let merge = merge || is_child;
                    if !merge {
                        clean_nulls(&default);
                    }
                    self.tables(&table, &default, &concat(&prefix, &key.to_lossy()), merge);
                }
                (Some(Value::Map(_)), default) if !default.is_nil() => {
                    self.warn(format!("warning: skipped value for {prefix}.{key}: Not a table."));
                }
                (Some(_), _) => {}
                (None, Value::Nil) if !merge => {}
                (None, default) => {
                    if let (Value::Map(table), false) = (&default, merge) {
                        clean_nulls(table);
                    }
                    set(dest, key, default);
                }
            }
        }
    }

    fn subcharts(
        &mut self,
        chart: &Chart,
        dest: &Map,
        prefix: &str,
        merge: bool,
    ) -> Result<(), CoalesceError> {
        for child in &chart.dependencies {
            let table = match dest.get(child.name()) {
                Some(Value::Map(table)) => table,
                Some(other) => {
                    return Err(CoalesceError {
                        chart: child.name().to_owned(),
                        found: other.type_name().into_owned(),
                    });
                }
                None => {
                    let table = Map::new();
                    set(dest, child.name(), Value::Map(table.clone()));
                    table
                }
            };
            let prefix = concat(prefix, chart.name());
            self.globals(&table, dest, &prefix);
            self.chart(child, &table, &prefix, merge)?;
        }
        Ok(())
    }

    /// The parent's globals win over the child's; below the first level they stay the parent's own maps.
    fn globals(&mut self, dest: &Map, source: &Map, prefix: &str) {
        let mut of = |values: &Map, side: &str| match values.get(GLOBAL) {
            None => Some(Map::new()),
            Some(Value::Map(map)) => Some(map),
            Some(_) => {
                self.warn(format!(
                    "warning: skipping globals because {side} {GLOBAL} is not a table."
                ));
                None
            }
        };
        let (Some(into), Some(from)) = (of(dest, "destination"), of(source, "source")) else {
            return;
        };
        for (key, value) in from.entries() {
            match (value, into.get(&key)) {
                (Value::Map(value), None) => set(&into, key, Value::Map(shallow_copy(&value))),
                (Value::Map(value), Some(Value::Map(own))) => {
                    let merged = shallow_copy(&value);
                    self.tables(&merged, &own, &concat(prefix, &key.to_lossy()), true);
                    set(&into, key, Value::Map(merged));
                }
                (Value::Map(_), Some(_)) => {
                    self.warn(format!(
                        "Conflict: cannot merge map onto non-map for {key:?}. Skipping."
                    ));
                }
                (_, Some(Value::Map(_))) => self.warn(format!("key {key} is table. Skipping")),
                (value, _) => set(&into, key, value),
            }
        }
        set(dest, GLOBAL, Value::Map(into));
    }

    /// Merges `source` into `dest`; what is in `dest` wins. A null there deletes a default unless nulls are kept.
    pub(crate) fn tables(&mut self, dest: &Map, source: &Map, prefix: &str, merge: bool) {
        let keys_of = |map: &Map, null: bool| -> HashSet<sluice_go_template::Str> {
            let wanted = |(key, value): (&sluice_go_template::Str, &Value)| {
                (value.is_nil() == null).then(|| key.clone())
            };
            map.read(|entries| entries.iter().filter_map(wanted).collect())
        };
        let nulls = keys_of(dest, true);
        let defaults = if nulls.is_empty() || merge {
            HashSet::new()
        } else {
            keys_of(source, false)
        };
        for key in nulls {
            set(source, key, Value::Nil);
        }
        for (key, value) in source.entries() {
            let prefix = || concat(prefix, &key.to_lossy());
            match (dest.get(&key), &value) {
                (Some(Value::Nil), _) if !merge && defaults.contains(&key) => {
                    dest.remove(&key);
                }
                (None, _) => set(dest, key, value),
                (Some(Value::Map(own)), Value::Map(value)) => self.tables(&own, value, &prefix(), merge),
                (Some(_), Value::Map(_)) => {
                    self.warn(format!(
                        "warning: cannot overwrite table with non table for {}",
                        prefix()
                    ));
                }
                (Some(Value::Map(_)), value) if !value.is_nil() => {
                    self.warn(format!(
                        "warning: destination for {} is a table. Ignoring non-table value",
                        prefix()
                    ));
                }
                _ => {}
            }
        }
    }

    /// Values may be secret: warnings name keys only.
    fn warn(&mut self, text: String) {
        const MOST: usize = 100;
        if self.warnings.len() < MOST {
            self.warnings.push(text);
        }
    }
}

fn concat(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

/// Sets an entry. Maps of values are never nil, so that this cannot fail.
fn set(map: &Map, key: impl Into<sluice_go_template::Str>, value: Value) {
    let _ = map.insert(key, value);
}

fn shallow_copy(map: &Map) -> Map {
    Map::with_entries(map.kind(), map.read(Entries::clone))
}

fn clean_nulls(map: &Map) {
    for (key, value) in map.entries() {
        match value {
            Value::Nil => {
                map.remove(&key);
            }
            Value::Map(map) => clean_nulls(&map),
            _ => {}
        }
    }
}

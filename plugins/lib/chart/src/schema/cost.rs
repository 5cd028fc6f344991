//! What a check of values costs: schemas that apply schemas twice, level by level, double the work with each level.

use std::collections::HashMap;

use serde_json::Value;

use super::cycle::Graph;

/// Most applications of a schema to a value.
const MAX_STEPS: u64 = 4 << 20;
/// Deepest chain of schemas and values, which the check walks by recursion.
const MAX_DEPTH: usize = 500;

/// Keywords whose schema applies to every entry of a map.
const OF_ENTRIES: [&str; 2] = ["additionalProperties", "unevaluatedProperties"];
/// Keywords whose schema applies to every item of a list.
const OF_ITEMS: [&str; 4] = ["items", "additionalItems", "unevaluatedItems", "contains"];

/// Refuses what would take too many steps (CVE-2025-55199).
pub(super) fn check(graph: &Graph<'_>, schema: &Value, values: &Value) -> Result<(), String> {
    let mut cost = Cost {
        graph,
        known: HashMap::new(),
    };
    cost.of(schema, values, 0).map(|_| ())
}

/// Steps, and the deepest chain.
#[derive(Clone, Copy)]
struct Size {
    steps: u64,
    height: usize,
}

struct Cost<'a, 'g> {
    graph: &'g Graph<'a>,
    known: HashMap<(*const Value, *const Value), Size>,
}

impl<'a> Cost<'a, '_> {
    fn of(&mut self, schema: &'a Value, value: &'a Value, depth: usize) -> Result<Size, String> {
        let key = (std::ptr::from_ref(schema), std::ptr::from_ref(value));
        let known = self.known.get(&key).copied();
        if depth + known.map_or(0, |size| size.height) > MAX_DEPTH {
            return Err(format!(
                "schema and values are nested deeper than {MAX_DEPTH} levels"
            ));
        }
        if let Some(size) = known {
            return Ok(size);
        }
        let mut size = Size { steps: 1, height: 0 };
        let mut add = |own: &mut Self, schema, value| -> Result<(), String> {
            let inner = own.of(schema, value, depth + 1)?;
            size.steps += inner.steps;
            size.height = size.height.max(inner.height + 1);
            if size.steps > MAX_STEPS {
                return Err(format!(
                    "a check of the values would take more than {MAX_STEPS} steps"
                ));
            }
            Ok(())
        };
        for next in self.graph.in_place(schema) {
            add(self, next, value)?;
        }
        for (next, inner) in below(schema, value) {
            add(self, next, inner)?;
        }
        self.known.insert(key, size);
        Ok(size)
    }
}

/// The schemas that apply to what is inside of a value. A pattern of names counts for every name.
fn below<'a>(schema: &'a Value, value: &'a Value) -> Vec<(&'a Value, &'a Value)> {
    let mut found = Vec::new();
    match value {
        Value::Object(entries) => {
            let maps = |keyword| schema.get(keyword).and_then(Value::as_object);
            for (name, next) in maps("properties").into_iter().flatten() {
                found.extend(entries.get(name).map(|inner| (next, inner)));
            }
            let patterns = maps("patternProperties").into_iter().flat_map(|map| map.values());
            let others = OF_ENTRIES.iter().filter_map(|keyword| schema.get(keyword));
            for next in patterns.chain(others) {
                found.extend(entries.values().map(|inner| (next, inner)));
            }
        }
        Value::Array(items) => {
            let lists = ["items", "prefixItems"]
                .into_iter()
                .filter_map(|keyword| schema.get(keyword)?.as_array());
            for list in lists {
                found.extend(list.iter().zip(items));
            }
            for next in OF_ITEMS.iter().filter_map(|keyword| schema.get(keyword)) {
                found.extend(items.iter().map(|inner| (next, inner)));
            }
        }
        _ => {}
    }
    found
}

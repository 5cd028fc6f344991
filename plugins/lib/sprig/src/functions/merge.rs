//! `merge` and `mergeOverwrite`, with the rules of dario.cat/mergo.

use sluice_go_template::{Budget, Error, Kind, Map, Type, Value};

use super::Table;
use super::args::map;

const M: Type = Type::MAP;
/// Deepest nesting that is merged.
const MAX_DEPTH: usize = 500;

pub(super) fn register(table: &mut Table) {
    table.add_variadic(&["merge", "mustMerge"], &[M], M, Type::Any, |context, args| {
        merge_all(context.budget(), args, false)
    });
    table.add_variadic(
        &["mergeOverwrite", "mustMergeOverwrite"],
        &[M],
        M,
        Type::Any,
        |context, args| merge_all(context.budget(), args, true),
    );
}

fn merge_all(budget: &mut Budget, args: &[Value], overwrite: bool) -> Result<Value, Error> {
    // A nil destination becomes a new map as soon as there is a source.
    let given = args
        .first()
        .and_then(Value::as_map)
        .filter(|map| !map.is_nil())
        .cloned();
    let sources: Vec<Map> = (1..args.len()).map(|at| map(args, at)).collect();
    let into = match given {
        Some(map) => map,
        None if sources.is_empty() => return Ok(args.first().cloned().unwrap_or_default()),
        None => Map::new(),
    };
    for source in &sources {
        merge(budget, &into, source, overwrite, 0)?;
    }
    Ok(Value::Map(into))
}

/// mergo's emptiness: as a pointer or interface says what it points to, a struct never is.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(object) => match object.basic() {
            Some(basic) => is_empty(&basic),
            None => object.is_nil(),
        },
        _ => !value.truth(),
    }
}

/// Adds what the destination does not have; `overwrite` prefers the source. Maps on both sides are merged in place, a map on
/// the source's side alone is shared.
fn merge(budget: &mut Budget, into: &Map, from: &Map, overwrite: bool, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new("merge: values are nested too deeply"));
    }
    if into.is_same(from) {
        return Ok(());
    }
    for (key, source) in from.entries() {
        budget.charge_bytes(32)?;
        if source.is_nil() {
            if overwrite {
                into.insert(key, source)?;
            }
            continue;
        }
        let found = into.get(&key);
        if let (Value::Map(source), Some(Value::Map(nested))) = (&source, &found)
            && !nested.is_nil()
        {
            merge(budget, nested, source, overwrite, depth + 1)?;
        }
        let is_slice = source.kind() == Kind::Slice;
        if is_slice && (overwrite || into.is_empty()) {
            into.insert(key.clone(), source.clone())?;
        }
        let keeps = found.as_ref().is_some_and(|found| {
            let both_maps = source.kind() == Kind::Map && found.kind() == Kind::Map;
            !is_empty(found) && (is_slice || both_maps)
        });
        if !keeps && (overwrite || found.as_ref().is_none_or(is_empty)) {
            into.insert(key, source)?;
        }
    }
    Ok(())
}

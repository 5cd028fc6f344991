//! Functions on maps.

use sluice_go_template::{Budget, Entries, Error, List, Map, MapType, Type, Value};

use crate::objects::VersionValue;

use super::args::{any, list_of, map, string_of, text};
use super::{Table, merge};

const A: Type = Type::Any;
const M: Type = Type::MAP;
const S: Type = Type::String;

pub(super) fn register(table: &mut Table) {
    table.add_variadic(&["dict"], &[], A, M, |context, args| {
        let map = Map::new();
        for pair in args.chunks(2) {
            let key = string_of(context, &pair[0])?;
            context.budget().charge_bytes(key.len() as u64 + 32)?;
            map.insert(key, pair.get(1).cloned().unwrap_or_else(|| Value::from("")))?;
        }
        Ok(Value::Map(map))
    });
    table.add("get", &[M, S], A, |_, args| {
        Ok(map(args, 0).get(text(args, 1)).unwrap_or_else(|| Value::from("")))
    });
    table.add("set", &[M, S, A], M, |_, args| {
        let map = given(args)?;
        map.insert(text(args, 1), any(args, 2).clone())?;
        Ok(Value::Map(map))
    });
    table.add("unset", &[M, S], M, |_, args| {
        let map = map(args, 0);
        map.remove(text(args, 1));
        Ok(Value::Map(map))
    });
    table.add("hasKey", &[M, S], Type::Bool, |_, args| {
        Ok(Value::Bool(map(args, 0).contains(text(args, 1))))
    });
    table.add_variadic(&["pluck"], &[S], M, Type::LIST, |_, args| {
        let maps = (1..args.len()).map(|at| map(args, at));
        Ok(Value::list(
            maps.filter_map(|map| map.get(text(args, 0))).collect(),
        ))
    });
    // Go's order is random; by bytes it is the one that charts get by sortAlpha.
    table.add_variadic(&["keys"], &[], M, Type::STRINGS, |context, args| {
        let keys: Vec<_> = (0..args.len()).flat_map(|at| map(args, at).keys()).collect();
        context.budget().charge_bytes(keys.len() as u64 * 32)?;
        Ok(Value::strings(keys))
    });
    table.add("values", &[M], Type::LIST, |_, args| {
        let entries = map(args, 0).entries();
        Ok(Value::list(entries.into_iter().map(|(_, value)| value).collect()))
    });
    table.add_variadic(&["pick"], &[M], S, M, |_, args| {
        let map = map(args, 0);
        let keys = args.iter().skip(1).filter_map(Value::as_str);
        Ok(Value::map(
            keys.filter_map(|key| Some((key.clone(), map.get(key)?))),
        ))
    });
    table.add_variadic(&["omit"], &[M], S, M, |context, args| {
        let unwanted: std::collections::HashSet<&[u8]> =
            args.iter().skip(1).filter_map(Value::as_bytes).collect();
        let mut entries = map(args, 0).entries();
        context.budget().charge_bytes(entries.len() as u64 * 32)?;
        entries.retain(|(key, _)| !unwanted.contains(&**key));
        Ok(Value::map(entries))
    });
    table.add_variadic(&["dig"], &[], A, A, |_, args| dig(args));
    merge::register(table);
    table.add_all(&["deepCopy", "mustDeepCopy"], &[A], A, |context, args| {
        let value = any(args, 0);
        if value.is_nil() {
            let message = "reflect: call of reflect.Value.Type on zero Value";
            return Err(Error::new(message));
        }
        deep_copy(value, context.budget(), 0)
    });
}

/// The map of the first argument; a nil one stays nil and refuses to be changed.
fn given(args: &[Value]) -> Result<Map, Error> {
    let nil = || Map::nil(&MapType::ANY);
    Ok(any(args, 0).as_map().cloned().unwrap_or_else(nil))
}

fn dig(args: &[Value]) -> Result<Value, Error> {
    let [keys @ .., default, last] = args else {
        return Err(Error::new("dig needs at least three arguments"));
    };
    if keys.is_empty() {
        return Err(Error::new("dig needs at least three arguments"));
    }
    let mut at = plain_map(last)?;
    let mut path = Vec::with_capacity(keys.len());
    for key in keys {
        path.push(key.as_str().ok_or_else(|| conversion(key, "string"))?);
    }
    let (last, parents) = path
        .split_last()
        .ok_or_else(|| Error::new("dig needs at least three arguments"))?;
    for key in parents {
        match at.get(key) {
            None => return Ok(default.clone()),
            Some(step) => at = plain_map(&step)?,
        }
    }
    Ok(at.get(last).unwrap_or_else(|| default.clone()))
}

/// Go's type assertion: a map of a named type does not do.
fn plain_map(value: &Value) -> Result<Map, Error> {
    let plain = |map: &&Map| map.kind().name == MapType::ANY.name;
    value
        .as_map()
        .filter(plain)
        .cloned()
        .ok_or_else(|| conversion(value, "map[string]interface {}"))
}

fn conversion(value: &Value, wanted: &str) -> Error {
    let found = if value.is_nil() {
        "nil".into()
    } else {
        value.type_name()
    };
    Error::new(format!(
        "interface conversion: interface {{}} is {found}, not {wanted}"
    ))
}

/// Deepest nesting that is copied.
const MAX_DEPTH: usize = 500;
/// What a copied value costs: its share of memory, with the entry that holds it.
const NODE_BYTES: u64 = 64;

/// Copies maps and lists all the way down.
fn deep_copy(value: &Value, budget: &mut Budget, depth: usize) -> Result<Value, Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new("deepCopy error: value is nested too deeply"));
    }
    budget.charge_bytes(NODE_BYTES)?;
    Ok(match value {
        Value::Map(found) if !found.is_nil() => {
            let mut entries = Entries::new();
            for (key, value) in found.entries() {
                entries.insert(key, deep_copy(&value, budget, depth + 1)?);
            }
            Value::Map(Map::with_entries(found.kind(), entries))
        }
        Value::List(found) if !found.is_nil() => {
            let items = list_of(value, "")?;
            let items: Result<_, Error> = items
                .iter()
                .map(|item| deep_copy(item, budget, depth + 1))
                .collect();
            Value::List(List::typed(found.kind(), items?))
        }
        _ => match value.downcast::<VersionValue>() {
            Some(version) => version.blank(),
            None => value.clone(),
        },
    })
}

//! Functions on lists.

use sluice_go_template::{Context, Error, List, ListType, Str, Type, Value};

use super::args::{any, elements, int, list_of, new_list, nil_pointer};
use super::cast::to_int;
use super::defaults::is_empty;
use super::{Body, Table, deep_equal};

const A: Type = Type::Any;
const L: Type = Type::LIST;

pub(super) fn register(table: &mut Table) {
    table.add_variadic(&["list", "tuple"], &[], A, L, |context, args| {
        new_list(context, args.to_vec())
    });
    register_ends(table);
    let pairs: [(&[&str], &[Type], Type, Body); 4] = [
        (
            &["append", "push", "mustAppend", "mustPush"],
            &[A, A],
            L,
            |context, args| {
                let mut items = list_of(any(args, 0), "Cannot push on type")?;
                items.push(any(args, 1).clone());
                new_list(context, items)
            },
        ),
        (&["prepend", "mustPrepend"], &[A, A], L, |context, args| {
            let mut items = list_of(any(args, 0), "Cannot prepend on type")?;
            items.insert(0, any(args, 1).clone());
            new_list(context, items)
        }),
        (&["reverse", "mustReverse"], &[A], L, |context, args| {
            let mut items = list_of(any(args, 0), "Cannot find reverse on type")?;
            items.reverse();
            new_list(context, items)
        }),
        (&["compact", "mustCompact"], &[A], L, |context, args| {
            let mut items = list_of(any(args, 0), "Cannot compact on type")?;
            items.retain(|item| !is_empty(item));
            new_list(context, items)
        }),
    ];
    for (names, params, result, body) in pairs {
        table.add_all(names, params, result, body);
    }
    table.add_all(&["uniq", "mustUniq"], &[A], L, uniq);
    table.add_all(&["has", "mustHas"], &[A, A], Type::Bool, has);
    table.add_all(
        &["chunk", "mustChunk"],
        &[Type::INT, A],
        Type::List(&ListType::LISTS),
        chunk,
    );
    table.add_variadic(&["without", "mustWithout"], &[A], A, L, without);
    table.add_variadic(&["slice", "mustSlice"], &[A], A, A, slice);
    table.add_variadic(&["concat"], &[], A, A, concat);
}

fn register_ends(table: &mut Table) {
    table.add_all(&["first", "mustFirst"], &[A], A, |_, args| {
        let items = list_of(any(args, 0), "Cannot find first on type")?;
        Ok(items.into_iter().next().unwrap_or_default())
    });
    table.add_all(&["last", "mustLast"], &[A], A, |_, args| {
        let items = list_of(any(args, 0), "Cannot find last on type")?;
        Ok(items.into_iter().next_back().unwrap_or_default())
    });
    table.add_all(&["rest", "mustRest"], &[A], L, |context, args| {
        let mut items = list_of(any(args, 0), "Cannot find rest on type")?;
        if items.is_empty() {
            return Ok(nil_list());
        }
        items.remove(0);
        new_list(context, items)
    });
    table.add_all(&["initial", "mustInitial"], &[A], L, |context, args| {
        let mut items = list_of(any(args, 0), "Cannot find initial on type")?;
        if items.pop().is_none() {
            return Ok(nil_list());
        }
        new_list(context, items)
    });
}

fn nil_list() -> Value {
    Value::List(List::nil(&ListType::ANY))
}

fn contains(context: &mut Context, items: &[Value], wanted: &Value) -> Result<bool, Error> {
    for item in items {
        if deep_equal(context.budget(), wanted, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn uniq(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let mut found: Vec<Value> = Vec::new();
    for item in list_of(any(args, 0), "Cannot find uniq on type")? {
        if !contains(context, &found, &item)? {
            found.push(item);
        }
    }
    new_list(context, found)
}

fn has(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let (wanted, list) = (any(args, 0), any(args, 1));
    if list.is_nil() {
        return Ok(Value::Bool(false));
    }
    let items = list_of(list, "Cannot find has on type")?;
    contains(context, &items, wanted).map(Value::Bool)
}

fn without(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let (list, unwanted) = args.split_first().ok_or_else(nil_pointer)?;
    let mut kept = Vec::new();
    for item in list_of(list, "Cannot find without on type")? {
        if !contains(context, unwanted, &item)? {
            kept.push(item);
        }
    }
    new_list(context, kept)
}

fn chunk(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let items = list_of(any(args, 1), "Cannot chunk type")?;
    context.budget().charge_bytes(items.len() as u64 * 32)?;
    let size = int(args, 0);
    let chunks: Vec<&[Value]> = match usize::try_from(size).unwrap_or_default() {
        0 => chunks_below_one(&items, size)?,
        size => items.chunks(size).collect(),
    };
    let chunks = chunks.into_iter().map(|chunk| Value::list(chunk.to_vec()));
    Ok(Value::List(List::typed(&ListType::LISTS, chunks.collect())))
}

/// What Go's arithmetic makes of a size that is none: chunks are counted by a division of floats, so that a negative size may
/// come to no chunk at all, or to one with the only item.
fn chunks_below_one(items: &[Value], size: i64) -> Result<Vec<&[Value]>, Error> {
    let count = ((items.len() as f64 - 1.0) / size as f64).floor() + 1.0;
    if count == 0.0 {
        return Ok(Vec::new());
    }
    if items.len() == 1 && size < -1 {
        return Ok(vec![items]);
    }
    Err(Error::new("runtime error: makeslice: len out of range"))
}

fn slice(_: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let list = any(args, 0);
    let items = list_of(list, "list should be type of slice or array but")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let bound = |at: usize, default: i64| args.get(at).map_or(default, to_int);
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let (start, end) = (bound(1, 0), bound(2, length));
    if start < 0 || end > length || start > end {
        return Err(Error::new("reflect.Value.Slice: slice index out of bounds"));
    }
    let at = |position: i64| usize::try_from(position).unwrap_or_default();
    let range = at(start)..at(end);
    Ok(match list {
        Value::Bytes(bytes) => Value::Bytes(Str::from(&bytes[range])),
        Value::List(typed) => Value::List(List::typed(typed.kind(), items[range].to_vec())),
        _ => Value::list(items[range].to_vec()),
    })
}

fn concat(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let mut all = Vec::new();
    for list in args {
        if list.is_nil() {
            return Err(nil_pointer());
        }
        let problem = || Error::new(format!("Cannot concat type {} as list", list.kind()));
        all.extend(elements(list).ok_or_else(problem)?);
    }
    if all.is_empty() {
        return Ok(nil_list());
    }
    new_list(context, all)
}

//! Functions on text.

use std::cmp::Ordering;

use sluice_go_template::{Context, Error, Map, MapType, Type, Value, format};

use super::Table;
use super::args::{any, int, new_text, shown, string_of, strings_of, text};
use crate::text::{case, rune, words, wrap};

const S: Type = Type::String;
const I: Type = Type::INT;

pub(super) fn register(table: &mut Table) {
    table.add("hello", &[], S, |_, _| Ok(Value::from("Hello!")));
    register_case(table);
    table.add("trim", &[S], S, |_, args| {
        Ok(Value::from(words::trim_space(text(args, 0))))
    });
    table.add_all(&["trimAll", "trimall"], &[S, S], S, |_, args| {
        Ok(Value::from(words::trim(text(args, 1), text(args, 0))))
    });
    table.add("trimSuffix", &[S, S], S, |_, args| {
        let all = text(args, 1);
        Ok(Value::from(all.strip_suffix(text(args, 0)).unwrap_or(all)))
    });
    table.add("trimPrefix", &[S, S], S, |_, args| {
        let all = text(args, 1);
        Ok(Value::from(all.strip_prefix(text(args, 0)).unwrap_or(all)))
    });
    table.add("contains", &[S, S], Type::Bool, |_, args| {
        Ok(Value::Bool(find(text(args, 1), text(args, 0)).is_some()))
    });
    table.add("hasPrefix", &[S, S], Type::Bool, |_, args| {
        Ok(Value::Bool(text(args, 1).starts_with(text(args, 0))))
    });
    table.add("hasSuffix", &[S, S], Type::Bool, |_, args| {
        Ok(Value::Bool(text(args, 1).ends_with(text(args, 0))))
    });
    table.add("trunc", &[I, S], S, |_, args| {
        Ok(Value::from(truncate(text(args, 1), int(args, 0))))
    });
    table.add("substr", &[I, I, S], S, |_, args| {
        substring(text(args, 2), int(args, 0), int(args, 1)).map(Value::from)
    });
    table.add("abbrev", &[I, S], S, |_, args| {
        let (width, all) = (int(args, 0), text(args, 1));
        Ok(if width < 4 {
            Value::from(all)
        } else {
            Value::from(wrap::abbreviate(all, 0, width))
        })
    });
    table.add("abbrevboth", &[I, I, S], S, |_, args| {
        let (left, right, all) = (int(args, 0), int(args, 1), text(args, 2));
        let kept = right < 4 || (left > 0 && right < 7);
        Ok(if kept {
            Value::from(all)
        } else {
            Value::from(wrap::abbreviate(all, left, right))
        })
    });
    table.add("wrap", &[I, S], S, |context, args| {
        new_text(context, wrap::wrap(text(args, 1), int(args, 0), b"", false))
    });
    table.add("wrapWith", &[I, S, S], S, wrap_with);
    table.add("repeat", &[I, S], S, |context, args| {
        repeat(context, text(args, 1), int(args, 0)).map(Value::from)
    });
    table.add("replace", &[S, S, S], S, replace);
    table.add("plural", &[S, S, I], S, |_, args| {
        Ok(any(args, usize::from(int(args, 2) != 1)).clone())
    });
    table.add("indent", &[I, S], S, |context, args| indent(context, args, b""));
    table.add("nindent", &[I, S], S, |context, args| {
        indent(context, args, b"\n")
    });
    register_quotes(table);
    register_lists(table);
}

fn register_case(table: &mut Table) {
    table.add("upper", &[S], S, |_, args| {
        Ok(Value::from(rune::map(text(args, 0), rune::to_upper)))
    });
    table.add("lower", &[S], S, |_, args| {
        Ok(Value::from(rune::map(text(args, 0), rune::to_lower)))
    });
    table.add("title", &[S], S, |_, args| {
        Ok(Value::from(words::title(text(args, 0))))
    });
    table.add("untitle", &[S], S, |_, args| {
        Ok(Value::from(words::untitle(text(args, 0))))
    });
    table.add("swapcase", &[S], S, |_, args| {
        Ok(Value::from(words::swap_case(text(args, 0))))
    });
    table.add("nospace", &[S], S, |_, args| {
        Ok(Value::from(words::without_space(text(args, 0))))
    });
    table.add("initials", &[S], S, |_, args| {
        Ok(Value::from(words::initials(text(args, 0))))
    });
    table.add("snakecase", &[S], S, |_, args| {
        Ok(Value::from(case::join_words(text(args, 0), '_')))
    });
    table.add("kebabcase", &[S], S, |_, args| {
        Ok(Value::from(case::join_words(text(args, 0), '-')))
    });
    table.add("camelcase", &[S], S, |_, args| {
        Ok(Value::from(case::pascal(text(args, 0))))
    });
}

fn register_quotes(table: &mut Table) {
    table.add("toString", &[Type::Any], S, |context, args| {
        string_of(context, any(args, 0)).map(Value::from)
    });
    table.add_variadic(&["quote"], &[], Type::Any, S, |context, args| {
        joined(context, args, |context, value| {
            let plain = string_of(context, value)?;
            Ok(format::quote(&plain))
        })
    });
    table.add_variadic(&["squote"], &[], Type::Any, S, |context, args| {
        joined(context, args, |context, value| {
            let plain = shown(context, value)?;
            Ok([b"'", plain.as_slice(), b"'"].concat())
        })
    });
    table.add_variadic(&["cat"], &[], Type::Any, S, |context, args| {
        joined(context, args, shown)
    });
}

/// What is not nil, with blanks between.
fn joined(
    context: &mut Context,
    args: &[Value],
    write: impl Fn(&mut Context, &Value) -> Result<Vec<u8>, Error>,
) -> Result<Value, Error> {
    let mut parts = Vec::with_capacity(args.len());
    for value in args.iter().filter(|value| !value.is_nil()) {
        parts.push(write(context, value)?);
    }
    new_text(context, parts.join(&b' '))
}

fn register_lists(table: &mut Table) {
    table.add("toStrings", &[Type::Any], Type::STRINGS, |context, args| {
        if let Value::List(list) = any(args, 0)
            && list.kind().name == "[]string"
        {
            return Ok(any(args, 0).clone());
        }
        Ok(Value::strings(strings_of(context, any(args, 0))?))
    });
    table.add("join", &[S, Type::Any], S, |context, args| {
        let parts = strings_of(context, any(args, 1))?;
        let separators = text(args, 0).len() as u64 * parts.len() as u64;
        context.budget().charge_bytes(separators)?;
        new_text(context, parts.join(text(args, 0)))
    });
    table.add("sortAlpha", &[Type::Any], Type::STRINGS, |context, args| {
        let list = any(args, 0);
        if super::args::elements(list).is_none() {
            return Ok(Value::strings([string_of(context, list)?]));
        }
        if matches!(list, Value::List(found) if found.is_nil() && found.kind().name == "[]string") {
            return Ok(list.clone());
        }
        let mut items = strings_of(context, list)?;
        items.sort_unstable();
        Ok(Value::strings(items))
    });
    table.add("splitList", &[S, S], Type::STRINGS, |context, args| {
        let parts = split(context, text(args, 1), text(args, 0), -1)?;
        Ok(Value::strings(parts))
    });
    table.add("split", &[S, S], Type::STRING_MAP, |context, args| {
        split(context, text(args, 1), text(args, 0), -1).map(numbered)
    });
    table.add("splitn", &[S, I, S], Type::STRING_MAP, |context, args| {
        split(context, text(args, 2), text(args, 0), int(args, 1)).map(numbered)
    });
}

/// Parts under `_0`, `_1` …
fn numbered(parts: Vec<&[u8]>) -> Value {
    let entries = parts
        .into_iter()
        .enumerate()
        .map(|(at, part)| (format!("_{at}"), Value::from(part)));
    Value::Map(Map::from_entries(&MapType::STRINGS, entries))
}

/// `strings.SplitN`: nothing for a count of 0, all parts for a negative one.
fn split<'t>(
    context: &mut Context,
    all: &'t [u8],
    separator: &[u8],
    count: i64,
) -> Result<Vec<&'t [u8]>, Error> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if most == 0 {
        return Ok(parts);
    }
    let mut rest = all;
    while parts.len() + 1 < most {
        let (end, after) = if separator.is_empty() {
            let length = rune::decode(rest).1;
            if length == 0 || length == rest.len() {
                break;
            }
            (length, length)
        } else {
            match find(rest, separator) {
                Some(at) => (at, at + separator.len()),
                None => break,
            }
        };
        parts.push(&rest[..end]);
        rest = &rest[after..];
    }
    if !(separator.is_empty() && all.is_empty()) {
        parts.push(rest);
    }
    context.budget().charge_bytes(parts.len() as u64 * 32)?;
    Ok(parts)
}

fn find(all: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    let first = part[0];
    let mut at = 0;
    while let Some(found) = all.get(at..)?.iter().position(|byte| *byte == first) {
        at += found;
        if all[at..].starts_with(part) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn truncate(all: &[u8], count: i64) -> &[u8] {
    let size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    match count.cmp(&0) {
        Ordering::Less if size < all.len() => &all[all.len() - size..],
        Ordering::Less => all,
        _ => &all[..size.min(all.len())],
    }
}

fn substring(all: &[u8], start: i64, end: i64) -> Result<&[u8], Error> {
    let length = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let out_of_range = |what: String| Error::new(format!("runtime error: slice bounds out of range {what}"));
    let (from, to) = if start < 0 {
        if end < 0 {
            return Err(out_of_range(format!("[:{end}]")));
        }
        if end > length {
            return Err(out_of_range(format!("[:{end}] with length {length}")));
        }
        (0, end)
    } else if end < 0 || end > length {
        (start, length)
    } else {
        (start, end)
    };
    if from > to {
        return Err(out_of_range(format!("[{from}:{to}]")));
    }
    let at = |position: i64| usize::try_from(position).unwrap_or_default();
    Ok(&all[at(from)..at(to)])
}

/// A text many times. The budget pays first.
fn repeat(context: &mut Context, part: &[u8], count: i64) -> Result<Vec<u8>, Error> {
    let Ok(count) = usize::try_from(count) else {
        return Err(Error::new("strings: negative Repeat count"));
    };
    let Some(size) = part.len().checked_mul(count) else {
        return Err(Error::new("strings: Repeat output length overflow"));
    };
    context.budget().charge_bytes(size as u64)?;
    Ok(part.repeat(count))
}

fn wrap_with(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let (width, separator, all) = (int(args, 0).max(1), text(args, 1), text(args, 2));
    let breaks = all.len() as u64 / width.unsigned_abs() + 1;
    context
        .budget()
        .charge_bytes(breaks.saturating_mul(separator.len() as u64))?;
    new_text(context, wrap::wrap(all, width, separator, true))
}

fn replace(context: &mut Context, args: &[Value]) -> Result<Value, Error> {
    let (old, new, all) = (text(args, 0), text(args, 1), text(args, 2));
    let mut out = Vec::with_capacity(all.len());
    if old.is_empty() {
        let count = rune::runes(all).count() as u64 + 1;
        context
            .budget()
            .charge_bytes(count.saturating_mul(new.len() as u64))?;
        for (at, _, length) in rune::positioned(all) {
            out.extend_from_slice(new);
            out.extend_from_slice(&all[at..at + length]);
        }
        out.extend_from_slice(new);
        return new_text(context, out);
    }
    let mut rest = all;
    while let Some(at) = find(rest, old) {
        context.budget().charge_bytes((at + new.len()) as u64)?;
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    out.extend_from_slice(rest);
    Ok(Value::from(out))
}

fn indent(context: &mut Context, args: &[Value], before: &[u8]) -> Result<Value, Error> {
    let (blanks, all) = (repeat(context, b" ", int(args, 0))?, text(args, 1));
    let breaks = all.iter().filter(|byte| **byte == b'\n').count();
    let size = before.len() + all.len() + (breaks + 1).saturating_mul(blanks.len());
    context.budget().charge_bytes(size as u64)?;
    let mut out = Vec::with_capacity(size);
    out.extend_from_slice(before);
    for (at, line) in all.split(|byte| *byte == b'\n').enumerate() {
        if at > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(&blanks);
        out.extend_from_slice(line);
    }
    Ok(Value::from(out))
}

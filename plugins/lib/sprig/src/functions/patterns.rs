//! Functions on regular expressions.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use sluice_go_template::{Context, Error, List, ListType, Type, Value, format};

use super::Table;
use super::args::{int, new_text, text};
use crate::pattern::{Pattern, PatternError, quote_meta};

const S: Type = Type::String;
const I: Type = Type::INT;

/// Compiled patterns that are kept; charts use few, in loops.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<HashMap<Vec<u8>, Rc<Pattern>>> = RefCell::default();
}

/// Compiles a pattern. The budget pays for the work, and for each search through a text.
fn compile(
    context: &mut Context,
    args: &[Value],
    searched: usize,
) -> Result<Result<Rc<Pattern>, PatternError>, Error> {
    let pattern = text(args, 0);
    context
        .budget()
        .charge_steps((pattern.len() + text(args, searched).len()) as u64 / 16 + 1)?;
    if let Some(found) = COMPILED.with_borrow(|kept| kept.get(pattern).cloned()) {
        return Ok(Ok(found));
    }
    context.budget().charge_steps(pattern.len() as u64 * 64)?;
    let compiled = match Pattern::compile(pattern) {
        Ok(compiled) => Rc::new(compiled),
        Err(error) => return Ok(Err(error)),
    };
    COMPILED.with_borrow_mut(|kept| {
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_vec(), Rc::clone(&compiled));
    });
    Ok(Ok(compiled))
}

/// As the functions that panic.
fn must_compile(context: &mut Context, args: &[Value]) -> Result<Rc<Pattern>, Error> {
    let problem = |error: PatternError| {
        let shown = if can_be_in_backquotes(text(args, 0)) {
            [b"`", text(args, 0), b"`"].concat()
        } else {
            format::quote(text(args, 0))
        };
        Error::new(format!(
            "regexp: Compile({}): {error}",
            String::from_utf8_lossy(&shown)
        ))
    };
    compile(context, args, 1)?.map_err(problem)
}

/// As the functions that return their error.
fn try_compile(context: &mut Context, args: &[Value]) -> Result<Rc<Pattern>, Error> {
    compile(context, args, 1)?.map_err(|error| Error::new(error.to_string()))
}

fn can_be_in_backquotes(pattern: &[u8]) -> bool {
    std::str::from_utf8(pattern).is_ok_and(|pattern| {
        !pattern
            .chars()
            .any(|found| matches!(found, '`' | '\x7F' | '\u{FEFF}') || (found < ' ' && found != '\t'))
    })
}

type Compile = fn(&mut Context, &[Value]) -> Result<Rc<Pattern>, Error>;

pub(super) fn register(table: &mut Table) {
    table.add("regexMatch", &[S, S], Type::Bool, |context, args| {
        let compiled = compile(context, args, 1)?;
        Ok(Value::Bool(
            compiled.is_ok_and(|pattern| pattern.is_match(text(args, 1))),
        ))
    });
    table.add("mustRegexMatch", &[S, S], Type::Bool, |context, args| {
        Ok(Value::Bool(try_compile(context, args)?.is_match(text(args, 1))))
    });
    table.add("regexQuoteMeta", &[S], S, |context, args| {
        new_text(context, quote_meta(text(args, 0)))
    });
    table.add("regexFind", &[S, S], S, |context, args| {
        find(context, args, must_compile)
    });
    table.add("mustRegexFind", &[S, S], S, |context, args| {
        find(context, args, try_compile)
    });
    table.add("regexFindAll", &[S, S, I], Type::STRINGS, |context, args| {
        find_all(context, args, must_compile)
    });
    table.add("mustRegexFindAll", &[S, S, I], Type::STRINGS, |context, args| {
        find_all(context, args, try_compile)
    });
    table.add("regexSplit", &[S, S, I], Type::STRINGS, |context, args| {
        split(context, args, must_compile)
    });
    table.add("mustRegexSplit", &[S, S, I], Type::STRINGS, |context, args| {
        split(context, args, try_compile)
    });
    table.add("regexReplaceAll", &[S, S, S], S, |context, args| {
        replace(context, args, must_compile)
    });
    table.add("mustRegexReplaceAll", &[S, S, S], S, |context, args| {
        replace(context, args, try_compile)
    });
    table.add("regexReplaceAllLiteral", &[S, S, S], S, |context, args| {
        literal(context, args, must_compile)
    });
    table.add("mustRegexReplaceAllLiteral", &[S, S, S], S, |context, args| {
        literal(context, args, try_compile)
    });
}

fn find(context: &mut Context, args: &[Value], compile: Compile) -> Result<Value, Error> {
    Ok(Value::from(compile(context, args)?.find(text(args, 1))))
}

fn strings(context: &mut Context, parts: Vec<&[u8]>) -> Result<Value, Error> {
    context.budget().charge_bytes(parts.len() as u64 * 32)?;
    Ok(Value::strings(parts))
}

fn find_all(context: &mut Context, args: &[Value], compile: Compile) -> Result<Value, Error> {
    let found = compile(context, args)?.find_all(text(args, 1), int(args, 2));
    if found.is_empty() {
        return Ok(Value::List(List::nil(&ListType::STRINGS)));
    }
    let parts = found
        .into_iter()
        .map(|(start, end)| &text(args, 1)[start..end])
        .collect();
    strings(context, parts)
}

fn split(context: &mut Context, args: &[Value], compile: Compile) -> Result<Value, Error> {
    let pattern = compile(context, args)?;
    match pattern.split(text(args, 1), int(args, 2)) {
        Some(parts) => strings(context, parts),
        None => Ok(Value::List(List::nil(&ListType::STRINGS))),
    }
}

/// What replacing everywhere may add: a replacement at every position.
fn charge_replacing(context: &mut Context, args: &[Value], pattern: &Pattern) -> Result<(), Error> {
    let (all, new) = (text(args, 1), text(args, 2));
    if (all.len() as u64).saturating_mul(new.len() as u64) > 1 << 20 {
        let matches = pattern.find_all(all, -1).len() as u64;
        context
            .budget()
            .charge_bytes(matches.saturating_mul(new.len() as u64))?;
    }
    Ok(())
}

fn replace(context: &mut Context, args: &[Value], compile: Compile) -> Result<Value, Error> {
    let pattern = compile(context, args)?;
    charge_replacing(context, args, &pattern)?;
    let groups = text(args, 2).iter().filter(|byte| **byte == b'$').count() as u64;
    context
        .budget()
        .charge_bytes(groups.saturating_mul(text(args, 1).len() as u64))?;
    new_text(context, pattern.replace_all(text(args, 1), text(args, 2)))
}

fn literal(context: &mut Context, args: &[Value], compile: Compile) -> Result<Value, Error> {
    let pattern = compile(context, args)?;
    charge_replacing(context, args, &pattern)?;
    new_text(context, pattern.replace_all_literal(text(args, 1), text(args, 2)))
}

//! From text to [`Template`]s: lexer, parser, literals.

mod action;
mod lexer;
mod literal;
mod names;
mod number;
mod pipeline;
mod token;
mod tree;

use std::rc::Rc;

use crate::ast::{Source, Template};
use crate::error::Error;
use crate::function::Functions;
use crate::value::Str;

pub(crate) use names::Names;

/// How deep control structures may be nested in one text.
pub(crate) const NESTING_LIMIT: usize = 100;
/// How deep parentheses may be nested (Go: 10,000, or 1,000 where it runs as WebAssembly).
pub(crate) const PAREN_LIMIT: usize = 50;

/// Parses a text: the template of this name first, then what it defines.
pub(crate) fn parse(
    name: &str,
    text: Str,
    functions: &Functions,
    names: &mut Names,
    size_limit: usize,
) -> Result<Vec<Rc<Template>>, Error> {
    if text.len() > size_limit.min(u32::MAX as usize / 2) {
        let message = format!(
            "template: {name}:1: text of {} bytes exceeds the limit of {size_limit}",
            text.len()
        );
        return Err(Error::build(crate::ErrorKind::Parse, message, None));
    }
    let source = Rc::new(Source {
        name: name.to_owned(),
        text,
    });
    tree::Parser::new(&source, functions, names).run()
}

#[cfg(test)]
mod tests;

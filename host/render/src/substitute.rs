//! `spec.postBuild`: variables in rendered objects, in the grammar of Flux's envsubst.
//!
//! An object is written as YAML, its expressions are replaced, and the text is read again: so a value may change its
//! type, as users of Flux expect.

mod case;
mod evaluate;
mod glob;
mod grammar;
mod scanner;

pub use evaluate::{EvaluateError, Variables};
pub use grammar::SyntaxError;

use evaluate::Evaluator;
use grammar::Parser;

/// Largest text of one object, before and after, in bytes; the API server takes 3 MiB.
pub const MAX_TEXT: usize = 4 << 20;

/// Most steps that the expressions of one text may take, about one a byte that is looked at.
const MAX_STEPS: usize = 1 << 25;

/// A text cannot be substituted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteError {
    /// The name of a variable is not one.
    #[error("'{name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")]
    Name {
        /// As given.
        name: String,
    },
    /// An expression is malformed.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// An expression has no value.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

/// Checks the names of variables, also of those that nothing uses.
///
/// # Errors
/// The first name that is not one.
pub fn check_names(variables: &Variables) -> Result<(), SubstituteError> {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes
            .next()
            .is_some_and(|first| first == b'_' || first.is_ascii_alphabetic())
            && bytes.all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    };
    match variables.keys().find(|name| !is_name(name)) {
        Some(name) => Err(SubstituteError::Name { name: name.clone() }),
        None => Ok(()),
    }
}

/// Replaces the expressions of a text.
///
/// # Errors
/// An expression is malformed, or in strict mode a variable without default is not set.
pub fn substitute(text: &str, variables: &Variables, strict: bool) -> Result<String, SubstituteError> {
    if text.len() > MAX_TEXT {
        return Err(EvaluateError::TooLarge { limit: MAX_TEXT }.into());
    }
    let mut evaluator = Evaluator {
        variables,
        strict,
        limit: MAX_TEXT,
        budget: MAX_STEPS,
    };
    let mut parser = Parser::new(text);
    let mut out = String::with_capacity(text.len());
    while let Some(piece) = parser.next_piece()? {
        evaluator.append(&mut out, &piece)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests;

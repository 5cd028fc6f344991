//! CEL as Flux's controllers have it: the standard library with optional values and the extensions for strings, sets
//! and encoders.
//!
//! [`Expression::parse`] takes any names as variables and leaves types to the evaluation (`healthCheckExprs`);
//! [`Expression::compile`] knows its variables and refuses what cannot be a boolean (`readyExpr`). Expressions come from
//! tenants: length and depth are limited when they are read, and an evaluation ends with an error after a number of
//! steps that bounds its time and memory ([decision 12](../../../docs/decisions/0012-cel-of-our-own.md)).

mod ast;
mod budget;
mod check;
mod constant;
pub mod error;
mod eval;
mod function;
mod json;
mod lexer;
mod macros;
mod parser;
mod quoted;
mod value;
mod variables;

use ast::Expr;
pub use error::{EvaluationError, ExpressionError};
use error::{cut, position};
pub use parser::{MAX_DEPTH, MAX_LENGTH};
pub use value::{Key, Value};
pub use variables::Variables;

/// A parsed expression.
#[derive(Debug, Clone)]
pub struct Expression {
    source: String,
    root: Expr,
}

impl Expression {
    /// Reads an expression; names and types are looked at when it is evaluated.
    ///
    /// # Errors
    /// It is no expression, too long or too deep.
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        let root = parser::parse(source).map_err(|(at, reason)| {
            let (line, column) = position(source, at);
            let expression = cut(source);
            ExpressionError::Syntax {
                expression,
                line,
                column,
                reason,
            }
        })?;
        let source = source.to_owned();
        Ok(Self { source, root })
    }

    /// Reads an expression over these variables, all of them maps with text as keys, and checks that it is a boolean.
    ///
    /// # Errors
    /// It is no expression, names something else, uses a function with types that it does not take, or has another
    /// result.
    pub fn compile(source: &str, variables: &[&str]) -> Result<Self, ExpressionError> {
        let expression = Self::parse(source)?;
        let found = check::check(&expression.root, variables).map_err(|(at, reason)| {
            let (line, column) = position(source, at);
            let expression = cut(source);
            ExpressionError::Check {
                expression,
                line,
                column,
                reason,
            }
        })?;
        if found != check::Type::Bool {
            return Err(ExpressionError::Output {
                expected: "bool",
                found: found.to_string(),
            });
        }
        Ok(expression)
    }

    /// Its text.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Its value.
    ///
    /// # Errors
    /// A step failed, or there were too many.
    pub fn evaluate(&self, variables: &Variables<'_>) -> Result<Value, ExpressionError> {
        let value = eval::Evaluation::new(variables).eval(&self.root);
        value.map_err(|source| {
            let expression = cut(&self.source);
            ExpressionError::Evaluation { expression, source }
        })
    }

    fn result<T>(
        &self,
        wanted: &'static str,
        variables: &Variables<'_>,
        take: impl FnOnce(&Value) -> Option<T>,
    ) -> Result<T, ExpressionError> {
        let value = self.evaluate(variables)?;
        take(&value).ok_or_else(|| ExpressionError::Result {
            expression: cut(&self.source),
            wanted,
            found: value.type_name().to_owned(),
        })
    }

    /// Its value, which must be a boolean.
    ///
    /// # Errors
    /// A step failed, or the value is no boolean.
    pub fn is_true(&self, variables: &Variables<'_>) -> Result<bool, ExpressionError> {
        self.result("boolean", variables, |value| match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        })
    }

    /// Its value, which must be a text.
    ///
    /// # Errors
    /// A step failed, or the value is no text.
    pub fn text(&self, variables: &Variables<'_>) -> Result<String, ExpressionError> {
        self.result("string", variables, |value| match value {
            Value::String(text) => Some(text.to_string()),
            _ => None,
        })
    }
}

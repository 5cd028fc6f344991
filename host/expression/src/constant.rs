//! Calls with constant arguments that can never succeed make an expression invalid, rather than fail each evaluation:
//! `timestamp('tomorrow')`, `x.matches('(')`.

use crate::ast::{Expr, Node};
use crate::budget::Budget;
use crate::function;
use crate::parser::SyntaxError;
use crate::value::Value;

const CONVERSIONS: [&str; 8] = [
    "bool",
    "bytes",
    "double",
    "duration",
    "int",
    "string",
    "timestamp",
    "uint",
];

/// Tries what a call does with its constants.
pub(crate) fn check(
    at: usize,
    function: &str,
    target: Option<&Expr>,
    args: &[Expr],
) -> Result<(), SyntaxError> {
    let literal = |expr: &Expr| match &expr.node {
        Node::Literal(value) => Some(value.clone()),
        _ => None,
    };
    let Some(last) = args.last().and_then(literal) else {
        return Ok(());
    };
    let tried = match (function, target, args.len()) {
        (name, None, 1) if CONVERSIONS.contains(&name) => {
            function::call(name, false, &[last], &mut Budget::default())
        }
        ("matches", Some(_), 1) | ("matches", None, 2) => {
            function::call("matches", false, &[Value::text(""), last], &mut Budget::default())
        }
        _ => return Ok(()),
    };
    tried.map(drop).map_err(|error| (at, error.to_string()))
}

//! The functions of `text/template` itself.

mod compare;
mod escape;
mod index;

use crate::context::Context;
use crate::error::Error;
use crate::format;
use crate::operand::Operand;
use crate::value::{Type, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Call,
    Eq,
    Ge,
    Gt,
    Html,
    Index,
    Js,
    Le,
    Len,
    Lt,
    Ne,
    Not,
    Or,
    Print,
    Printf,
    Println,
    Slice,
    Urlquery,
}

impl Builtin {
    pub fn find(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"and" => Self::And,
            b"call" => Self::Call,
            b"eq" => Self::Eq,
            b"ge" => Self::Ge,
            b"gt" => Self::Gt,
            b"html" => Self::Html,
            b"index" => Self::Index,
            b"js" => Self::Js,
            b"le" => Self::Le,
            b"len" => Self::Len,
            b"lt" => Self::Lt,
            b"ne" => Self::Ne,
            b"not" => Self::Not,
            b"or" => Self::Or,
            b"print" => Self::Print,
            b"printf" => Self::Printf,
            b"println" => Self::Println,
            b"slice" => Self::Slice,
            b"urlquery" => Self::Urlquery,
            _ => return None,
        })
    }

    /// Number of fixed parameters, and whether there may be more arguments.
    pub fn arity(self) -> (usize, bool) {
        match self {
            Self::Html | Self::Js | Self::Urlquery | Self::Print | Self::Println => (0, true),
            Self::And | Self::Or | Self::Call | Self::Eq | Self::Index | Self::Printf | Self::Slice => {
                (1, true)
            }
            Self::Len | Self::Not => (1, false),
            Self::Ge | Self::Gt | Self::Le | Self::Lt | Self::Ne => (2, false),
        }
    }

    /// The type of the parameter at a position.
    pub fn param(self, at: usize) -> Type {
        match self {
            Self::Printf if at == 0 => Type::String,
            Self::Html | Self::Js | Self::Urlquery | Self::Print | Self::Printf | Self::Println => Type::Any,
            _ => Type::Reflect,
        }
    }

    /// Calls it; `and`, `or` and `call` are the executor's.
    pub fn invoke(self, context: &mut Context, args: &[Operand]) -> Result<Operand, Error> {
        let first = args.first().unwrap_or(&Operand::INVALID);
        let second = args.get(1).unwrap_or(&Operand::INVALID);
        let value = match self {
            Self::Index => return index::index(first, args.get(1..).unwrap_or_default()),
            Self::Slice => return index::slice(first, args.get(1..).unwrap_or_default()),
            Self::Len => Value::int(index::length(first)? as i64),
            Self::Not => Value::Bool(!first.value.truth()),
            Self::Eq => Value::Bool(compare::eq(
                context,
                &first.value,
                args.get(1..).unwrap_or_default(),
            )?),
            Self::Ne => Value::Bool(!compare::eq(context, &first.value, std::slice::from_ref(second))?),
            Self::Lt => Value::Bool(compare::lt(&first.value, &second.value)?),
            Self::Le => Value::Bool(compare::le(context, first, second)?),
            Self::Gt => Value::Bool(!compare::le(context, first, second)?),
            Self::Ge => Value::Bool(!compare::lt(&first.value, &second.value)?),
            Self::Html => Value::from(escape::html(&escape::text(context, args)?)),
            Self::Js => Value::from(escape::js(&escape::text(context, args)?)),
            Self::Urlquery => Value::from(escape::query(&escape::text(context, args)?)),
            Self::Print => Value::from(format::sprint(context.budget(), &values(args))?),
            Self::Println => Value::from(format::sprintln(context.budget(), &values(args))?),
            Self::Printf => {
                let format = first.value.as_bytes().unwrap_or_default();
                let args = values(args.get(1..).unwrap_or_default());
                Value::from(format::sprintf(context.budget(), format, &args)?)
            }
            Self::And | Self::Or | Self::Call => Value::Nil,
        };
        Ok(Operand::plain(value))
    }
}

pub(crate) fn values(args: &[Operand]) -> Vec<Value> {
    args.iter().map(|arg| arg.value.clone()).collect()
}

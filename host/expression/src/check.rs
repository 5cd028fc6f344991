//! The type check of a compiled expression: every name is known, every call has an overload for its types. Parts of
//! variables are of any type, so that they fit everywhere and are looked at when the expression is evaluated.

mod signature;
mod types;

use std::sync::Arc;

use crate::ast::{Access, Entry, Expr, Fold, FoldKind, Item, Node};
use crate::eval::TYPES;
use crate::function;
use crate::parser::SyntaxError;
use crate::value::Value;
pub(crate) use types::Type;

type Result<T> = std::result::Result<T, SyntaxError>;

/// The type of an expression over variables that are maps.
pub(crate) fn check(expr: &Expr, variables: &[&str]) -> Result<Type> {
    let known = variables
        .iter()
        .map(|name| ((*name).into(), Type::map(Type::String, Type::Dyn)))
        .collect();
    let mut checker = Checker { known, mixed: 0 };
    checker.check(expr)
}

struct Checker {
    /// Variables, then names that macros bind, innermost last.
    known: Vec<(Arc<str>, Type)>,
    /// Above zero inside the arguments of `format`, whose lists may hold anything.
    mixed: usize,
}

fn literal(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Uint(_) => Type::Uint,
        Value::Double(_) => Type::Double,
        Value::String(_) => Type::String,
        Value::Bytes(_) => Type::Bytes,
        _ => Type::Dyn,
    }
}

impl Checker {
    fn check(&mut self, expr: &Expr) -> Result<Type> {
        match &expr.node {
            Node::Literal(value) => Ok(literal(value)),
            Node::Ident(name) => self.name(expr.at, name),
            Node::Select { of, field, how } => self.select(expr, of, field, *how),
            Node::Index { of, key, optional } => self.index(expr.at, of, key, *optional),
            Node::Call {
                function,
                target,
                args,
            } => self.call(expr.at, function, target.as_deref(), args),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Logic { decides, terms } => {
                for term in terms {
                    self.want(term, &Type::Bool, if *decides { "_||_" } else { "_&&_" })?;
                }
                Ok(Type::Bool)
            }
            Node::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                self.want(condition, &Type::Bool, "_?_:_")?;
                let (yes, no) = (self.check(yes)?, self.check(no)?);
                yes.join(&no).ok_or_else(|| {
                    let types = format!("'(bool, {yes}, {no})'");
                    (
                        expr.at,
                        format!("found no matching overload for '_?_:_' applied to {types}"),
                    )
                })
            }
            Node::Fold(fold) => self.fold(fold),
        }
    }

    fn want(&mut self, expr: &Expr, wanted: &Type, function: &str) -> Result<()> {
        let found = self.check(expr)?;
        if found.fits(wanted) {
            return Ok(());
        }
        Err((
            expr.at,
            format!("found no matching overload for '{function}' applied to '({found})'"),
        ))
    }

    fn lookup(&self, name: &str) -> Option<&Type> {
        let mut known = self.known.iter().rev();
        known
            .find(|(known, _)| known.as_ref() == name)
            .map(|(_, found)| found)
    }

    fn name(&self, at: usize, name: &str) -> Result<Type> {
        if let Some(found) = self.lookup(name) {
            return Ok(found.clone());
        }
        if TYPES.contains(&name) {
            return Ok(Type::Type);
        }
        Err((at, format!("undeclared reference to '{name}'")))
    }

    fn select(&mut self, whole: &Expr, of: &Expr, field: &str, how: Access) -> Result<Type> {
        if how == Access::Plain
            && let Some(name) = whole.dotted()
            && TYPES.contains(&name.as_str())
            && self.lookup("google").is_none()
        {
            return Ok(Type::Type);
        }
        let of_type = self.check(of)?;
        let (inner, chained) = match of_type {
            Type::Optional(inner) => (*inner, true),
            other => (other, false),
        };
        let found = match inner {
            Type::Dyn => Type::Dyn,
            Type::Map(_, value) => *value,
            other => {
                return Err((
                    whole.at,
                    format!("type '{other}' does not support field selection of '{field}'"),
                ));
            }
        };
        Ok(match how {
            Access::Test => Type::Bool,
            Access::Optional => Type::optional(found),
            Access::Plain if chained => Type::optional(found),
            Access::Plain => found,
        })
    }

    fn index(&mut self, at: usize, of: &Expr, key: &Expr, optional: bool) -> Result<Type> {
        let (of, key) = (self.check(of)?, self.check(key)?);
        let (inner, chained) = match &of {
            Type::Optional(inner) => (inner.as_ref(), true),
            other => (other, false),
        };
        let found = match inner {
            Type::Dyn => Some(Type::Dyn),
            Type::List(item) if key.fits(&Type::Int) => Some(item.as_ref().clone()),
            Type::Map(known, value) if key.fits(known) => Some(value.as_ref().clone()),
            _ => None,
        };
        let found = found.ok_or_else(|| {
            (
                at,
                format!("found no matching overload for '_[_]' applied to '({of}, {key})'"),
            )
        })?;
        Ok(if optional || chained {
            Type::optional(found)
        } else {
            found
        })
    }

    fn call(&mut self, at: usize, function: &str, target: Option<&Expr>, args: &[Expr]) -> Result<Type> {
        let mut types = Vec::with_capacity(args.len() + 1);
        let mut name = function.to_owned();
        let mut is_member = false;
        if let Some(target) = target {
            let namespace = target.dotted();
            let full = namespace
                .as_ref()
                .map(|namespace| format!("{namespace}.{function}"));
            match full.filter(|full| function::is_namespaced(full)) {
                Some(full) if namespace.is_some_and(|name| self.lookup(&name).is_none()) => name = full,
                _ => {
                    types.push(self.check(target)?);
                    is_member = true;
                }
            }
        }
        self.mixed += usize::from(function == "format");
        for arg in args {
            types.push(self.check(arg)?);
        }
        self.mixed -= usize::from(function == "format");
        signature::resolve(&name, is_member, &types).map_err(|reason| (at, reason))
    }

    /// Elements of a literal have one type (`HomogeneousAggregateLiterals`).
    fn joined(&self, known: Option<Type>, at: usize, next: Type) -> Result<Option<Type>> {
        let Some(known) = known else { return Ok(Some(next)) };
        let same = (known == Type::Dyn) == (next == Type::Dyn);
        match known.join(&next).filter(|_| same) {
            Some(joined) => Ok(Some(joined)),
            None if self.mixed > 0 => Ok(Some(Type::Dyn)),
            None => Err((at, format!("expected type '{known}' but found '{next}'"))),
        }
    }

    fn list(&mut self, items: &[Item]) -> Result<Type> {
        let mut element = None;
        for item in items {
            let mut found = self.check(&item.value)?;
            if item.optional {
                found = unwrapped(found, item.value.at)?;
            }
            element = self.joined(element, item.value.at, found)?;
        }
        Ok(Type::list(element.unwrap_or(Type::Dyn)))
    }

    fn map(&mut self, entries: &[Entry]) -> Result<Type> {
        let (mut key, mut value) = (None, None);
        for entry in entries {
            let found = self.check(&entry.key)?;
            key = self.joined(key, entry.key.at, found)?;
            let mut found = self.check(&entry.value)?;
            if entry.optional {
                found = unwrapped(found, entry.value.at)?;
            }
            value = self.joined(value, entry.value.at, found)?;
        }
        Ok(Type::map(key.unwrap_or(Type::Dyn), value.unwrap_or(Type::Dyn)))
    }

    fn fold(&mut self, fold: &Fold) -> Result<Type> {
        let range = self.check(&fold.range)?;
        let is_optional = matches!(fold.kind, FoldKind::OptMap | FoldKind::OptFlatMap);
        let element = match (range, is_optional) {
            (Type::Dyn, _) => Type::Dyn,
            (Type::List(item), false) => *item,
            (Type::Map(key, _), false) => *key,
            (Type::Optional(value), true) => *value,
            (other, _) => {
                let reason = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)"
                );
                return Err((fold.range.at, reason));
            }
        };
        self.known.push((fold.variable.clone(), element.clone()));
        let result = self.body(fold, element);
        self.known.pop();
        result
    }

    fn body(&mut self, fold: &Fold, element: Type) -> Result<Type> {
        if let Some(filter) = &fold.filter {
            self.want(filter, &Type::Bool, "_?_:_")?;
        }
        match fold.kind {
            FoldKind::All | FoldKind::Exists | FoldKind::ExistsOne => {
                self.want(&fold.body, &Type::Bool, "_&&_")?;
                Ok(Type::Bool)
            }
            FoldKind::Filter => {
                self.want(&fold.body, &Type::Bool, "_?_:_")?;
                Ok(Type::list(element))
            }
            FoldKind::Map => Ok(Type::list(self.check(&fold.body)?)),
            FoldKind::OptMap => Ok(Type::optional(self.check(&fold.body)?)),
            FoldKind::OptFlatMap => {
                let found = self.check(&fold.body)?;
                Ok(Type::optional(unwrapped(found, fold.body.at)?))
            }
        }
    }
}

fn unwrapped(found: Type, at: usize) -> Result<Type> {
    match found {
        Type::Optional(inner) => Ok(*inner),
        Type::Dyn => Ok(Type::Dyn),
        other => Err((
            at,
            format!("expected type 'optional_type(dyn)' but found '{other}'"),
        )),
    }
}

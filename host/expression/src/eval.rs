//! Evaluates a tree over variables, step by step within the budget.

mod access;
mod fold;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::ast::{Entry, Expr, Item, Node};
use crate::budget::Budget;
use crate::error::EvaluationError;
use crate::function;
use crate::json;
use crate::value::{Key, Value};
use crate::variables::Variables;

type Result<T> = std::result::Result<T, EvaluationError>;

/// One evaluation.
pub(crate) struct Evaluation<'a> {
    variables: &'a Variables<'a>,
    /// Variables that were used, taken over from JSON once.
    known: HashMap<Arc<str>, Value>,
    /// Names that macros have bound, innermost last.
    bound: Vec<(Arc<str>, Value)>,
    pub(crate) budget: Budget,
}

/// The names of types, which are values too.
pub(crate) const TYPES: [&str; 13] = [
    "bool",
    "bytes",
    "double",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "int",
    "list",
    "map",
    "null_type",
    "optional_type",
    "string",
    "type",
    "uint",
];

pub(crate) fn overload(function: &str, args: &[&Value]) -> EvaluationError {
    let types: Vec<&str> = args.iter().map(|arg| arg.type_name()).collect();
    EvaluationError::NoSuchOverload {
        function: function.to_owned(),
        types: types.join(", "),
    }
}

impl<'a> Evaluation<'a> {
    pub(crate) fn new(variables: &'a Variables<'a>) -> Self {
        Self {
            variables,
            known: HashMap::new(),
            bound: Vec::new(),
            budget: Budget::default(),
        }
    }

    pub(crate) fn eval(&mut self, expr: &Expr) -> Result<Value> {
        self.budget.spend(1)?;
        match &expr.node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Ident(name) => self.name(name),
            Node::Select { of, field, how } => self.select(expr, of, field, *how),
            Node::Index { of, key, optional } => self.index(of, key, *optional),
            Node::Call {
                function,
                target,
                args,
            } => self.call(function, target.as_deref(), args),
            Node::List(items) => self.list(items),
            Node::Map(entries) => self.map(entries),
            Node::Logic { decides, terms } => self.logic(*decides, terms),
            Node::If(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let chosen = if self.condition("_?_:_", condition)? {
                    yes
                } else {
                    no
                };
                self.eval(chosen)
            }
            Node::Fold(fold) => self.fold(fold),
        }
    }

    /// A boolean that decides what comes next.
    fn condition(&mut self, function: &str, expr: &Expr) -> Result<bool> {
        match self.eval(expr)? {
            Value::Bool(value) => Ok(value),
            other => Err(overload(function, &[&other])),
        }
    }

    fn name(&mut self, name: &Arc<str>) -> Result<Value> {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(value.clone());
        }
        if let Some(value) = self.known.get(name) {
            return Ok(value.clone());
        }
        if let Some(json) = self.variables.get(name) {
            let value = json::value(json, &mut self.budget)?;
            self.known.insert(name.clone(), value.clone());
            return Ok(value);
        }
        if TYPES.contains(&name.as_ref()) {
            return Ok(Value::Type(name.clone()));
        }
        Err(EvaluationError::NoSuchAttribute(name.to_string()))
    }

    /// Whether a name stands for a value, so that a dotted name that begins with it is no name of a function or type.
    fn is_value(&self, name: &str) -> bool {
        self.bound.iter().any(|(bound, _)| bound.as_ref() == name) || self.variables.get(name).is_some()
    }

    /// A whole chain of `&&` or `||`: `decides` decides it, whatever fails beside it.
    fn logic(&mut self, decides: bool, terms: &[Expr]) -> Result<Value> {
        let mut failed = None;
        for term in terms {
            match self.eval(term) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(other) => {
                    let sign = if decides { "_||_" } else { "_&&_" };
                    failed.get_or_insert_with(|| overload(sign, &[&other]));
                }
                Err(error @ EvaluationError::TooCostly(_)) => return Err(error),
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn call(&mut self, function: &str, target: Option<&Expr>, args: &[Expr]) -> Result<Value> {
        let mut values = Vec::with_capacity(args.len() + 1);
        let mut function = std::borrow::Cow::Borrowed(function);
        let mut is_member = false;
        if let Some(target) = target {
            match self.namespaced(target, &function) {
                Some(full) => function = full.into(),
                None => {
                    values.push(self.eval(target)?);
                    is_member = true;
                }
            }
        }
        for arg in args {
            values.push(self.eval(arg)?);
        }
        function::call(&function, is_member, &values, &mut self.budget)
    }

    /// The full name of a function in a namespace, such as `base64.encode`.
    fn namespaced(&self, target: &Expr, function: &str) -> Option<String> {
        let namespace = target.dotted()?;
        let full = format!("{namespace}.{function}");
        (function::is_namespaced(&full) && !self.is_value(&namespace)).then_some(full)
    }

    fn list(&mut self, items: &[Item]) -> Result<Value> {
        self.budget.elements(items.len())?;
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let value = self.eval(&item.value)?;
            match (item.optional, value) {
                (false, value) => list.push(value),
                (true, Value::Optional(Some(value))) => list.push(value.as_ref().clone()),
                (true, Value::Optional(None)) => {}
                (true, other) => return Err(overload("[?_]", &[&other])),
            }
        }
        Ok(Value::list(list))
    }

    fn map(&mut self, entries: &[Entry]) -> Result<Value> {
        self.budget.elements(entries.len())?;
        let mut map = IndexMap::with_capacity(entries.len());
        for entry in entries {
            let key = self.eval(&entry.key)?;
            let known = Key::of(&key).filter(|_| !matches!(key, Value::Double(_)));
            let known = known.ok_or_else(|| overload("{_: _}", &[&key]))?;
            let value = match (entry.optional, self.eval(&entry.value)?) {
                (false, value) => value,
                (true, Value::Optional(Some(value))) => value.as_ref().clone(),
                (true, Value::Optional(None)) => continue,
                (true, other) => return Err(overload("{?_: _}", &[&other])),
            };
            map.insert(known, value);
        }
        Ok(Value::Map(Arc::new(map)))
    }
}

//! Macros over the elements of a list, the keys of a map, or the value of an optional.

use std::sync::Arc;

use super::{Evaluation, Result, overload};
use crate::ast::{Fold, FoldKind};
use crate::error::EvaluationError;
use crate::value::Value;

impl Evaluation<'_> {
    pub(super) fn fold(&mut self, fold: &Fold) -> Result<Value> {
        let range = self.eval(&fold.range)?;
        if matches!(fold.kind, FoldKind::OptMap | FoldKind::OptFlatMap) {
            return self.optional(fold, &range);
        }
        let items: Vec<Value> = match &range {
            Value::List(items) => {
                self.budget.elements(items.len())?;
                items.as_ref().clone()
            }
            Value::Map(map) => {
                self.budget.elements(map.len())?;
                map.keys().map(|key| key.value()).collect()
            }
            other => return Err(overload("fold", &[other])),
        };
        match fold.kind {
            FoldKind::All => self.quantify(fold, items, false),
            FoldKind::Exists => self.quantify(fold, items, true),
            FoldKind::ExistsOne => self.exactly_one(fold, items),
            FoldKind::Map => self.mapped(fold, items),
            _ => self.filtered(fold, items),
        }
    }

    /// Evaluates with the macro's name bound.
    fn with<T>(&mut self, name: &Arc<str>, value: Value, work: impl FnOnce(&mut Self) -> T) -> T {
        self.bound.push((name.clone(), value));
        let result = work(self);
        self.bound.pop();
        result
    }

    /// `all` and `exists`: the first element that decides ends it, whatever failed before.
    fn quantify(&mut self, fold: &Fold, items: Vec<Value>, decides: bool) -> Result<Value> {
        let mut failed = None;
        for item in items {
            match self.with(&fold.variable, item, |this| this.eval(&fold.body)) {
                Ok(Value::Bool(value)) if value == decides => return Ok(Value::Bool(decides)),
                Ok(Value::Bool(_)) => {}
                Ok(other) => {
                    failed.get_or_insert_with(|| overload("all/exists", &[&other]));
                }
                Err(error @ EvaluationError::TooCostly(_)) => return Err(error),
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(Value::Bool(!decides)), Err)
    }

    fn exactly_one(&mut self, fold: &Fold, items: Vec<Value>) -> Result<Value> {
        let mut count = 0;
        for item in items {
            let holds = self.with(&fold.variable, item, |this| {
                this.condition("exists_one", &fold.body)
            })?;
            count += usize::from(holds);
        }
        Ok(Value::Bool(count == 1))
    }

    fn mapped(&mut self, fold: &Fold, items: Vec<Value>) -> Result<Value> {
        let mut list = Vec::new();
        for item in items {
            let made = self.with(&fold.variable, item, |this| {
                if let Some(filter) = &fold.filter
                    && !this.condition("map", filter)?
                {
                    return Ok(None);
                }
                this.eval(&fold.body).map(Some)
            })?;
            list.extend(made);
        }
        Ok(Value::list(list))
    }

    fn filtered(&mut self, fold: &Fold, items: Vec<Value>) -> Result<Value> {
        let mut list = Vec::new();
        for item in items {
            let kept = item.clone();
            if self.with(&fold.variable, item, |this| this.condition("filter", &fold.body))? {
                list.push(kept);
            }
        }
        Ok(Value::list(list))
    }

    fn optional(&mut self, fold: &Fold, range: &Value) -> Result<Value> {
        let value = match range {
            Value::Optional(Some(value)) => value.as_ref().clone(),
            Value::Optional(None) => return Ok(Value::NONE),
            other => return Err(overload("optMap", &[other])),
        };
        let made = self.with(&fold.variable, value, |this| this.eval(&fold.body))?;
        match (fold.kind, made) {
            (FoldKind::OptMap, made) => Ok(Value::some(made)),
            (_, made @ Value::Optional(_)) => Ok(made),
            (_, other) => Err(overload("optFlatMap", &[&other])),
        }
    }
}

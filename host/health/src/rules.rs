//! Where an owner's own health rules come in, before the built-in ones (`spec.healthCheckExprs`).

mod expressions;

use sluice_model::{Object, Verdict};

pub use expressions::{Check, ExpressionRules, RulesError};

/// Rules beside kstatus.
pub trait CustomRules: Send + Sync {
    /// Whether these rules, and not the built-in ones, decide on a kind.
    fn cover(&self, group: &str, kind: &str) -> bool;

    /// The verdict on an object; none leaves it to the built-in rules.
    fn verdict(&self, object: &Object) -> Option<Verdict>;
}

/// No rules beside kstatus.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

impl CustomRules for BuiltIn {
    fn cover(&self, _group: &str, _kind: &str) -> bool {
        false
    }

    fn verdict(&self, _object: &Object) -> Option<Verdict> {
        None
    }
}

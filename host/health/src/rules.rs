//! Where an owner's own health rules come in, before the built-in ones (`spec.healthCheckExprs`).

use sluice_model::{Object, Verdict};

/// Rules beside kstatus.
pub trait CustomRules: Send + Sync {
    /// The verdict on an object; none leaves it to the built-in rules.
    fn verdict(&self, object: &Object) -> Option<Verdict>;
}

/// No rules beside kstatus.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

impl CustomRules for BuiltIn {
    fn verdict(&self, _object: &Object) -> Option<Verdict> {
        None
    }
}

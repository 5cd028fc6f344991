//! What an expression may name.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// The variables of one evaluation, borrowed; only those that the expression uses are looked at.
#[derive(Debug, Clone, Default)]
pub struct Variables<'a>(HashMap<&'a str, &'a Value>);

impl<'a> Variables<'a> {
    /// The top-level fields of an object, each under its own name.
    pub fn fields(object: &'a Map<String, Value>) -> Self {
        Self(
            object
                .iter()
                .map(|(name, value)| (name.as_str(), value))
                .collect(),
        )
    }

    /// The same with one more variable.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: &'a Value) -> Self {
        self.0.insert(name, value);
        self
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).copied()
    }
}

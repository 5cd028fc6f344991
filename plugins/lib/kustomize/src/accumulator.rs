//! What one kustomization and all below it have gathered: objects, tables and variables.

use std::rc::Rc;

use crate::error::{Error, Result};
use crate::kustomization::Var;
use crate::resmap::ResMap;
use crate::transformer_config::{TransformerConfig, merge_shared};
use crate::vars::{self, VarSet};

/// Objects with the rules that change them.
#[derive(Debug, Default)]
pub(crate) struct Accumulator {
    pub objects: ResMap,
    pub config: Rc<TransformerConfig>,
    pub vars: VarSet,
}

impl Accumulator {
    /// Adds the tables of a kustomization.
    pub fn merge_config(&mut self, config: &Rc<TransformerConfig>) -> Result<()> {
        merge_shared(&mut self.config, config).map_err(|reason| Error::Config {
            what: "configuration",
            file: "configurations".into(),
            field: String::new(),
            reason: format!("merging config: {reason}"),
        })
    }

    /// Adds what a base has gathered.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        self.objects.append_all(other.objects.into_resources())?;
        self.merge_config(&other.config)?;
        vars::merge_sets(&mut self.vars, other.vars.into_values())
    }

    /// Adds the variables of a kustomization.
    pub fn merge_vars(&mut self, incoming: &[Var]) -> Result<()> {
        vars::mark_sources(&mut self.objects, incoming)?;
        vars::merge_sets(&mut self.vars, incoming.iter().cloned())
    }
}

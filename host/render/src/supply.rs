//! Inputs that a renderer asks for while it renders (`needs-input`): the caller's supplier gets them, and the render
//! starts again with them.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use sluice_model::TreeRead;

use crate::error::RenderError;

/// Starts of one render at most: a base of elsewhere may name another one.
const MAX_ROUNDS: usize = 16;
/// Inputs of one render at most.
const MAX_INPUTS: usize = 128;

/// Trees with their names, the main one first.
pub type Inputs = Vec<(String, Arc<dyn TreeRead>)>;

/// What a renderer asks for. The JSON text that stands for it is the name of the input that answers it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Need {
    /// The tree of a Git repository.
    Repository {
        /// What is cloned.
        git: String,
        /// Branch, tag or commit; empty for the remote's HEAD.
        #[serde(default, rename = "ref")]
        reference: String,
    },
    /// A file behind an address of HTTP: a tree with the file `content`, or `status` with the answer's status code.
    File {
        /// The address.
        file: String,
    },
    /// What a chart renders to: a tree with the file `output.yaml`.
    Render {
        /// The renderer, `helm`.
        render: String,
        /// The chart's directory.
        chart: String,
        /// The input that holds it; the main one when none.
        #[serde(default, rename = "in")]
        within: Option<String>,
        /// Of the renderer.
        config: Value,
    },
    /// A chart of a repository of charts: a tree with a directory of the chart's name.
    Chart {
        /// Its name.
        chart: String,
        /// Version or range; empty for the latest.
        #[serde(default)]
        version: String,
        /// `https://` or `oci://`.
        repository: String,
        /// Versions before a release count too.
        #[serde(default)]
        devel: bool,
    },
}

/// A tree that answers a need.
pub struct Supply {
    /// The files.
    pub tree: Arc<dyn TreeRead>,
    /// Randomness or time went into them.
    pub used_entropy: bool,
}

/// Gets what renderers ask for, within what the caller may.
#[async_trait]
pub trait Supplier: Send + Sync {
    /// The tree for a need. `held`: the inputs so far.
    ///
    /// # Errors
    /// It is not allowed, does not exist, or cannot be fetched now; the text names it.
    async fn supply(&self, need: &Need, held: &[(String, Arc<dyn TreeRead>)]) -> Result<Supply, RenderError>;
}

/// What was supplied, in the order in which it was asked for.
pub(crate) struct Supplied {
    pub inputs: Inputs,
    pub used_entropy: bool,
    main: usize,
    rounds: usize,
}

impl Supplied {
    /// Only the inputs that the caller gave.
    pub fn new(inputs: Inputs) -> Self {
        Self {
            main: inputs.len(),
            inputs,
            used_entropy: false,
            rounds: 0,
        }
    }

    /// What is held beside the caller's inputs.
    pub fn names(&self) -> Vec<String> {
        self.inputs[self.main..]
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Gets the inputs that are missing.
    ///
    /// # Errors
    /// One of them cannot be had, nothing new is asked for, or the renderer never has enough.
    pub async fn add(&mut self, supplier: &dyn Supplier, names: Vec<String>) -> Result<(), RenderError> {
        self.rounds += 1;
        let mut missing: Vec<String> = Vec::new();
        for name in names {
            let known = missing.contains(&name) || self.inputs.iter().any(|(held, _)| *held == name);
            if !known {
                missing.push(name);
            }
        }
        let count = self.inputs.len() + missing.len();
        if missing.is_empty() || self.rounds > MAX_ROUNDS || count > MAX_INPUTS {
            return Err(RenderError::NeedsInput(missing));
        }
        for name in missing {
            let need =
                serde_json::from_str(&name).map_err(|_| RenderError::NeedsInput(vec![name.clone()]))?;
            let supply = supplier.supply(&need, &self.inputs).await?;
            self.used_entropy |= supply.used_entropy;
            self.inputs.push((name, supply.tree));
        }
        Ok(())
    }
}

/// Renders with what the renderer asks for on the way; for callers that have no memo.
///
/// # Errors
/// The render's, or why an input cannot be had.
pub async fn render_supplied<T>(
    supplier: &dyn Supplier,
    inputs: Inputs,
    render: impl AsyncFn(Inputs) -> Result<T, RenderError>,
) -> Result<T, RenderError> {
    let mut supplied = Supplied::new(inputs);
    loop {
        match render(supplied.inputs.clone()).await {
            Err(RenderError::NeedsInput(names)) => supplied.add(supplier, names).await?,
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests;

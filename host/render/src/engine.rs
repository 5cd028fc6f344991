//! The renderer as this stage sees it: a plugin in the sandbox, or a double in tests.

use std::future::Future;
use std::sync::Arc;

use sluice_model::memo::Trace;
use sluice_model::{Digest, TreeRead};

use crate::error::RenderError;
use crate::objects::RawObject;
use crate::output::Extra;

/// A request to a renderer.
pub struct Request {
    /// Canonical JSON.
    pub config: String,
    /// Directory of the main tree to render.
    pub root: String,
    /// Trees with their names, the main one first.
    pub inputs: Vec<(String, Arc<dyn TreeRead>)>,
}

/// What a renderer gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// JSON texts with their origins.
    pub objects: Vec<RawObject>,
    /// What is beside them.
    pub extras: Vec<Extra>,
    /// For the user.
    pub warnings: Vec<String>,
    /// Randomness or time went into it.
    pub used_entropy: bool,
    /// Everything that was read, or none when something was read that no trace holds (a cluster look-up).
    pub trace: Option<Trace>,
}

/// A renderer.
pub trait Engine: Send + Sync {
    /// Whose call it is: limits, object, bindings.
    type Call: Send + Sync;

    /// Names the code that runs.
    fn digest(&self) -> Digest;

    /// Version of the contract that it is called with.
    fn contract(&self) -> &str;

    /// Whose failure it is when this call fails: equal calls share a failure only within a namespace.
    fn namespace<'a>(&self, call: &'a Self::Call) -> &'a str;

    /// Renders.
    fn render(
        &self,
        call: &Self::Call,
        request: Request,
    ) -> impl Future<Output = Result<Outcome, RenderError>> + Send;
}

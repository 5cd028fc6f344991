//! The renderer as this stage sees it: a plugin in the sandbox, or a double in tests.

use std::future::Future;
use std::sync::Arc;

use sluice_model::memo::Trace;
use sluice_model::{Digest, TreeRead};
use sluice_sandbox::{Call, Entropy, Extra, Form, Plugin, RenderRequest, RenderedObject};

use crate::error::RenderError;

/// The contract of world `renderer-plugin` that plugins are called with.
const CONTRACT: &str = "0.1";

/// A request to a renderer.
pub struct Request {
    /// Canonical JSON.
    pub config: String,
    /// Directory of the main tree to render.
    pub root: String,
    /// Trees with their names, the main one first.
    pub inputs: Vec<(String, Arc<dyn TreeRead>)>,
    /// What is wanted of the output.
    pub want: Form,
}

/// What a renderer gave.
#[derive(Debug, Default)]
pub struct Outcome {
    /// JSON texts with their origins.
    pub objects: Vec<RenderedObject>,
    /// The text, when that was wanted.
    pub text: Vec<u8>,
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

impl Engine for Plugin {
    type Call = Call;

    fn digest(&self) -> Digest {
        Plugin::digest(self)
    }

    fn contract(&self) -> &str {
        CONTRACT
    }

    fn namespace<'a>(&self, call: &'a Call) -> &'a str {
        &call.object.namespace
    }

    async fn render(&self, call: &Call, request: Request) -> Result<Outcome, RenderError> {
        let Request {
            config,
            root,
            inputs,
            want,
        } = request;
        let entropy = Entropy::fresh();
        let request = RenderRequest {
            config,
            root,
            inputs,
            want,
            entropy,
        };
        let outcome = Plugin::render(self, call, request).await?;
        Ok(Outcome {
            objects: outcome.objects,
            text: outcome.text,
            extras: outcome.extras,
            warnings: outcome.warnings,
            used_entropy: outcome.used_entropy,
            trace: outcome.lookups.is_empty().then_some(outcome.trace),
        })
    }
}

impl<E: Engine> Engine for Arc<E> {
    type Call = E::Call;

    fn digest(&self) -> Digest {
        E::digest(self)
    }

    fn contract(&self) -> &str {
        E::contract(self)
    }

    fn namespace<'a>(&self, call: &'a E::Call) -> &'a str {
        E::namespace(self, call)
    }

    async fn render(&self, call: &E::Call, request: Request) -> Result<Outcome, RenderError> {
        E::render(self, call, request).await
    }
}

//! A loaded plugin and its calls: each in a store and instance of its own, under permits, limits and a deadline.

use std::sync::Arc;
use std::time::Duration;

use sluice_model::memo::Trace;
use sluice_model::port::Bindings;
use sluice_model::{Digest, Event, Tree, TreeRead};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::cache::About;
use crate::call::{Call, CallObject, Entropy, Lookup};
use crate::compile::Compiled;
use crate::describe::{Description, RawDescription};
use crate::error::{CallError, Failure, LoadFailure};
use crate::inspect::Inspection;
use crate::limits::Limits;
use crate::metrics::CallKey;
use crate::permits::Permits;
use crate::sandbox::{Sandbox, Trust};
use crate::schema::ConfigSchema;
use crate::session::{CallStats, Closed, Done, Request, Session, guard};
use crate::store::CallState;
use crate::text;
use crate::world::World;
use crate::world::notifier::v0_1::Notifier;
use crate::world::receiver::v0_1::{ReceiveRequest, Receiver, Trigger};
use crate::world::renderer::v0_1::{Extra, RenderRequest, RenderedObject, Renderer};
use crate::world::source::v0_1::{Source, SourceMetadata, SourceRevision};

/// A component that was checked, compiled and described, ready to be called. Holds no instance.
pub struct Plugin {
    sandbox: Sandbox,
    digest: Digest,
    description: Description,
    schema: ConfigSchema,
    inspection: Inspection,
    adapters: Adapters,
    /// Keeps the compiled code known to the compiler for others with this digest.
    _compiled: Arc<Compiled>,
}

/// The worlds that the component serves, linked.
#[derive(Default)]
struct Adapters {
    source: Option<Source>,
    renderer: Option<Renderer>,
    notifier: Option<Notifier>,
    receiver: Option<Receiver>,
}

/// What a render gave.
#[derive(Debug, Clone)]
pub struct RenderOutcome {
    /// In render order.
    pub objects: Vec<RenderedObject>,
    /// The text form, when it was asked for.
    pub text: Vec<u8>,
    /// Hooks, notes, definitions, chart.
    pub extras: Vec<Extra>,
    /// For the user.
    pub warnings: Vec<String>,
    /// Whether entropy went into the output, as the guest says or as WASI saw: such an output is not reused.
    pub used_entropy: bool,
    /// Everything that was read of the inputs.
    pub trace: Trace,
    /// Everything that was read of the cluster.
    pub lookups: Vec<Lookup>,
    /// What it used.
    pub stats: CallStats,
}

const RENDER: &str = "render";
const RESOLVE: &str = "resolve";
const FETCH: &str = "fetch";
const NOTIFY: &str = "notify";
const RECEIVE: &str = "receive";

/// Most triggers of one webhook, and most warnings of one render.
const MAX_LIST: usize = 1000;

impl Plugin {
    /// Links a component and lets it describe itself, unless its description is known.
    pub(crate) async fn link(
        sandbox: Sandbox,
        (digest, trust): (Digest, Trust),
        (inspection, known): (Inspection, Option<RawDescription>),
        compiled: Arc<Compiled>,
        pre: InstancePre<CallState>,
    ) -> Result<Self, LoadFailure> {
        let adapters = Adapters::new(&inspection.worlds, &pre)?;
        let is_known = known.is_some();
        let raw = match known {
            Some(raw) => raw,
            None => Self::ask(&sandbox, &inspection.worlds, &pre).await?,
        };
        if trust == Trust::Embedded && !is_known {
            let about = About {
                inspection: inspection.clone(),
                description: raw.clone(),
            };
            sandbox.0.compiler.keep_about(&digest, &about);
        }
        let (description, schema) = raw.check(trust)?;
        Ok(Self {
            sandbox,
            digest,
            description,
            schema,
            inspection,
            adapters,
            _compiled: compiled,
        })
    }

    /// What the component says of itself.
    async fn ask(
        sandbox: &Sandbox,
        worlds: &[World],
        pre: &InstancePre<CallState>,
    ) -> Result<RawDescription, LoadFailure> {
        let object = CallObject {
            kind: "Plugin".into(),
            ..CallObject::default()
        };
        let request = Request {
            // It has no name yet, and a row of counters a digest would grow without bound.
            plugin: "",
            function: "describe",
            object: &object,
            limits: Limits::DESCRIBE,
            bindings: Bindings::default(),
            entropy: &Entropy::fresh(),
            permits: &sandbox.0.compute,
        };
        let mut session = Session::open(sandbox, request).await;
        let wall = session.wall();
        let done = guard(wall, Adapters::describe(worlds, pre, &mut session.store)).await;
        let (raw, _) = session.close(done).map_err(|failure| match failure {
            Failure::ContractMismatch(told) => LoadFailure::ContractMismatch(told),
            failure => LoadFailure::Describe(Box::new(failure)),
        })?;
        Ok(raw)
    }

    /// Of the component.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The worlds it serves.
    pub fn worlds(&self) -> &[World] {
        &self.inspection.worlds
    }

    /// The interfaces it imports.
    pub fn imports(&self) -> &[String] {
        &self.inspection.imports
    }

    /// Everything its bytes tell.
    pub fn inspection(&self) -> &Inspection {
        &self.inspection
    }

    /// Renders.
    ///
    /// # Errors
    /// Why there is no output.
    pub async fn render(&self, call: &Call, request: RenderRequest) -> Result<RenderOutcome, CallError> {
        let config = self.config(RENDER, &request.config)?;
        let request = RenderRequest { config, ..request };
        self.render_own(call, request).await
    }

    /// Renders with a config that the caller's code wrote and no user: it is not checked against the schema.
    ///
    /// # Errors
    /// Why there is no output.
    pub async fn render_own(&self, call: &Call, request: RenderRequest) -> Result<RenderOutcome, CallError> {
        let renderer = self.adapter(RENDER, self.adapters.renderer.as_ref(), World::Renderer)?;
        let trees: Vec<Arc<dyn TreeRead>> = request.inputs.iter().map(|(_, tree)| tree.clone()).collect();
        let mut session = self
            .open(RENDER, call, &request.entropy, &self.sandbox.0.compute)
            .await;
        let wall = session.wall();
        let done = guard(wall, renderer.render(&mut session.store, request)).await;
        let (rendered, mut closed) = self.close(RENDER, session, done)?;
        rendered
            .check()
            .map_err(|problem| self.error(RENDER, Failure::InvalidOutput(problem)))?;
        let trees: Vec<&dyn TreeRead> = trees.iter().map(AsRef::as_ref).collect();
        let warnings = rendered
            .warnings
            .iter()
            .take(MAX_LIST)
            .map(|warning| text::message(warning));
        Ok(RenderOutcome {
            warnings: warnings.collect(),
            objects: rendered.objects,
            text: rendered.text,
            extras: rendered.extras,
            used_entropy: rendered.used_entropy || closed.state.used_entropy(),
            trace: closed.state.take_recorder().finish(&trees),
            lookups: std::mem::take(&mut closed.state.lookups),
            stats: closed.stats,
        })
    }

    /// Finds the current revision of a source. `last` is that of the stored artifact.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn resolve(
        &self,
        call: &Call,
        config: &str,
        last: Option<&str>,
        inputs: &[(String, Tree)],
    ) -> Result<SourceRevision, CallError> {
        let source = self.adapter(RESOLVE, self.adapters.source.as_ref(), World::Source)?;
        let config = self.config(RESOLVE, config)?;
        let mut session = self
            .open(RESOLVE, call, &Entropy::fresh(), &self.sandbox.0.waiting)
            .await;
        let wall = session.wall();
        let done = guard(wall, source.resolve(&mut session.store, &config, last, inputs)).await;
        let (revision, _) = self.close(RESOLVE, session, done)?;
        check_revision(&revision).map_err(|problem| self.error(RESOLVE, Failure::InvalidOutput(problem)))?;
        Ok(revision)
    }

    /// Gets the files of a revision.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn fetch(
        &self,
        call: &Call,
        config: &str,
        revision: &SourceRevision,
        inputs: &[(String, Tree)],
    ) -> Result<(Tree, SourceMetadata), CallError> {
        let source = self.adapter(FETCH, self.adapters.source.as_ref(), World::Source)?;
        let config = self.config(FETCH, config)?;
        let mut session = self
            .open(FETCH, call, &Entropy::fresh(), &self.sandbox.0.waiting)
            .await;
        let wall = session.wall();
        let done = guard(wall, source.fetch(&mut session.store, &config, revision, inputs)).await;
        let ((tree, metadata), _) = self.close(FETCH, session, done)?;
        let summary = text::one_line(&metadata.summary, 1024);
        Ok((tree, SourceMetadata { summary, ..metadata }))
    }

    /// Tells somebody of an event.
    ///
    /// # Errors
    /// Why nobody was told.
    pub async fn notify(&self, call: &Call, config: &str, event: &Event) -> Result<(), CallError> {
        let notifier = self.adapter(NOTIFY, self.adapters.notifier.as_ref(), World::Notifier)?;
        let config = self.config(NOTIFY, config)?;
        let mut session = self
            .open(NOTIFY, call, &Entropy::fresh(), &self.sandbox.0.waiting)
            .await;
        let wall = session.wall();
        let done = guard(wall, notifier.notify(&mut session.store, &config, event)).await;
        self.close(NOTIFY, session, done).map(|((), _)| ())
    }

    /// Understands a webhook.
    ///
    /// # Errors
    /// Why it was not understood.
    pub async fn receive(&self, call: &Call, request: ReceiveRequest) -> Result<Vec<Trigger>, CallError> {
        let receiver = self.adapter(RECEIVE, self.adapters.receiver.as_ref(), World::Receiver)?;
        let request = ReceiveRequest {
            config: self.config(RECEIVE, &request.config)?,
            ..request
        };
        let mut session = self
            .open(RECEIVE, call, &Entropy::fresh(), &self.sandbox.0.compute)
            .await;
        let wall = session.wall();
        let done = guard(wall, receiver.receive(&mut session.store, &request)).await;
        let (mut triggers, _) = self.close(RECEIVE, session, done)?;
        triggers.truncate(MAX_LIST);
        Ok(triggers)
    }

    async fn open(
        &self,
        function: &'static str,
        call: &Call,
        entropy: &Entropy,
        permits: &Permits,
    ) -> Session<'_> {
        let request = Request {
            plugin: &self.description.name,
            function,
            object: &call.object,
            limits: call.limits.capped(&self.sandbox.0.ceiling),
            bindings: call.bindings.clone(),
            entropy,
            permits,
        };
        Session::open(&self.sandbox, request).await
    }

    fn close<T>(
        &self,
        function: &'static str,
        session: Session<'_>,
        done: Done<T>,
    ) -> Result<(T, Closed), CallError> {
        session
            .close(done)
            .map_err(|failure| self.error(function, failure))
    }

    fn error(&self, function: &'static str, failure: Failure) -> CallError {
        CallError {
            plugin: self.description.name.clone(),
            digest: self.digest,
            function,
            failure,
        }
    }

    fn adapter<'a, T>(
        &self,
        function: &'static str,
        adapter: Option<&'a T>,
        world: World,
    ) -> Result<&'a T, CallError> {
        adapter.ok_or_else(|| {
            self.error(
                function,
                Failure::NoSuchWorld {
                    world: world.as_str(),
                },
            )
        })
    }

    /// The config with defaults, or the error before anything ran.
    fn config(&self, function: &'static str, config: &str) -> Result<String, CallError> {
        self.schema.check(config).map_err(|problem| {
            let failure = Failure::InvalidConfig(problem);
            let key = CallKey {
                plugin: self.description.name.clone(),
                function,
                result: failure.label(),
            };
            self.sandbox.0.counters.call(key, Duration::ZERO, 0, 0);
            self.error(function, failure)
        })
    }
}

impl Adapters {
    fn new(worlds: &[World], pre: &InstancePre<CallState>) -> Result<Self, LoadFailure> {
        let mut adapters = Self::default();
        for world in worlds {
            let pre = pre.clone();
            let linked = match world {
                World::Source => Source::new(pre).map(|source| adapters.source = Some(source)),
                World::Renderer => Renderer::new(pre).map(|renderer| adapters.renderer = Some(renderer)),
                World::Notifier => Notifier::new(pre).map(|notifier| adapters.notifier = Some(notifier)),
                World::Receiver => Receiver::new(pre).map(|receiver| adapters.receiver = Some(receiver)),
            };
            linked.map_err(|error| mismatch(&error))?;
        }
        Ok(adapters)
    }

    /// Checks the types of every world in one instance. All worlds export the same `meta`, so any description will do.
    async fn describe(
        worlds: &[World],
        pre: &InstancePre<CallState>,
        store: &mut Store<CallState>,
    ) -> wasmtime::Result<Result<RawDescription, Error>> {
        let instance = pre.instantiate_async(&mut *store).await?;
        let mut described = Err(wasmtime::Error::msg("no world"));
        for world in worlds {
            described = Ok(match world {
                World::Source => Source::describe(store, &instance).await?,
                World::Renderer => Renderer::describe(store, &instance).await?,
                World::Notifier => Notifier::describe(store, &instance).await?,
                World::Receiver => Receiver::describe(store, &instance).await?,
            });
        }
        described.map(Ok)
    }
}

/// What wasmtime says when types or names do not fit.
pub(crate) fn mismatch(error: &wasmtime::Error) -> LoadFailure {
    LoadFailure::ContractMismatch(text::one_line(&format!("{error:#}"), 1024))
}

fn check_revision(revision: &SourceRevision) -> Result<(), String> {
    let clean = |text: &str, limit| text.len() <= limit && !text.chars().any(char::is_control);
    if revision.id.is_empty() || !clean(&revision.id, 1024) {
        return Err("revision id is empty, longer than 1024 bytes, or holds control characters".into());
    }
    if revision.pin.len() > 64 << 10 {
        return Err("revision pin is longer than 64 KiB".into());
    }
    Ok(())
}

//! The sandbox: one engine, one linker, the compiler, the permits. It loads components.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use sluice_model::Digest;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::imports::sluice::plugin::{cluster, files, git, http, log, oci};
use crate::cache::Cache;
use crate::compile::Compiler;
use crate::compile_process::CompileProcess;
use crate::error::{LoadError, LoadFailure, SandboxError};
use crate::grants::Grants;
use crate::inspect::Inspection;
use crate::limits::Limits;
use crate::metrics::{Counters, Metrics};
use crate::permits::{Budget, Permits};
use crate::plugin::{Plugin, mismatch};
use crate::store::CallState;
use crate::{component, engine};

/// Where a component comes from, for what is checked at once and what when it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Anywhere.
    Foreign,
    /// The program itself.
    Embedded,
}

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Folder of compiled components; none keeps them in memory only. Made with mode 0700 when it is missing.
    pub cache_path: Option<PathBuf>,
    /// Most bytes of that folder.
    pub cache_bytes: u64,
    /// Program that compiles into the cache as `PROGRAM plugin compile --plugin-cache-path FOLDER`, with the component on
    /// standard input (see [`Sandbox::compile`]); none compiles in this process.
    pub compiler: Option<PathBuf>,
    /// Whether instances come from a pool: quick calls for a slow start. Compiled components of both are kept apart.
    pub is_pooled: bool,
    /// What a plugin's own limits may reach.
    pub ceiling: Limits,
    /// Largest component, in bytes.
    pub component_bytes: u64,
    /// Calls that compute: renders and webhooks.
    pub compute: Budget,
    /// Calls that mostly wait: fetches and notifications.
    pub waiting: Budget,
}

const GIB: u64 = 1 << 30;

impl Default for SandboxConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let compute = (2 * cores).clamp(4, 64);
        let memory = 8 * GIB;
        Self {
            cache_path: None,
            cache_bytes: 2 * GIB,
            compiler: None,
            is_pooled: true,
            ceiling: Limits::CEILING,
            component_bytes: 64 << 20,
            compute: Budget {
                calls: compute,
                namespace_calls: compute - compute / 4,
                memory,
                namespace_memory: memory,
            },
            waiting: Budget {
                calls: 64,
                namespace_calls: 32,
                memory: 2 * memory,
                namespace_memory: memory,
            },
        }
    }
}

/// A component that the program brings.
#[derive(Debug, Clone)]
pub struct Embedded {
    /// Its name in the store.
    pub name: String,
    /// Of the component. Computed when the program was built: the bytes cannot change without the program.
    pub digest: Digest,
    /// The component.
    pub component: Bytes,
}

impl Embedded {
    /// A component whose digest the build did not note.
    pub fn new(name: impl Into<String>, component: impl Into<Bytes>) -> Self {
        let component = component.into();
        Self {
            name: name.into(),
            digest: Digest::of(&component),
            component,
        }
    }
}

/// Runs plugins. Cheap to clone.
#[derive(Clone)]
pub struct Sandbox(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) engine: Engine,
    pub(crate) ceiling: Limits,
    pub(crate) compute: Permits,
    pub(crate) waiting: Permits,
    pub(crate) counters: Arc<Counters>,
    linker: Linker<CallState>,
    pub(crate) compiler: Compiler,
    component_bytes: u64,
    pooling: bool,
}

impl Sandbox {
    /// Starts the engine and its ticker, links the host functions and opens the cache.
    ///
    /// # Errors
    /// The engine does not start, or the cache folder cannot be used.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        let calls = config.compute.calls + config.waiting.calls;
        // Permits bound the calls; some slots are kept for the moment in which a store is dropped.
        let slots = u32::try_from(calls + 8).unwrap_or(u32::MAX);
        let built = engine::build(config.is_pooled.then_some(slots), &config.ceiling)?;
        let engine = built.engine;
        let path = config.cache_path;
        let cache = path
            .as_ref()
            .map(|path| Cache::open(path, config.cache_bytes, &engine))
            .transpose()?;
        let process = config.compiler.zip(path);
        let process = process.map(|(program, cache_path)| CompileProcess { program, cache_path });
        let counters = Arc::new(Counters::default());
        Ok(Self(Arc::new(Parts {
            linker: linker(&engine).map_err(|error| SandboxError::Link(format!("{error:#}")))?,
            compiler: Compiler::new(engine.clone(), cache, process, counters.clone()),
            engine,
            ceiling: config.ceiling,
            compute: Permits::new(config.compute),
            waiting: Permits::new(config.waiting),
            counters,
            component_bytes: config.component_bytes,
            pooling: built.pooling,
        })))
    }

    /// Checks a component against the contract and its grants, compiles it or takes it from the cache, and lets it
    /// describe itself.
    ///
    /// # Errors
    /// Why it is refused, with its digest.
    pub async fn load(&self, bytes: Bytes, grants: Grants) -> Result<Arc<Plugin>, LoadError> {
        let hashed = bytes.clone();
        let digest = tokio::task::spawn_blocking(move || Digest::of(&hashed))
            .await
            .map_err(|error| LoadError {
                digest: Digest::from_bytes([0; 32]),
                failure: LoadFailure::Malformed(error.to_string()),
            })?;
        self.load_known(digest, bytes, grants, Trust::Foreign).await
    }

    /// As [`load`](Self::load), for a component that the program itself brings: it is not hashed at every start, and its
    /// schema is compiled when the first config is checked.
    ///
    /// # Errors
    /// Why it is refused, with its digest.
    pub async fn load_embedded(&self, embedded: Embedded, grants: Grants) -> Result<Arc<Plugin>, LoadError> {
        self.load_known(embedded.digest, embedded.component, grants, Trust::Embedded)
            .await
    }

    async fn load_known(
        &self,
        digest: Digest,
        bytes: Bytes,
        grants: Grants,
        trust: Trust,
    ) -> Result<Arc<Plugin>, LoadError> {
        let failed = |failure| LoadError { digest, failure };
        // What the program brings itself was looked at by the first process that loaded it.
        let known = (trust == Trust::Embedded).then(|| self.0.compiler.about(&digest));
        let load = async {
            let (inspection, description) = match known.flatten() {
                Some(about) => {
                    component::check_found(&about.inspection, &grants)?;
                    (about.inspection, Some(about.description))
                }
                None => (self.inspect(bytes.clone(), grants).await?, None),
            };
            let compiled = self.0.compiler.component(digest, bytes).await?;
            let pre = self
                .0
                .linker
                .instantiate_pre(&compiled.component)
                .map_err(|error| mismatch(&error))?;
            let about = (inspection, description);
            Plugin::link(self.clone(), (digest, trust), about, compiled, pre).await
        };
        load.await.map(Arc::new).map_err(failed)
    }

    async fn inspect(&self, bytes: Bytes, grants: Grants) -> Result<Inspection, LoadFailure> {
        let limit = self.0.component_bytes;
        tokio::task::spawn_blocking(move || component::check(&bytes, &grants, limit))
            .await
            .map_err(|error| LoadFailure::Malformed(error.to_string()))?
    }

    /// Compiles a component into the cache for another process that is set up alike, see [`SandboxConfig::compiler`].
    ///
    /// # Errors
    /// It is refused, with its digest.
    pub async fn compile(&self, bytes: Bytes) -> Result<(), LoadError> {
        let digest = Digest::of(&bytes);
        let compiled = self.0.compiler.component(digest, bytes).await;
        compiled
            .map(drop)
            .map_err(|failure| LoadError { digest, failure })
    }

    /// All counters at this moment.
    pub fn metrics(&self) -> Metrics {
        let (compute, waiting) = (self.0.compute.load(), self.0.waiting.load());
        Metrics {
            running: compute.0 + waiting.0,
            waiting: compute.1 + waiting.1,
            pooling: self.0.pooling,
            ..self.0.counters.snapshot()
        }
    }
}

fn state(state: &mut CallState) -> &mut CallState {
    state
}

/// Every host function. What a plugin may not use is refused at load, by name, before it gets here.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker: Linker<CallState> = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    log::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    files::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    http::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    git::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    oci::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    cluster::add_to_linker::<_, HasSelf<CallState>>(&mut linker, state)?;
    Ok(linker)
}

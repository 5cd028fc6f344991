//! Compiles a component once per digest: from memory, from the cache, or with Cranelift, one at a time, in a process of
//! its own where there is a program for it and a cache to fill.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use sluice_model::Digest;
use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::cache::{About, Cache, Found};
use crate::compile_process::{CompileProcess, Ended};
use crate::error::LoadFailure;
use crate::metrics::Counters;

/// How long a caller waits for Cranelift. Within this process it cannot be interrupted: the thread goes on and holds the
/// only permit.
const PATIENCE: Duration = Duration::from_secs(120);

/// A compiled component, shared by every plugin with its digest.
pub(crate) struct Compiled {
    pub(crate) component: Component,
}

/// What is in memory now.
#[derive(Default)]
struct Loaded(Mutex<HashMap<Digest, Weak<Compiled>>>);

/// Compiles and remembers.
pub(crate) struct Compiler {
    engine: Engine,
    cache: Option<Arc<Cache>>,
    process: Option<CompileProcess>,
    loaded: Arc<Loaded>,
    gate: Arc<Semaphore>,
    counters: Arc<Counters>,
}

impl Loaded {
    fn known(&self, digest: &Digest) -> Option<Arc<Compiled>> {
        self.0.lock().get(digest).and_then(Weak::upgrade)
    }

    fn remember(&self, digest: Digest, component: Component) -> Arc<Compiled> {
        let mut loaded = self.0.lock();
        loaded.retain(|_, compiled| compiled.strong_count() > 0);
        if let Some(compiled) = loaded.get(&digest).and_then(Weak::upgrade) {
            return compiled;
        }
        let compiled = Arc::new(Compiled { component });
        loaded.insert(digest, Arc::downgrade(&compiled));
        compiled
    }
}

impl Compiler {
    pub(crate) fn new(
        engine: Engine,
        cache: Option<Cache>,
        process: Option<CompileProcess>,
        counters: Arc<Counters>,
    ) -> Self {
        let gate = Arc::new(Semaphore::new(1));
        Self {
            engine,
            cache: cache.map(Arc::new),
            process,
            loaded: Arc::default(),
            gate,
            counters,
        }
    }

    /// What an earlier process found out about the component with this digest.
    pub(crate) fn about(&self, digest: &Digest) -> Option<About> {
        self.cache.as_ref()?.about(digest)
    }

    /// Keeps it for later processes; they find it out again where that fails.
    pub(crate) fn keep_about(&self, digest: &Digest, about: &About) {
        if let Some(cache) = &self.cache
            && let Err(error) = cache.keep_about(digest, about)
        {
            tracing::debug!(%digest, %error, "a plugin is looked at again at the next start");
        }
    }

    /// The compiled form of these bytes, whose digest the caller has computed.
    pub(crate) async fn component(&self, digest: Digest, bytes: Bytes) -> Result<Arc<Compiled>, LoadFailure> {
        if let Some(compiled) = self.loaded.known(&digest) {
            return Ok(compiled);
        }
        if let Some(component) = self.cached(digest).await? {
            return Ok(self.loaded.remember(digest, component));
        }
        let failed = |error: &dyn std::fmt::Display| LoadFailure::Compile(error.to_string());
        let permit = self
            .gate
            .clone()
            .acquire_owned()
            .await
            .map_err(|error| failed(&error))?;
        // Somebody may have compiled it while we waited.
        if let Some(compiled) = self.loaded.known(&digest) {
            return Ok(compiled);
        }
        if let Some(component) = self.compile_apart(digest, &bytes).await? {
            return Ok(self.loaded.remember(digest, component));
        }
        let (engine, cache, counters) = (self.engine.clone(), self.cache.clone(), self.counters.clone());
        let loaded = self.loaded.clone();
        let work = tokio::task::spawn_blocking(move || {
            let compiled = compile(&engine, cache.as_deref(), digest, &bytes, &counters);
            // remembered before the permit goes: who waits for it must find the result
            let kept = compiled.map(|component| loaded.remember(digest, component));
            drop(permit);
            kept
        });
        tokio::time::timeout(PATIENCE, work)
            .await
            .map_err(|_| LoadFailure::Compile(format!("it took more than {PATIENCE:?}")))?
            .map_err(|error| failed(&error))?
    }

    /// Lets the other process fill the cache; none where there is none, or where it cannot do its work.
    async fn compile_apart(&self, digest: Digest, bytes: &[u8]) -> Result<Option<Component>, LoadFailure> {
        let Some(process) = &self.process else {
            return Ok(None);
        };
        let started = Instant::now();
        match process.run(bytes, PATIENCE).await {
            Ended::Compiled => {}
            Ended::Refused(reason) => return Err(LoadFailure::Compile(reason)),
            Ended::TimedOut(after) => {
                return Err(LoadFailure::Compile(format!("it took more than {after:?}")));
            }
            Ended::Unusable(reason) => {
                tracing::warn!(%digest, reason, "no process to compile in; compiling in this one");
                return Ok(None);
            }
        }
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let found = self.cached(digest).await?;
        if found.is_some() {
            self.counters.compiled.fetch_add(1, Ordering::Relaxed);
            self.counters.compile_micros.fetch_add(micros, Ordering::Relaxed);
            tracing::info!(%digest, bytes = bytes.len(), ms = micros / 1000, "compiled a plugin in a process of its own");
        }
        Ok(found)
    }

    async fn cached(&self, digest: Digest) -> Result<Option<Component>, LoadFailure> {
        let Some(cache) = self.cache.clone() else {
            return Ok(None);
        };
        let engine = self.engine.clone();
        let look = move || {
            let found = cache.load(&engine, &digest);
            if let Found::Hit(component) = &found {
                prepare(component);
            }
            found
        };
        let found = tokio::task::spawn_blocking(look)
            .await
            .map_err(|error| LoadFailure::Compile(error.to_string()))?;
        match found {
            Found::Hit(component) => {
                self.counters.cache_hits.fetch_add(1, Ordering::Relaxed);
                Ok(Some(component))
            }
            Found::Miss => Ok(None),
            Found::Rejected(reason) => {
                self.counters.cache_rejected.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%digest, reason, "a compiled plugin in the cache is not used; compiling it again");
                Ok(None)
            }
        }
    }
}

fn compile(
    engine: &Engine,
    cache: Option<&Cache>,
    digest: Digest,
    bytes: &[u8],
    counters: &Counters,
) -> Result<Component, LoadFailure> {
    let failed =
        |error: wasmtime::Error| LoadFailure::Compile(crate::text::one_line(&format!("{error:#}"), 1024));
    let started = Instant::now();
    let compiled = engine.precompile_component(bytes).map_err(failed)?;
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    counters.compiled.fetch_add(1, Ordering::Relaxed);
    counters.compile_micros.fetch_add(micros, Ordering::Relaxed);
    tracing::info!(%digest, bytes = bytes.len(), native = compiled.len(), ms = micros / 1000, "compiled a plugin");
    let component = keep(engine, cache, digest, &compiled).map_or_else(|| fresh(engine, &compiled), Ok);
    let component = component.map_err(failed)?;
    prepare(&component);
    Ok(component)
}

/// Stores the compiled form and maps it from there, so that its pages are the file's and not ours.
fn keep(engine: &Engine, cache: Option<&Cache>, digest: Digest, compiled: &[u8]) -> Option<Component> {
    let cache = cache?;
    if let Err(error) = cache.store(&digest, compiled) {
        tracing::warn!(%digest, %error, "failed to keep a compiled plugin; it is compiled again at the next start");
        return None;
    }
    match cache.load(engine, &digest) {
        Found::Hit(component) => Some(component),
        Found::Miss | Found::Rejected(_) => None,
    }
}

/// Uses what was compiled a moment ago.
#[allow(unsafe_code)]
fn fresh(engine: &Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes come from `precompile_component` of this engine in this process and were not modified.
    unsafe { Component::deserialize(engine, compiled) }
}

/// Makes the memory images now, so that the first call does not pay for them.
fn prepare(component: &Component) {
    if let Err(error) = component.initialize_copy_on_write_image() {
        tracing::debug!(error = format!("{error:#}"), "no copy-on-write image");
    }
}

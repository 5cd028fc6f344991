//! The stage: memo first, then the plugin, once for all who ask at the same time.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use lru::LruCache;
use parking_lot::Mutex;
use serde_json::Value;
use sluice_model::digest::DigestBuilder;
use sluice_model::port::{Decryptor, MemoStore};
use sluice_model::{Digest, TreeRead};
use sluice_sandbox::Form;

use crate::engine::{Engine, Outcome, Request};
use crate::error::RenderError;
use crate::flight::Flights;
use crate::output::Rendering;
use crate::supply::{Supplied, Supplier};
use crate::{key, objects};

/// Renders whose needs are remembered.
const KEPT_NEEDS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4095);

/// A render to make.
pub struct RenderInput<'a, E: Engine> {
    /// The plugin.
    pub plugin: &'a E,
    /// Whose call it is.
    pub call: E::Call,
    /// Valid by the plugin's schema.
    pub config: Value,
    /// Directory of the first tree to render; "" is its root.
    pub root: String,
    /// Trees with their names, the main one first.
    pub trees: Vec<(String, Arc<dyn TreeRead>)>,
    /// The output may stand on disk: nothing in it comes from a Secret or a decrypted file.
    pub durable: bool,
    /// Decrypts files of the main tree before, and objects after the plugin; what it gives stays in memory, whatever
    /// `durable` says.
    pub decryptor: Option<Arc<dyn Decryptor>>,
    /// Gets what the renderer asks for beside the trees; without one it gets nothing.
    pub supplier: Option<Arc<dyn Supplier>>,
}

impl<E: Engine> RenderInput<'_, E> {
    fn is_durable(&self) -> bool {
        self.durable && self.decryptor.is_none()
    }

    /// The trees as the plugin reads them.
    async fn opened(&self) -> Result<Vec<(String, Arc<dyn TreeRead>)>, RenderError> {
        let mut trees = self.trees.clone();
        if let (Some(decryptor), Some((_, main))) = (&self.decryptor, trees.first_mut()) {
            *main = decryptor.open(main.clone(), &self.root).await?;
        }
        Ok(trees)
    }
}

/// What the stage did since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RenderStats {
    /// Calls of a plugin.
    pub renders: u64,
    /// Renders and checks that the memo answered.
    pub memo_hits: u64,
    /// Renders answered by another caller's that was under way.
    pub joined: u64,
}

#[derive(Default)]
struct Counters {
    renders: AtomicU64,
    memo_hits: AtomicU64,
    joined: AtomicU64,
}

/// Renders through the memo.
pub struct Renderer {
    memo: Arc<dyn MemoStore>,
    flights: Flights<Result<Arc<Rendering>, RenderError>>,
    /// What renders asked for last, by their keys: what is held from the start spares a call of the plugin.
    needs: Mutex<LruCache<Digest, Vec<String>>>,
    counters: Counters,
}

/// The parts of an input that key it.
struct Keyed {
    config: String,
    key: Digest,
    trees: Vec<Arc<dyn TreeRead>>,
}

impl Keyed {
    fn new<E: Engine>(input: &RenderInput<'_, E>) -> Self {
        let config = key::canonical(&input.config);
        let names = input.trees.iter().map(|(name, _)| name.as_str());
        let key = key::key(
            &input.plugin.digest(),
            input.plugin.contract(),
            &config,
            &input.root,
            names,
        );
        let key = match &input.decryptor {
            Some(decryptor) => key::sealed(&key, &decryptor.fingerprint()),
            None => key,
        };
        Self {
            config,
            key,
            trees: input.trees.iter().map(|(_, tree)| tree.clone()).collect(),
        }
    }

    /// The key with what the trees hold; none when a tree has no ids (a live folder), which no memo can serve.
    fn flight(&self, namespace: &str, durable: bool) -> Option<Digest> {
        let mut builder = DigestBuilder::default();
        builder
            .piece(self.key.as_bytes())
            .piece(namespace.as_bytes())
            .piece(&[u8::from(durable)]);
        for tree in &self.trees {
            builder.piece(tree.id("").ok()??.as_bytes());
        }
        Some(builder.finish())
    }
}

impl Renderer {
    /// A stage with this memo.
    pub fn new(memo: Arc<dyn MemoStore>) -> Self {
        Self {
            memo,
            flights: Flights::new(),
            needs: Mutex::new(LruCache::new(KEPT_NEEDS)),
            counters: Counters::default(),
        }
    }

    /// The digest that [`Self::render`] would answer with, when the memo knows it: no plugin is called and no object
    /// parsed. The caller compares it with the digest it applied last.
    pub fn check<E: Engine>(&self, input: &RenderInput<'_, E>) -> Option<Digest> {
        let digest = self.find(&Keyed::new(input))?;
        self.counters.memo_hits.fetch_add(1, Ordering::Relaxed);
        Some(digest)
    }

    /// Renders, or answers from the memo, with what the renderer asks for on the way.
    ///
    /// # Errors
    /// The plugin failed, gave an object that cannot be named, or asks for what cannot be had.
    pub async fn render<E: Engine>(&self, mut input: RenderInput<'_, E>) -> Result<Rendering, RenderError> {
        let Some(supplier) = input.supplier.clone() else {
            return self.render_held(&input, &Keyed::new(&input)).await;
        };
        let mut keyed = Keyed::new(&input);
        let key = keyed.key;
        let main = input.trees.clone();
        let mut supplied = Supplied::new(main.clone());
        let known = self.needs.lock().get(&key).cloned();
        if let Some(known) = known
            && supplied.add(supplier.as_ref(), known).await.is_err()
        {
            // perhaps it is not needed any more
            supplied = Supplied::new(main);
        }
        loop {
            // most kustomizations need nothing: their key is made once
            if supplied.inputs.len() > keyed.trees.len() {
                input.trees.clone_from(&supplied.inputs);
                keyed = Keyed::new(&input);
            }
            match self.render_held(&input, &keyed).await {
                Err(RenderError::NeedsInput(names)) => supplied.add(supplier.as_ref(), names).await?,
                Ok(mut rendering) => {
                    rendering.used_entropy |= supplied.used_entropy;
                    self.note_needs(key, supplied.names());
                    return Ok(rendering);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn note_needs(&self, key: Digest, names: Vec<String>) {
        let mut needs = self.needs.lock();
        if names.is_empty() {
            needs.pop(&key);
        } else {
            needs.put(key, names);
        }
    }

    /// The text of a render, or the memo's.
    ///
    /// # Errors
    /// The plugin failed.
    pub async fn render_text<E: Engine>(
        &self,
        input: &RenderInput<'_, E>,
    ) -> Result<(Bytes, bool), RenderError> {
        let keyed = Keyed::new(input);
        let key = key::text(&keyed.key);
        let keyed = Keyed { key, ..keyed };
        if let Some(text) = self.find(&keyed).and_then(|digest| self.memo.output(&digest)) {
            self.counters.memo_hits.fetch_add(1, Ordering::Relaxed);
            return Ok((text, false));
        }
        let outcome = self.call_plugin(input, &keyed, Form::Text).await?;
        let text = Bytes::from(outcome.text);
        if let Some(trace) = outcome.trace.filter(|_| !outcome.used_entropy) {
            self.memo
                .store(&keyed.key, trace, text.clone(), input.is_durable());
        }
        Ok((text, outcome.used_entropy))
    }

    /// Renders with the trees that are held. Equal renders of one namespace at one time are made once.
    async fn render_held<E: Engine>(
        &self,
        input: &RenderInput<'_, E>,
        keyed: &Keyed,
    ) -> Result<Rendering, RenderError> {
        let namespace = input.plugin.namespace(&input.call);
        let Some(flight) = keyed.flight(namespace, input.is_durable()) else {
            return Ok(self.call(input, keyed).await?.0);
        };
        let (result, led) = self.flights.join(flight, self.find_or_call(input, keyed)).await;
        let mut rendering = Arc::unwrap_or_clone(result?);
        if !led {
            self.counters.joined.fetch_add(1, Ordering::Relaxed);
            rendering.memo_hit = true;
        }
        Ok(rendering)
    }

    /// What was counted so far.
    pub fn stats(&self) -> RenderStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RenderStats {
            renders: read(&self.counters.renders),
            memo_hits: read(&self.counters.memo_hits),
            joined: read(&self.counters.joined),
        }
    }

    async fn find_or_call<E: Engine>(
        &self,
        input: &RenderInput<'_, E>,
        keyed: &Keyed,
    ) -> Result<Arc<Rendering>, RenderError> {
        if let Some(rendering) = self.recall(keyed) {
            self.counters.memo_hits.fetch_add(1, Ordering::Relaxed);
            return Ok(Arc::new(rendering));
        }
        let (rendering, store) = self.call(input, keyed).await?;
        if let Some((trace, bytes)) = store {
            self.memo.store(&keyed.key, trace, bytes, input.is_durable());
        }
        Ok(Arc::new(rendering))
    }

    fn find(&self, keyed: &Keyed) -> Option<Digest> {
        let trees: Vec<&dyn TreeRead> = keyed.trees.iter().map(AsRef::as_ref).collect();
        let traces = self.memo.traces(&keyed.key);
        traces
            .into_iter()
            .find_map(|(trace, output)| trace.holds(&trees).then_some(output))
    }

    fn recall(&self, keyed: &Keyed) -> Option<Rendering> {
        let digest = self.find(keyed)?;
        Rendering::stored(&self.memo.output(&digest)?, digest)
    }

    async fn call_plugin<E: Engine>(
        &self,
        input: &RenderInput<'_, E>,
        keyed: &Keyed,
        want: Form,
    ) -> Result<Outcome, RenderError> {
        self.counters.renders.fetch_add(1, Ordering::Relaxed);
        let request = Request {
            config: keyed.config.clone(),
            root: input.root.clone(),
            inputs: input.opened().await?,
            want,
        };
        input.plugin.render(&input.call, request).await
    }

    /// Calls the plugin; the second value is what the memo may keep.
    async fn call<E: Engine>(
        &self,
        input: &RenderInput<'_, E>,
        keyed: &Keyed,
    ) -> Result<(Rendering, Option<(sluice_model::memo::Trace, Bytes)>), RenderError> {
        let outcome = self.call_plugin(input, keyed, Form::Objects).await?;
        let Outcome {
            objects,
            extras,
            warnings,
            used_entropy,
            trace,
            ..
        } = outcome;
        let mut objects = objects::parse(&objects)?;
        if let Some(decryptor) = &input.decryptor {
            objects = decryptor.objects(objects).await?;
        }
        let (rendering, bytes) = Rendering::fresh(objects, warnings, extras, used_entropy)?;
        let keep = trace.filter(|_| !used_entropy).map(|trace| (trace, bytes));
        Ok((rendering, keep))
    }
}

#[cfg(test)]
mod tests;

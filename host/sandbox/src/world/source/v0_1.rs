//! World `source-plugin` of contract 0.1.

use sluice_model::Tree;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, Resource};

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::bindings::source::exports::sluice::plugin::source as contract;
use crate::bindings::source::{SourcePlugin, SourcePluginPre};
use crate::call::files::{SinkHandle, TreeHandle};
use crate::describe::RawDescription;
use crate::store::{CallState, misfit};

/// The current state of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRevision {
    /// As in `status.artifact.revision`, for example `main@sha1:4f3c…`.
    pub id: String,
    /// What `fetch` needs to get exactly this revision; opaque.
    pub pin: String,
}

/// What is told of an artifact besides its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMetadata {
    /// One line for the event.
    pub summary: String,
    /// For `status.artifact.metadata`.
    pub annotations: Vec<(String, String)>,
}

/// A linked source plugin.
pub(crate) struct Source(SourcePluginPre<CallState>);

impl Source {
    pub(crate) fn new(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        SourcePluginPre::new(pre).map(Self)
    }

    async fn instance(&self, store: &mut Store<CallState>) -> wasmtime::Result<SourcePlugin> {
        self.0.instantiate_async(store).await
    }

    /// Checks that the instance has this world's functions, and lets it describe itself.
    pub(crate) async fn describe(
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<RawDescription> {
        let plugin = SourcePlugin::new(&mut *store, instance).map_err(|error| misfit(store, &error))?;
        let found = plugin.sluice_plugin_meta().call_describe(store).await?;
        Ok(RawDescription {
            name: found.name,
            version: found.version,
            config_schema: found.config_schema,
            bindings: found.bindings,
            types: found.types,
        })
    }

    pub(crate) async fn resolve(
        &self,
        store: &mut Store<CallState>,
        config: &str,
        last: Option<&str>,
        inputs: &[(String, Tree)],
    ) -> wasmtime::Result<Result<SourceRevision, Error>> {
        let inputs = lower(store.data_mut(), inputs)?;
        let plugin = self.instance(store).await?;
        let found = plugin
            .sluice_plugin_source()
            .call_resolve(store, config, last, &inputs)
            .await?;
        Ok(found.map(|revision| SourceRevision {
            id: revision.id,
            pin: revision.pin,
        }))
    }

    pub(crate) async fn fetch(
        &self,
        store: &mut Store<CallState>,
        config: &str,
        revision: &SourceRevision,
        inputs: &[(String, Tree)],
    ) -> wasmtime::Result<Result<(Tree, SourceMetadata), Error>> {
        let inputs = lower(store.data_mut(), inputs)?;
        let sink: Resource<SinkHandle> = store.data_mut().table.push(SinkHandle::default())?;
        let borrowed = Resource::new_borrow(sink.rep());
        let revision = contract::Revision {
            id: revision.id.clone(),
            pin: revision.pin.clone(),
        };
        let plugin = self.instance(store).await?;
        let source = plugin.sluice_plugin_source();
        let metadata = source
            .call_fetch(&mut *store, config, &revision, &inputs, borrowed)
            .await?;
        let tree = store.data_mut().table.delete(sink)?.build();
        let lift = |metadata: contract::Metadata| SourceMetadata {
            summary: metadata.summary,
            annotations: metadata.annotations,
        };
        Ok(metadata.map(|metadata| (tree, lift(metadata))))
    }
}

/// Handles to the inputs. Their reads are not recorded: a source's result is stored, not remembered by what it read.
fn lower(state: &mut CallState, inputs: &[(String, Tree)]) -> wasmtime::Result<Vec<contract::Input>> {
    let mut lowered = Vec::new();
    for (name, tree) in inputs {
        let tree: Resource<TreeHandle> = state.keep_tree(TreeHandle::Snapshot(tree.clone()))?;
        lowered.push(contract::Input {
            name: name.clone(),
            tree,
        });
    }
    Ok(lowered)
}

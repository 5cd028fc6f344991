//! World `notifier-plugin` of contract 0.1.

use sluice_model::{Event, Severity};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::bindings::notifier::exports::sluice::plugin::notifier as contract;
use crate::bindings::notifier::{NotifierPlugin, NotifierPluginPre};
use crate::describe::RawDescription;
use crate::store::{CallState, misfit};

/// A linked notifier.
pub(crate) struct Notifier(NotifierPluginPre<CallState>);

impl Notifier {
    pub(crate) fn new(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        NotifierPluginPre::new(pre).map(Self)
    }

    async fn instance(&self, store: &mut Store<CallState>) -> wasmtime::Result<NotifierPlugin> {
        self.0.instantiate_async(store).await
    }

    /// Checks that the instance has this world's functions, and lets it describe itself.
    pub(crate) async fn describe(
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<RawDescription> {
        let plugin = NotifierPlugin::new(&mut *store, instance).map_err(|error| misfit(store, &error))?;
        let found = plugin.sluice_plugin_meta().call_describe(store).await?;
        Ok(RawDescription {
            name: found.name,
            version: found.version,
            config_schema: found.config_schema,
            bindings: found.bindings,
            types: found.types,
        })
    }

    pub(crate) async fn notify(
        &self,
        store: &mut Store<CallState>,
        config: &str,
        event: &Event,
    ) -> wasmtime::Result<Result<(), Error>> {
        let plugin = self.instance(store).await?;
        plugin
            .sluice_plugin_notifier()
            .call_notify(store, config, &lower(event))
            .await
    }
}

fn lower(event: &Event) -> contract::Event {
    let object = &event.involved_object;
    contract::Event {
        object: contract::ObjectReference {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            uid: object.uid.clone(),
            resource_version: object.resource_version.clone(),
        },
        severity: match event.severity {
            Severity::Trace => contract::Severity::Trace,
            Severity::Info => contract::Severity::Info,
            Severity::Error => contract::Severity::Error,
        },
        timestamp: event.timestamp.clone(),
        message: event.message.clone(),
        reason: event.reason.clone(),
        metadata: event
            .metadata
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        reporting_controller: event.reporting_controller.clone(),
        reporting_instance: event.reporting_instance.clone(),
    }
}

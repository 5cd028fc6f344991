//! World `receiver-plugin` of contract 0.1.

use bytes::Bytes;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::bindings::receiver::exports::sluice::plugin::receiver as contract;
use crate::bindings::receiver::{ReceiverPlugin, ReceiverPluginPre};
use crate::describe::RawDescription;
use crate::store::{CallState, misfit};

/// A webhook, read under the host's limits.
#[derive(Debug, Clone, Default)]
pub struct ReceiveRequest {
    /// JSON; checked against the plugin's schema, defaults filled in.
    pub config: String,
    /// As received, without credentials.
    pub headers: Vec<(String, String)>,
    /// As received.
    pub body: Bytes,
    /// Whether the signature header matched the body; none when there is no key.
    pub hmac: Option<bool>,
    /// Whether the token header equals the secret; none when there is none.
    pub token: Option<bool>,
}

/// A reason to reconcile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// The payload's own name of what happened.
    pub event: String,
    /// Facts for filters.
    pub facts: Vec<(String, String)>,
}

/// A linked receiver.
pub(crate) struct Receiver(ReceiverPluginPre<CallState>);

impl Receiver {
    pub(crate) fn new(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        ReceiverPluginPre::new(pre).map(Self)
    }

    async fn instance(&self, store: &mut Store<CallState>) -> wasmtime::Result<ReceiverPlugin> {
        self.0.instantiate_async(store).await
    }

    /// Checks that the instance has this world's functions, and lets it describe itself.
    pub(crate) async fn describe(
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<RawDescription> {
        let plugin = ReceiverPlugin::new(&mut *store, instance).map_err(|error| misfit(store, &error))?;
        let found = plugin.sluice_plugin_meta().call_describe(store).await?;
        Ok(RawDescription {
            name: found.name,
            version: found.version,
            config_schema: found.config_schema,
            bindings: found.bindings,
            types: found.types,
        })
    }

    pub(crate) async fn receive(
        &self,
        store: &mut Store<CallState>,
        request: &ReceiveRequest,
    ) -> wasmtime::Result<Result<Vec<Trigger>, Error>> {
        let verdicts = contract::Verdicts {
            hmac: request.hmac,
            token: request.token,
        };
        let plugin = self.instance(store).await?;
        let receiver = plugin.sluice_plugin_receiver();
        let triggers = receiver
            .call_receive(store, &request.config, &request.headers, &request.body, verdicts)
            .await?;
        let lift = |trigger: contract::Trigger| Trigger {
            event: trigger.event,
            facts: trigger.facts,
        };
        Ok(triggers.map(|triggers| triggers.into_iter().map(lift).collect()))
    }
}

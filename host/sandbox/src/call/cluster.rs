//! Interface `cluster`: look-ups with the tenant's identity, recorded.

use sluice_model::Digest;

use super::{Lookup, endpoint_error};
use crate::bindings::imports::sluice::plugin::cluster::Host;
use crate::bindings::imports::sluice::plugin::types::Error;
use crate::store::CallState;

const LOOKUP: &str = "sluice:plugin/cluster.lookup";

/// Most look-ups of one call.
const MAX_LOOKUPS: usize = 10_000;

impl Host for CallState {
    async fn lookup(
        &mut self,
        api_version: String,
        kind: String,
        namespace: String,
        name: String,
    ) -> wasmtime::Result<Result<Option<String>, Error>> {
        let Some(cluster) = self.bindings.cluster.clone() else {
            return Ok(Err(Error::Denied("no cluster is bound to this call".into())));
        };
        if self.lookups.len() >= MAX_LOOKUPS {
            return Err(self.refuse_resource("look-ups", MAX_LOOKUPS as u64));
        }
        self.import = Some(LOOKUP);
        let found = cluster
            .lookup(api_version.clone(), kind.clone(), namespace.clone(), name.clone())
            .await;
        self.import = None;
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(Err(endpoint_error(error))),
        };
        let answer = found.as_ref().map(|json| Digest::of(json.as_bytes()));
        self.lookups.push(Lookup {
            api_version,
            kind,
            namespace,
            name,
            answer,
        });
        Ok(Ok(found))
    }
}

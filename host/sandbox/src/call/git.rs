//! Interface `git`: the repository that is bound to the object. The host moves the bytes.

use wasmtime::component::Resource;

use super::files::TreeHandle;
use super::{bound, endpoint_error};
use crate::bindings::imports::sluice::plugin::git::{Host, Reference};
use crate::bindings::imports::sluice::plugin::types::Error;
use crate::store::CallState;

const REFS: &str = "sluice:plugin/git.refs";
const OBJECT: &str = "sluice:plugin/git.object";
const SNAPSHOT: &str = "sluice:plugin/git.snapshot";

impl Host for CallState {
    async fn refs(
        &mut self,
        binding: String,
        prefixes: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<Reference>, Error>> {
        let endpoint = match bound(&self.bindings.git, &binding) {
            Ok(endpoint) => endpoint.clone(),
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(REFS);
        let refs = endpoint.refs(prefixes).await;
        self.import = None;
        let contract = |refs: Vec<sluice_model::port::GitReference>| {
            let each = |found: sluice_model::port::GitReference| Reference {
                name: found.name,
                oid: found.oid,
                peeled: found.peeled,
            };
            refs.into_iter().map(each).collect()
        };
        Ok(refs.map(contract).map_err(endpoint_error))
    }

    async fn object(&mut self, binding: String, oid: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let endpoint = match bound(&self.bindings.git, &binding) {
            Ok(endpoint) => endpoint.clone(),
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(OBJECT);
        let object = endpoint.object(oid).await;
        self.import = None;
        Ok(object.map(Into::into).map_err(endpoint_error))
    }

    async fn snapshot(
        &mut self,
        binding: String,
        oid: String,
        name: Option<String>,
    ) -> wasmtime::Result<Result<Resource<TreeHandle>, Error>> {
        let endpoint = match bound(&self.bindings.git, &binding) {
            Ok(endpoint) => endpoint.clone(),
            Err(error) => return Ok(Err(error)),
        };
        self.import = Some(SNAPSHOT);
        let snapshot = endpoint.snapshot(oid, name).await;
        self.import = None;
        match snapshot {
            Ok(tree) => Ok(Ok(self.keep_tree(TreeHandle::Snapshot(tree))?)),
            Err(error) => Ok(Err(endpoint_error(error))),
        }
    }
}

//! The port: one decryptor an object, over what the process shares.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use sluice_model::port::{DecryptError, Decryptor};
use sluice_model::{Digest, EntryKind, Object, TreeRead};
use sluice_transport::Transport;

use crate::data_key::DataKeys;
use crate::file::Opener;
use crate::key::{Keys, Reach, Services};
use crate::object;
use crate::source::{OpenedTree, named_files};

/// What all decryptors of a process share: the way to key services, and the data keys that are known.
pub struct Sops {
    reach: Reach,
    data_keys: Arc<DataKeys>,
    salt: [u8; 32],
}

impl Sops {
    /// With nothing known.
    pub fn new(transport: Arc<Transport>, services: Services) -> Self {
        Self {
            reach: Reach { transport, services },
            data_keys: Arc::default(),
            salt: rand::random(),
        }
    }

    /// The decryptor of one object. `components` are those that its spec adds to the kustomization at its root.
    pub fn decryptor(&self, keys: Keys, components: Vec<String>) -> SopsDecryptor {
        SopsDecryptor {
            fingerprint: keys.fingerprint(&self.salt),
            keys,
            components,
            reach: self.reach.clone(),
            data_keys: self.data_keys.clone(),
        }
    }
}

/// Decrypts with the keys of one object.
pub struct SopsDecryptor {
    keys: Keys,
    fingerprint: Digest,
    components: Vec<String>,
    reach: Reach,
    data_keys: Arc<DataKeys>,
}

impl SopsDecryptor {
    fn opener(&self) -> Opener<'_> {
        Opener {
            keys: &self.keys,
            fingerprint: &self.fingerprint,
            reach: &self.reach,
            data_keys: &self.data_keys,
        }
    }
}

#[async_trait]
impl Decryptor for SopsDecryptor {
    fn fingerprint(&self) -> Digest {
        self.fingerprint
    }

    async fn open(&self, tree: Arc<dyn TreeRead>, root: &str) -> Result<Arc<dyn TreeRead>, DecryptError> {
        let mut files = HashMap::new();
        for (path, format) in named_files(tree.as_ref(), root, &self.components) {
            let is_file = tree.stat(&path).is_ok_and(|stat| stat.kind == EntryKind::File);
            let Some(bytes) = Some(()).filter(|()| is_file).and_then(|()| tree.read(&path).ok()) else {
                continue;
            };
            if !format.marks(&bytes) {
                continue;
            }
            let opened = self.opener().decrypt(&bytes, format, format).await;
            let opened = opened.map_err(|error| DecryptError {
                place: format!("file {path:?}"),
                reason: error.to_string(),
            })?;
            files.insert(path, Bytes::from_owner(opened));
        }
        if files.is_empty() {
            return Ok(tree);
        }
        Ok(Arc::new(OpenedTree { inner: tree, files }))
    }

    async fn objects(&self, objects: Vec<Object>) -> Result<Vec<Object>, DecryptError> {
        let mut out = Vec::with_capacity(objects.len());
        for object in objects {
            out.push(object::decrypt(object, &self.opener()).await?);
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;

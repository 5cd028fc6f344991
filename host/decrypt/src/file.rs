//! A whole stored file: read, decrypted, its MAC checked, written again.

use sluice_model::Digest;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::data_key::DataKeys;
use crate::error::SopsError;
use crate::key::{Keys, Reach};
use crate::metadata::Metadata;
use crate::store::{self, Format};
use crate::tree::Value;
use crate::walk;

/// What opens files: keys, their fingerprint, the way to services and the data keys that are known.
#[derive(Clone, Copy)]
pub(crate) struct Opener<'a> {
    pub keys: &'a Keys,
    pub fingerprint: &'a Digest,
    pub reach: &'a Reach,
    pub data_keys: &'a DataKeys,
}

impl Opener<'_> {
    /// The cipher of a file's data key.
    pub async fn cipher(&self, metadata: &Metadata) -> Result<Cipher, SopsError> {
        let key = self
            .data_keys
            .open(metadata, self.keys, self.fingerprint, self.reach)
            .await?;
        Cipher::new(&key).ok_or_else(|| SopsError::DataKey("it is not 32 bytes long".into()))
    }

    /// The plaintext of a file, in the format that is wanted.
    ///
    /// # Errors
    /// It does not parse, no key opens it, a value or the MAC does not fit, or the format cannot hold it.
    pub async fn decrypt(
        &self,
        bytes: &[u8],
        from: Format,
        to: Format,
    ) -> Result<Zeroizing<Vec<u8>>, SopsError> {
        let mut loaded = store::load(bytes, from)?;
        let cipher = self.cipher(&loaded.metadata).await?;
        let metadata = &loaded.metadata;
        let mac = walk::decrypt(
            &mut loaded.documents,
            &cipher,
            &metadata.rule,
            metadata.encrypted_only,
        )?;
        check_mac(metadata, &cipher, &mac)?;
        store::emit(&loaded.documents, to)
    }
}

fn check_mac(metadata: &Metadata, cipher: &Cipher, computed: &str) -> Result<(), SopsError> {
    if metadata.mac.is_empty() {
        return Err(SopsError::NoMac);
    }
    let stored = cipher
        .decrypt(&metadata.mac, &metadata.modified)
        .map_err(|_| SopsError::Mac)?;
    match stored {
        Value::Str(text) if bool::from(text.ct_eq(computed.as_bytes())) => Ok(()),
        _ => Err(SopsError::Mac),
    }
}

//! OpenPGP (RFC 4880, RFC 6637), as far as GnuPG uses it to encrypt a data key: RSA and ECDH keys without passphrase,
//! AES, integrity protection by MDC.

mod armor;
mod packet;
mod private_key;
mod session;

use std::sync::Arc;

use super::Opened;
use packet::Packets;

pub(super) use private_key::PrivateKey;

/// Largest armored text; a data key for many recipients is some kilobytes.
const MAX_ARMORED: usize = 1 << 20;

/// The private keys that can decrypt in an armored key file.
///
/// # Errors
/// It holds none, or they have a passphrase.
pub(super) fn read(armored: &[u8]) -> Result<Vec<Arc<PrivateKey>>, String> {
    let bytes = armor::read(armored, "PGP PRIVATE KEY BLOCK").ok_or("is no armored PGP private key")?;
    let (mut keys, mut refused) = (Vec::new(), None);
    for packet in Packets::new(&bytes) {
        let packet = packet.ok_or("is no PGP private key: a packet is broken")?;
        if matches!(packet.tag, packet::SECRET_KEY | packet::SECRET_SUBKEY) {
            match PrivateKey::read(&packet.body) {
                Ok(Some(key)) => keys.push(Arc::new(key)),
                Ok(None) => {}
                Err(reason) => refused = Some(reason),
            }
        }
    }
    match (keys.is_empty(), refused) {
        (false, _) => Ok(keys),
        (true, Some(reason)) => Err(reason.into()),
        (true, None) => Err("holds no PGP private key that decrypts".into()),
    }
}

/// Opens an armored message with the first key that fits.
pub(super) fn open(keys: &[Arc<PrivateKey>], armored: &str) -> Result<Opened, String> {
    if keys.is_empty() {
        return Err("there is no PGP private key (a key *.asc of the decryption secret)".into());
    }
    let bytes =
        armor::read(armored.as_bytes(), "PGP MESSAGE").ok_or("the encrypted data key is no PGP message")?;
    session::open(keys, &bytes).map_err(String::from)
}

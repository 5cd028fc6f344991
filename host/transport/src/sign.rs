//! HMAC signatures over the exact bytes that are sent.

use hmac::{Hmac, Mac};
use sluice_model::port::HmacAlgorithm;

/// The hexadecimal HMAC of a body (RFC 2104); none when the algorithm does not take the key.
pub fn hmac_hex(algorithm: HmacAlgorithm, key: &[u8], body: &[u8]) -> Option<String> {
    match algorithm {
        HmacAlgorithm::Sha1 => digest::<Hmac<sha1::Sha1>>(key, body),
        HmacAlgorithm::Sha256 => digest::<Hmac<sha2::Sha256>>(key, body),
        HmacAlgorithm::Sha512 => digest::<Hmac<sha2::Sha512>>(key, body),
    }
}

fn digest<M: Mac + hmac::digest::KeyInit>(key: &[u8], body: &[u8]) -> Option<String> {
    let mut mac = <M as Mac>::new_from_slice(key).ok()?;
    mac.update(body);
    Some(hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 2202 (case 2) and RFC 4231 (case 2).
    #[test]
    fn signs_as_the_rfcs_do() {
        let (key, body) = (b"Jefe".as_slice(), b"what do ya want for nothing?".as_slice());
        let hexed = |algorithm| hmac_hex(algorithm, key, body).expect("any key");
        assert_eq!(
            hexed(HmacAlgorithm::Sha1),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hexed(HmacAlgorithm::Sha256),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(hexed(HmacAlgorithm::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    }
}

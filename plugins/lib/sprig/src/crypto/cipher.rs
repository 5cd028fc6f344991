//! `encryptAES` and `decryptAES`: AES-256 in CBC mode, the password padded with zeros as key, the IV in front.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};

use super::encoding::{decode_base64, encode_base64};
use super::random::Randomness;

/// Text that cannot be decrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// Not base64.
    #[error("{0}")]
    Encoding(String),
    /// Shorter than an IV.
    #[error("runtime error: slice bounds out of range [:16] with capacity {0}")]
    TooShort(usize),
    /// Not a multiple of the block size.
    #[error("crypto/cipher: input not full blocks")]
    PartialBlock,
    /// Nothing but an IV.
    #[error("runtime error: index out of range [-1]")]
    Empty,
    /// The padding is longer than the text, as with a wrong password.
    #[error("runtime error: slice bounds out of range [:{0}]")]
    Padding(i64),
}

fn key_of(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let used = password.len().min(32);
    key[..used].copy_from_slice(&password[..used]);
    key
}

/// Encrypts; nothing stays nothing.
pub fn encrypt_aes(password: &[u8], text: &[u8], random: &mut Randomness) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut iv = [0; 16];
    random.fill(&mut iv);
    let encryptor = cbc::Encryptor::<Aes256>::new(&key_of(password).into(), &iv.into());
    let encrypted = encryptor.encrypt_padded_vec::<Pkcs7>(text);
    encode_base64(&[iv.as_slice(), &encrypted].concat())
}

/// Decrypts. A wrong password is found by its padding, if at all.
///
/// # Errors
/// The text was not encrypted this way.
pub fn decrypt_aes(password: &[u8], text: &[u8]) -> Result<Vec<u8>, CipherError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let data = decode_base64(text).map_err(CipherError::Encoding)?;
    let Some((iv, encrypted)) = data.split_first_chunk::<16>() else {
        // Go makes room for all that the text may hold.
        return Err(CipherError::TooShort(text.len() / 4 * 3));
    };
    let decryptor = cbc::Decryptor::<Aes256>::new(&key_of(password).into(), &(*iv).into());
    let mut plain = decryptor
        .decrypt_padded_vec::<NoPadding>(encrypted)
        .map_err(|_| CipherError::PartialBlock)?;
    let Some(&padding) = plain.last() else {
        return Err(CipherError::Empty);
    };
    let end = plain.len().checked_sub(usize::from(padding));
    let Some(end) = end else {
        let end = i64::try_from(plain.len()).unwrap_or_default() - i64::from(padding);
        return Err(CipherError::Padding(end));
    };
    plain.truncate(end);
    Ok(plain)
}

//! Single values: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, with the path of the value as additional data.

use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::tree::{Text, Value};

/// How every encrypted value begins.
pub(crate) const PREFIX: &str = "ENC[AES256_GCM,";

/// Decrypts values with one data key.
pub(crate) struct Cipher {
    key: Zeroizing<[u8; 32]>,
    usual: AesGcm<Aes256, U32>,
}

/// The parts of an encrypted value.
struct Sealed<'a> {
    data: Zeroizing<Vec<u8>>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    kind: &'a str,
}

impl Cipher {
    /// With a data key of 32 bytes.
    pub fn new(key: &[u8]) -> Option<Self> {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(key.try_into().ok()?);
        let usual = AesGcm::new(GenericArray::from_slice(key.as_slice()));
        Some(Self { key, usual })
    }

    /// The value behind an encrypted text. Empty text is never encrypted.
    ///
    /// # Errors
    /// What is wrong with it, without its content.
    pub fn decrypt(&self, text: &str, path: &str) -> Result<Value, &'static str> {
        if text.is_empty() {
            return Ok(Value::text(""));
        }
        let sealed = Sealed::parse(text)?;
        let kind = sealed.kind;
        convert(self.open(sealed, path)?, kind)
    }

    fn open(&self, sealed: Sealed<'_>, path: &str) -> Result<Text, &'static str> {
        match sealed.iv.len() {
            32 => open(&self.usual, sealed, path),
            16 => open::<U16>(
                &AesGcm::new(GenericArray::from_slice(self.key.as_slice())),
                sealed,
                path,
            ),
            12 => open::<U12>(
                &AesGcm::new(GenericArray::from_slice(self.key.as_slice())),
                sealed,
                path,
            ),
            _ => Err("has an iv of a length that is not served"),
        }
    }
}

fn open<N: ArrayLength<u8>>(
    cipher: &AesGcm<Aes256, N>,
    mut sealed: Sealed<'_>,
    path: &str,
) -> Result<Text, &'static str> {
    if sealed.tag.len() != 16 {
        return Err("has a tag that is not 16 bytes long");
    }
    let (iv, tag) = (GenericArray::from_slice(&sealed.iv), Tag::from_slice(&sealed.tag));
    cipher
        .decrypt_in_place_detached(iv, path.as_bytes(), &mut sealed.data, tag)
        .map_err(|_| "does not decrypt: it was changed or moved, or the data key is another one")?;
    Ok(sealed.data)
}

impl<'a> Sealed<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let parts = text.strip_prefix(PREFIX).and_then(|rest| {
            let (inside, _) = rest.rsplit_once(']')?;
            let (rest, kind) = inside.rsplit_once(",type:")?;
            let (rest, tag) = rest.rsplit_once(",tag:")?;
            let (data, iv) = rest.strip_prefix("data:")?.rsplit_once(",iv:")?;
            Some((data, iv, tag, kind))
        });
        let (data, iv, tag, kind) = parts.ok_or("is not encrypted, though the metadata says it is")?;
        let decode = |text: &str| {
            STANDARD
                .decode(text)
                .map_err(|_| "holds a part that is not base64")
        };
        Ok(Self {
            data: Zeroizing::new(decode(data)?),
            iv: decode(iv)?,
            tag: decode(tag)?,
            kind,
        })
    }
}

/// The decrypted text as the type that stands beside the ciphertext. The type is not authenticated, the MAC covers the
/// value.
fn convert(text: Text, kind: &str) -> Result<Value, &'static str> {
    let wrong = "does not fit its type";
    let plain = || std::str::from_utf8(&text).map_err(|_| wrong);
    Ok(match kind {
        "str" | "bytes" => Value::Str(text),
        "comment" => Value::Comment(text),
        "int" => Value::Int(plain()?.parse().map_err(|_| wrong)?),
        "float" => Value::Float(plain()?.parse().map_err(|_| wrong)?),
        "bool" => Value::Bool(match plain()? {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => true,
            "0" | "f" | "F" | "false" | "FALSE" | "False" => false,
            _ => return Err(wrong),
        }),
        "time" => {
            plain()?.parse::<jiff::Timestamp>().map_err(|_| wrong)?;
            Value::Time(text)
        }
        _ => return Err("has a type that is not known"),
    })
}

/// Whether a text is an encrypted value.
pub(crate) fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_sealed_value() {
        let cipher = Cipher::new(&[7; 32]).expect("a key");
        for text in [
            "plain",
            "ENC[]",
            "ENC[AES256_GCM,data:,iv:,tag:,type:]",
            "ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]",
            "ENC[AES256_GCM,data:!,iv:AA==,tag:AA==,type:str]",
            "ENC[AES256_GCM,data:AA==,tag:AA==,iv:AA==,type:str]",
        ] {
            assert!(cipher.decrypt(text, "a:").is_err(), "{text}");
        }
        assert!(Cipher::new(&[7; 16]).is_none());
    }
}

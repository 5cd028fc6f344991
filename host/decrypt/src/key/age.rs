//! age v1 (age-encryption.org/v1, C2SP): X25519 identities open the armored files that data keys are kept in.

use std::sync::Arc;

use aws_lc_rs::aead::{self, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bech32::Bech32;
use bech32::primitives::decode::CheckedHrpstring;
use zeroize::Zeroizing;

use super::Opened;

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const VERSION: &str = "age-encryption.org/v1\n";
const FORM: &str = "age-secret-key-";
/// An armored data key is some hundred bytes a recipient.
const MAX_ARMORED: usize = 256 * 1024;
const MAX_RECIPIENTS: usize = 256;

/// A private key with its public key.
pub(super) struct Identity {
    private: PrivateKey,
    public: Vec<u8>,
}

/// The identities of a key file: `AGE-SECRET-KEY-1…` lines and comments.
///
/// # Errors
/// A line is neither; it is named by its number only.
pub(super) fn read(text: &str) -> Result<Vec<Arc<Identity>>, String> {
    let mut out = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let identity = Identity::read(line)
            .ok_or_else(|| format!("line {} is no X25519 identity of age (AGE-SECRET-KEY-1…)", at + 1))?;
        out.push(Arc::new(identity));
    }
    if out.is_empty() {
        return Err("holds no identity".into());
    }
    Ok(out)
}

impl Identity {
    fn read(text: &str) -> Option<Self> {
        let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
        if !checked.hrp().as_str().eq_ignore_ascii_case(FORM) {
            return None;
        }
        let scalar: Zeroizing<Vec<u8>> = Zeroizing::new(checked.byte_iter().collect());
        let private = PrivateKey::from_private_key(&X25519, &scalar).ok()?;
        let public = private.compute_public_key().ok()?.as_ref().to_vec();
        Some(Self { private, public })
    }

    /// The file key, when the stanza is for this identity.
    fn unwrap(&self, share: &[u8], body: &[u8]) -> Option<Opened> {
        let salt = [share, &self.public].concat();
        let peer = UnparsedPublicKey::new(&X25519, share);
        let key = agree(&self.private, peer, (), |shared| {
            derive(shared, &salt, b"age-encryption.org/v1/X25519").ok_or(())
        });
        let key = key.ok()?;
        let opened = open_aead(&key, [0; 12], body)?;
        (opened.len() == 16).then_some(opened)
    }
}

fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    let (salt, info) = (hkdf::Salt::new(hkdf::HKDF_SHA256, salt), [info]);
    let key = salt.extract(secret);
    key.expand(&info, hkdf::HKDF_SHA256)
        .ok()?
        .fill(out.as_mut_slice())
        .ok()?;
    Some(out)
}

fn open_aead(key: &[u8; 32], nonce: [u8; 12], sealed: &[u8]) -> Option<Opened> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let mut buffer = Zeroizing::new(sealed.to_vec());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let length = key
        .open_in_place(nonce, aead::Aad::empty(), &mut buffer)
        .ok()?
        .len();
    buffer.truncate(length);
    Some(buffer)
}

/// The parts of an age file.
struct File<'a> {
    /// Ephemeral share and wrapped file key of each X25519 stanza.
    stanzas: Vec<(Vec<u8>, Vec<u8>)>,
    /// What the MAC covers, and the MAC.
    header: &'a [u8],
    mac: Vec<u8>,
    nonce: &'a [u8],
    payload: &'a [u8],
}

/// Opens an armored age file with the first identity that fits.
pub(super) fn open(identities: &[Arc<Identity>], armored: &str) -> Result<Opened, String> {
    if identities.is_empty() {
        return Err("there is no age identity (a key *.agekey of the decryption secret)".into());
    }
    let bytes = dearmor(armored).ok_or("the encrypted data key is no armored age file")?;
    let file = File::read(&bytes).ok_or("the encrypted data key is no age file")?;
    let mut stanzas = file.stanzas.iter();
    let key = stanzas.find_map(|(share, body)| {
        identities
            .iter()
            .find_map(|identity| identity.unwrap(share, body))
    });
    let key = key.ok_or("no age identity matches")?;
    file.open(&key)
        .ok_or_else(|| "the encrypted data key does not decrypt".into())
}

fn dearmor(armored: &str) -> Option<Vec<u8>> {
    let inside = armored.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    if inside.len() > MAX_ARMORED {
        return None;
    }
    let base64: String = inside.split_ascii_whitespace().collect();
    STANDARD.decode(base64).ok()
}

impl<'a> File<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(VERSION.as_bytes())?;
        let mut stanzas = Vec::new();
        for _ in 0..=MAX_RECIPIENTS {
            let line = take_line(&mut rest)?;
            if let Some(mac) = line.strip_prefix("--- ") {
                let behind = bytes.len() - rest.len() - mac.len() - 2;
                let (nonce, payload) = rest.split_at_checked(16)?;
                return Some(Self {
                    stanzas,
                    header: bytes.get(..behind)?,
                    mac: STANDARD_NO_PAD.decode(mac).ok()?,
                    nonce,
                    payload,
                });
            }
            let arguments: Vec<&str> = line.strip_prefix("-> ")?.split(' ').collect();
            let body = take_body(&mut rest)?;
            if let ["X25519", share] = arguments.as_slice() {
                stanzas.push((STANDARD_NO_PAD.decode(share).ok()?, body));
            }
        }
        None
    }

    fn open(&self, key: &[u8]) -> Option<Opened> {
        let mac_key = derive(key, &[], b"header")?;
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, mac_key.as_slice());
        hmac::verify(&mac_key, self.header, &self.mac).ok()?;
        let payload_key = derive(key, self.nonce, b"payload")?;
        // a data key fits the first chunk, which is then the last one
        let mut nonce = [0; 12];
        nonce[11] = 1;
        open_aead(&payload_key, nonce, self.payload)
    }
}

fn take_line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, behind) = rest.split_at(end);
    *rest = &behind[1..];
    std::str::from_utf8(line).ok()
}

/// Base64 in lines of 64 characters; a shorter line, be it empty, ends it.
fn take_body(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let mut base64 = String::new();
    loop {
        let line = take_line(rest)?;
        base64.push_str(line);
        match line.len() {
            0..64 => return STANDARD_NO_PAD.decode(base64).ok(),
            64 if base64.len() < MAX_ARMORED => {}
            _ => return None,
        }
    }
}

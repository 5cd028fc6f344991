//! Encrypted messages: the session key of one recipient, then the protected data (RFC 4880, sections 5.1 and 5.13).

use std::io::Read as _;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::packet::{self, Packet, Packets, Reader};
use super::private_key::{Encrypted, PrivateKey};
use crate::key::Opened;

/// A data key or a share of one is far shorter.
const MAX_PLAINTEXT: u64 = 4096;
/// Compressed data within compressed data is no data key.
const MAX_NESTING: usize = 4;
const BROKEN: &str = "the encrypted data key does not decrypt";

/// Opens a message with the first key that it is addressed to.
///
/// # Errors
/// No key fits, or the message is not of a form that is served.
pub(super) fn open(keys: &[Arc<PrivateKey>], message: &[u8]) -> Result<Opened, &'static str> {
    let (mut session, mut addressed) = (None, false);
    for packet in Packets::new(message) {
        let packet = packet.ok_or("the encrypted data key is no PGP message")?;
        match packet.tag {
            packet::ENCRYPTED_SESSION_KEY if session.is_none() => {
                let (found, hit) = session_key(keys, &packet);
                session = found;
                addressed |= hit;
            }
            packet::PROTECTED_DATA => {
                let session = match (session, addressed) {
                    (Some(session), _) => session,
                    (None, true) => return Err(BROKEN),
                    (None, false) => return Err("no PGP private key matches"),
                };
                return protected(&packet.body, &session);
            }
            packet::OCB_DATA => return Err("it is in GnuPG's OCB mode, which is not served"),
            _ => {}
        }
    }
    Err("the encrypted data key is no encrypted PGP message")
}

/// The session key, and whether a key was addressed at all.
fn session_key(keys: &[Arc<PrivateKey>], packet: &Packet) -> (Option<Opened>, bool) {
    let mut addressed = false;
    for key in keys {
        let Some(mut encrypted) = Encrypted::read(&packet.body) else {
            break;
        };
        if key.is_addressed(&encrypted) {
            addressed = true;
            if let Some(session) = key.decrypt(&mut encrypted).filter(|session| is_sound(session)) {
                return (Some(session), true);
            }
        }
    }
    (None, addressed)
}

/// The last two bytes are the sum of the key's.
fn is_sound(session: &[u8]) -> bool {
    let Some((key, &[high, low])) = session.split_last_chunk::<2>() else {
        return false;
    };
    let sum = key
        .iter()
        .skip(1)
        .fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    key.len() > 1 && sum == u16::from_be_bytes([high, low])
}

fn protected(body: &[u8], session: &[u8]) -> Result<Opened, &'static str> {
    let Some((&1, data)) = body.split_first() else {
        return Err("its integrity protection is of a version that is not served");
    };
    let key = &session[1..session.len() - 2];
    let algorithm = match session[0] {
        7 => &AES_128,
        8 => &AES_192,
        9 => &AES_256,
        _ => return Err("its cipher is not AES"),
    };
    let key = UnboundCipherKey::new(algorithm, key).and_then(DecryptingKey::cfb128);
    let key = key.map_err(|_| BROKEN)?;
    let mut plain = Zeroizing::new(data.to_vec());
    let context = DecryptionContext::Iv128(FixedLength::from([0; 16]));
    key.decrypt(&mut plain, context).map_err(|_| BROKEN)?;
    let covered = plain.len().checked_sub(20).ok_or(BROKEN)?;
    let (text, mac) = plain.split_at(covered);
    let digest = Sha1::digest(text);
    let marked = text.ends_with(&[0xd3, 0x14]);
    if !marked || !bool::from(digest.as_slice().ct_eq(mac)) {
        return Err(BROKEN);
    }
    let inner = text.get(18..covered - 2).ok_or(BROKEN)?;
    literal(inner, 0).ok_or(BROKEN)
}

/// The content of the literal packet, unpacked where it is compressed.
fn literal(bytes: &[u8], nesting: usize) -> Option<Opened> {
    for packet in Packets::new(bytes) {
        let packet = packet?;
        let mut reader = Reader(&packet.body);
        match packet.tag {
            packet::LITERAL => {
                reader.byte()?;
                let name = reader.byte()?;
                reader.take(usize::from(name))?;
                reader.take(4)?;
                return Some(Zeroizing::new(reader.0.to_vec()));
            }
            packet::COMPRESSED if nesting < MAX_NESTING => {
                let mut out = Zeroizing::new(Vec::new());
                match reader.byte()? {
                    0 => out.extend_from_slice(reader.0),
                    1 => drop(
                        DeflateDecoder::new(reader.0)
                            .take(MAX_PLAINTEXT)
                            .read_to_end(&mut out)
                            .ok()?,
                    ),
                    2 => drop(
                        ZlibDecoder::new(reader.0)
                            .take(MAX_PLAINTEXT)
                            .read_to_end(&mut out)
                            .ok()?,
                    ),
                    _ => return None,
                }
                return literal(&out, nesting + 1);
            }
            _ => {}
        }
    }
    None
}

//! Private keys that decrypt session keys (RFC 4880 section 5.5.3, RFC 6637).

use aws_lc_rs::agreement::{self, Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, UnparsedPublicKey, X25519};
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use num_bigint::BigUint;
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::packet::Reader;
use crate::key::Opened;

const RSA: [u8; 2] = [1, 2];
const ECDH: u8 = 18;
const CV25519: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x97, 0x55, 0x01, 0x05, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// A private key.
pub(in crate::key) struct PrivateKey {
    fingerprint: [u8; 20],
    material: Material,
}

enum Material {
    Rsa(Box<Pkcs1PrivateDecryptingKey>),
    Ecdh {
        key: agreement::PrivateKey,
        curve: &'static Algorithm,
        oid: Vec<u8>,
        hash: u8,
        cipher: u8,
    },
}

/// A session key that is encrypted for one key.
pub(super) struct Encrypted<'a> {
    pub key_id: [u8; 8],
    pub algorithm: u8,
    pub rest: Reader<'a>,
}

impl<'a> Encrypted<'a> {
    pub fn read(body: &'a [u8]) -> Option<Self> {
        let mut rest = Reader(body);
        if rest.byte()? != 3 {
            return None;
        }
        Some(Self {
            key_id: rest.take(8)?.try_into().ok()?,
            algorithm: rest.byte()?,
            rest,
        })
    }
}

impl PrivateKey {
    /// From the body of a packet; none for keys that only sign.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(body: &[u8]) -> Result<Option<Self>, &'static str> {
        let broken = "holds a PGP private key that does not parse";
        let mut reader = Reader(body);
        if reader.byte() != Some(4) {
            return Err("holds a PGP private key of a version other than 4");
        }
        reader.take(4).ok_or(broken)?;
        let algorithm = reader.byte().ok_or(broken)?;
        match algorithm {
            1 | 2 => Self::read_rsa(body, reader).map(Some),
            ECDH => Self::read_ecdh(body, reader).map(Some),
            _ => Ok(None),
        }
    }

    fn read_rsa(body: &[u8], mut reader: Reader<'_>) -> Result<Self, &'static str> {
        let broken = "holds an RSA key that does not parse";
        let modulus = reader.integer().ok_or(broken)?;
        let exponent = reader.integer().ok_or(broken)?;
        let fingerprint = fingerprint(body, &reader);
        require_plain(&mut reader)?;
        let mut next = || reader.integer().map(BigUint::from_bytes_be).ok_or(broken);
        let (d, p, q, inverse) = (next()?, next()?, next()?, next()?);
        let one = BigUint::from(1u8);
        if p <= one || q <= one {
            return Err(broken);
        }
        // OpenPGP's u is the inverse of p modulo q; PKCS #1 wants that of its second prime modulo its first
        let numbers = [
            BigUint::from_bytes_be(modulus),
            BigUint::from_bytes_be(exponent),
            d.clone(),
            q.clone(),
            p.clone(),
            &d % (&q - &one),
            &d % (&p - &one),
            inverse,
        ];
        let der = der::pkcs8(&numbers);
        let key = PrivateDecryptingKey::from_pkcs8(&der).ok();
        let key = key.and_then(|key| Pkcs1PrivateDecryptingKey::new(key).ok());
        let key = key.ok_or("holds an RSA key that is not valid, or not of 2048 to 8192 bits")?;
        Ok(Self {
            fingerprint,
            material: Material::Rsa(Box::new(key)),
        })
    }

    fn read_ecdh(body: &[u8], mut reader: Reader<'_>) -> Result<Self, &'static str> {
        let broken = "holds an ECDH key that does not parse";
        let length = reader.byte().ok_or(broken)?;
        let oid = reader.take(usize::from(length)).ok_or(broken)?;
        reader.integer().ok_or(broken)?;
        let &[3, 1, hash, cipher] = reader.take(4).ok_or(broken)? else {
            return Err(broken);
        };
        let fingerprint = fingerprint(body, &reader);
        require_plain(&mut reader)?;
        let number = reader.integer().ok_or(broken)?;
        let (curve, length): (&'static Algorithm, _) = match oid {
            CV25519 => (&X25519, 32),
            P256 => (&ECDH_P256, 32),
            P384 => (&ECDH_P384, 48),
            P521 => (&ECDH_P521, 66),
            _ => return Err("holds an ECDH key on a curve that is not served"),
        };
        let mut scalar = Zeroizing::new(vec![0; length]);
        let start = length.checked_sub(number.len()).ok_or(broken)?;
        scalar[start..].copy_from_slice(number);
        if oid == CV25519 {
            scalar.reverse();
        }
        let key = agreement::PrivateKey::from_private_key(curve, &scalar).map_err(|_| broken)?;
        let oid = oid.to_vec();
        let material = Material::Ecdh {
            key,
            curve,
            oid,
            hash,
            cipher,
        };
        Ok(Self {
            fingerprint,
            material,
        })
    }

    /// Whether a session key may be for this key; an id of zeros names nobody.
    pub(super) fn is_addressed(&self, encrypted: &Encrypted<'_>) -> bool {
        encrypted.key_id == [0; 8] || encrypted.key_id == self.fingerprint[12..]
    }

    /// The session key: cipher, key and checksum.
    pub(super) fn decrypt(&self, encrypted: &mut Encrypted<'_>) -> Option<Opened> {
        match &self.material {
            Material::Rsa(key) if RSA.contains(&encrypted.algorithm) => {
                let number = encrypted.rest.integer()?;
                let size = key.key_size_bytes();
                let mut padded = vec![0; size];
                let start = size.checked_sub(number.len())?;
                padded[start..].copy_from_slice(number);
                let mut out = Zeroizing::new(vec![0; key.min_output_size()]);
                let length = key.decrypt(&padded, &mut out).ok()?.len();
                out.truncate(length);
                Some(out)
            }
            Material::Ecdh { .. } if encrypted.algorithm == ECDH => self.decrypt_ecdh(encrypted),
            _ => None,
        }
    }

    fn decrypt_ecdh(&self, encrypted: &mut Encrypted<'_>) -> Option<Opened> {
        let Material::Ecdh {
            key,
            curve,
            oid,
            hash,
            cipher,
        } = &self.material
        else {
            return None;
        };
        let point = encrypted.rest.integer()?;
        let point = if oid.as_slice() == CV25519 {
            point.strip_prefix(&[0x40])?
        } else {
            point
        };
        let length = encrypted.rest.byte()?;
        let wrapped = encrypted.rest.take(usize::from(length))?;
        let mut context = vec![u8::try_from(oid.len()).ok()?];
        context.extend_from_slice(oid);
        context.extend_from_slice(&[ECDH, 3, 1, *hash, *cipher]);
        context.extend_from_slice(b"Anonymous Sender    ");
        context.extend_from_slice(&self.fingerprint);
        let peer = UnparsedPublicKey::new(curve, point);
        let digest =
            agreement::agree(key, peer, (), |shared| digest(*hash, shared, &context).ok_or(())).ok()?;
        let (algorithm, size) = match cipher {
            7 => (&AES_128, 16),
            9 => (&AES_256, 32),
            _ => return None,
        };
        let kek = AesKek::new(algorithm, digest.get(..size)?).ok()?;
        let mut out = Zeroizing::new(vec![0; wrapped.len()]);
        let length = kek.unwrap(wrapped, &mut out).ok()?.len();
        // padded to a multiple of eight with the number of added bytes
        let padding = usize::from(*out.get(length.checked_sub(1)?)?);
        out.truncate(length.checked_sub(padding)?);
        Some(out)
    }
}

/// One round of the key derivation of RFC 6637, section 7.
fn digest(hash: u8, shared: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let input = Zeroizing::new([&[0, 0, 0, 1], shared, context].concat());
    Some(Zeroizing::new(match hash {
        8 => Sha256::digest(&*input).to_vec(),
        9 => Sha384::digest(&*input).to_vec(),
        10 => Sha512::digest(&*input).to_vec(),
        _ => return None,
    }))
}

/// Of the public part, which ends where the reader is.
fn fingerprint(body: &[u8], reader: &Reader<'_>) -> [u8; 20] {
    let public = &body[..body.len() - reader.0.len()];
    let mut hash = Sha1::new();
    hash.update([0x99]);
    hash.update(u16::try_from(public.len()).unwrap_or_default().to_be_bytes());
    hash.update(public);
    hash.finalize().into()
}

fn require_plain(reader: &mut Reader<'_>) -> Result<(), &'static str> {
    match reader.byte() {
        Some(0) => Ok(()),
        Some(_) => Err("holds a PGP private key with a passphrase: export it without one"),
        None => Err("holds a PGP private key that is cut off"),
    }
}

/// An RSA key as PKCS #8 (RFC 5208 around RFC 8017, A.1.2).
mod der {
    use num_bigint::BigUint;
    use zeroize::Zeroizing;

    type Der = Zeroizing<Vec<u8>>;

    fn tagged(tag: u8, content: &[u8]) -> Der {
        let length = content.len().to_be_bytes();
        let zeros = length.iter().take_while(|byte| **byte == 0).count();
        let length = &length[zeros..];
        let mut out = Zeroizing::new(vec![tag]);
        match content.len() {
            short @ 0..128 => out.push(short as u8),
            _ => {
                out.push(0x80 | length.len() as u8);
                out.extend_from_slice(length);
            }
        }
        out.extend_from_slice(content);
        out
    }

    fn integer(number: &BigUint) -> Der {
        let mut bytes = Zeroizing::new(number.to_bytes_be());
        if bytes.first().is_some_and(|first| first & 0x80 != 0) {
            bytes.insert(0, 0);
        }
        tagged(2, &bytes)
    }

    pub(super) fn pkcs8(numbers: &[BigUint; 8]) -> Der {
        const RSA: [u8; 15] = [
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
        ];
        let mut key = integer(&BigUint::ZERO);
        for number in numbers {
            key.extend_from_slice(&integer(number));
        }
        let key = tagged(4, &tagged(0x30, &key));
        let version = integer(&BigUint::ZERO);
        tagged(
            0x30,
            &[version.as_slice(), RSA.as_slice(), key.as_slice()].concat(),
        )
    }
}

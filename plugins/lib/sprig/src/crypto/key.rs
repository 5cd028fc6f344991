//! Private keys: generating, signing, and their DER and PEM forms as Go writes them.

use dsa::{Components, KeySize};
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use rsa::pkcs1::{EncodeRsaPrivateKey as _, EncodeRsaPublicKey as _};
use rsa::pkcs1v15::Pkcs1v15Sign;
use sha2::{Digest as _, Sha256};

use super::der;
use super::pem;
use super::random::Randomness;

/// OIDs in DER, without tag.
const RSA_ENCRYPTION: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1];
const SHA256_WITH_RSA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 11];
const EC_PUBLIC_KEY: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1];
const PRIME256V1: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
const ECDSA_WITH_SHA256: &[u8] = &[0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, 2];
const ED25519: &[u8] = &[0x2B, 0x65, 0x70];

/// A private key of a kind that sprig knows.
pub enum PrivateKey {
    /// RSA
    Rsa(Box<rsa::PrivateKey>),
    /// ECDSA on P-256
    Ecdsa(p256::ecdsa::SigningKey),
    /// Ed25519
    Ed25519(ed25519_dalek::SigningKey),
    /// DSA in its own DER form; Go cannot sign certificates with it
    Dsa(Vec<u8>),
}

/// `genPrivateKey`: a new key in PEM, or Go's words for a kind it does not know.
pub fn generate(kind: &[u8], random: &mut Randomness) -> Result<String, String> {
    let failed = |reason: String| format!("failed to generate private key: {reason}");
    let key = match kind {
        b"" | b"rsa" => PrivateKey::generate_rsa(4096, random).map_err(failed)?,
        b"dsa" => generate_dsa(random).map_err(failed)?,
        b"ecdsa" => generate_ecdsa(random).map_err(failed)?,
        b"ed25519" => {
            let mut seed = [0; 32];
            random.fill(&mut seed);
            PrivateKey::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed))
        }
        _ => return Ok(format!("Unknown type {}", String::from_utf8_lossy(kind))),
    };
    key.to_pem().map_err(failed)
}

fn generate_ecdsa(random: &mut Randomness) -> Result<PrivateKey, String> {
    // Nearly every text of 32 bytes is a key of this curve.
    for _ in 0..16 {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&bytes) {
            return Ok(PrivateKey::Ecdsa(key));
        }
    }
    Err("no key in 16 attempts".to_owned())
}

fn generate_dsa(random: &mut Randomness) -> Result<PrivateKey, String> {
    let generator = random.generator();
    let Ok(components) = Components::try_generate_from_rng_with_key_size(generator, KeySize::DSA_2048_256);
    let Ok(key) = dsa::SigningKey::try_generate_from_rng_with_components(generator, components);
    let public = key.verifying_key();
    let components = public.components();
    let numbers = [
        components.p().to_be_bytes(),
        components.q().to_be_bytes(),
        components.g().to_be_bytes(),
        public.y().to_be_bytes(),
        key.x().to_be_bytes(),
    ]
    .map(|bytes| der::integer(&bytes));
    let version = der::integer(&[0]);
    let mut parts: Vec<&[u8]> = vec![&version];
    parts.extend(numbers.iter().map(Vec::as_slice));
    Ok(PrivateKey::Dsa(der::sequence(&parts)))
}

impl PrivateKey {
    /// A new RSA key.
    ///
    /// # Errors
    /// The library's words.
    pub fn generate_rsa(bits: usize, random: &mut Randomness) -> Result<Self, String> {
        let key = rsa::PrivateKey::new(random.generator(), bits).map_err(|error| error.to_string())?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// The PEM block that sprig writes for this kind.
    ///
    /// # Errors
    /// The key cannot be encoded.
    pub fn to_pem(&self) -> Result<String, String> {
        Ok(match self {
            Self::Rsa(key) => {
                let encoded = key.to_pkcs1_der().map_err(|error| error.to_string())?;
                pem::encode("RSA PRIVATE KEY", encoded.as_bytes())
            }
            Self::Ecdsa(key) => pem::encode("EC PRIVATE KEY", &sec1(key)),
            Self::Ed25519(key) => {
                let algorithm = der::sequence(&[&der::element(der::OID, &[ED25519])]);
                let seed = der::element(der::OCTETS, &[&der::element(der::OCTETS, &[key.as_bytes()])]);
                pem::encode(
                    "PRIVATE KEY",
                    &der::sequence(&[&der::integer(&[0]), &algorithm, &seed]),
                )
            }
            Self::Dsa(encoded) => pem::encode("DSA PRIVATE KEY", encoded),
        })
    }

    /// The public key as SubjectPublicKeyInfo, and the content of its bit string; `None` for DSA.
    pub(super) fn public_key(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let (algorithm, key) = match self {
            Self::Rsa(key) => {
                let encoded = key.to_public_key().to_pkcs1_der().ok()?;
                (algorithm(RSA_ENCRYPTION, der::NULL), encoded.as_bytes().to_vec())
            }
            Self::Ecdsa(key) => {
                let curve = der::element(der::OID, &[PRIME256V1]);
                (algorithm(EC_PUBLIC_KEY, &curve), point(key))
            }
            Self::Ed25519(key) => (algorithm(ED25519, &[]), key.verifying_key().as_bytes().to_vec()),
            Self::Dsa(_) => return None,
        };
        Some((der::sequence(&[&algorithm, &der::bits(&key)]), key))
    }

    /// The identifier of the algorithm that [`sign`](Self::sign) uses.
    pub(super) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        Some(match self {
            Self::Rsa(_) => algorithm(SHA256_WITH_RSA, der::NULL),
            Self::Ecdsa(_) => algorithm(ECDSA_WITH_SHA256, &[]),
            Self::Ed25519(_) => algorithm(ED25519, &[]),
            Self::Dsa(_) => return None,
        })
    }

    pub(super) fn sign(&self, message: &[u8], random: &mut Randomness) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => {
                let digest = Sha256::digest(message);
                let padding = Pkcs1v15Sign::new::<rsa::sha2::Sha256>();
                key.sign_with_rng(random.generator(), padding, &digest)
                    .map_err(|error| error.to_string())
            }
            Self::Ecdsa(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
            Self::Ed25519(key) => Ok(ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec()),
            Self::Dsa(_) => Err("x509: certificate private key does not implement crypto.Signer".to_owned()),
        }
    }
}

fn algorithm(oid: &[u8], parameters: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::element(der::OID, &[oid]), parameters])
}

fn point(key: &p256::ecdsa::SigningKey) -> Vec<u8> {
    let public = p256::PublicKey::from(key.verifying_key());
    public.to_sec1_point(false).as_bytes().to_vec()
}

fn sec1(key: &p256::ecdsa::SigningKey) -> Vec<u8> {
    let secret = der::element(der::OCTETS, &[&key.to_bytes()]);
    let curve = der::element(0xA0, &[&der::element(der::OID, &[PRIME256V1])]);
    let public = der::element(0xA1, &[&der::bits(&point(key))]);
    der::sequence(&[&der::integer(&[1]), &secret, &curve, &public])
}

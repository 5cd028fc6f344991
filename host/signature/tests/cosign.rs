//! Signatures that cosign 3.0.6 made with keys (`tests/data`, by `tests/data/README.md`), and what must not count.

#![allow(clippy::expect_used, reason = "a test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sluice_model::Digest;
use sluice_signature::{Attached, BUNDLE_TYPE, KeyError, PAYLOAD_TYPE, PublicKey, SignatureError, verify};

macro_rules! data {
    ($name:expr) => {
        include_bytes!(concat!("data/", $name)).as_slice()
    };
}

fn key(pem: &[u8]) -> PublicKey {
    PublicKey::from_pem(pem).expect("a key")
}

fn digest(hex: &str) -> Digest {
    format!("sha256:{hex}").parse().expect("a digest")
}

const P256: &str = "afd03071cebb09d5b4bb46e7005dd7390bee0b5be88a63192fb339fea43a5d05";
const P256_BUNDLE: &str = "bedf56b15c717a44c29f09014f7d8afa3963e633ee920596088ea2fb74c816fd";

fn payload<'a>(bytes: &'a [u8], signature: &'a str) -> Attached<'a> {
    Attached {
        media_type: PAYLOAD_TYPE,
        bytes,
        signature: Some(signature),
    }
}

fn bundle(bytes: &[u8]) -> Attached<'_> {
    Attached {
        media_type: "application/vnd.dev.sigstore.bundle.v0.3+json",
        bytes,
        signature: None,
    }
}

/// A signature and a bundle of each algorithm; the wrong key is tried first, as a Secret may hold several.
#[test]
#[allow(clippy::cognitive_complexity, reason = "a macro for each algorithm")]
fn signatures_of_all_algorithms_count() {
    let other = key(data!("other.pub"));
    macro_rules! check {
        ($algorithm:literal, $payload:expr) => {
            let keys = [other.clone(), key(data!(concat!($algorithm, ".pub")))];
            let signature = include_str!(concat!("data/", $algorithm, ".sig"));
            let attached = payload(data!(concat!($algorithm, ".payload.json")), signature);
            assert_eq!(
                verify(&attached, &digest($payload), &keys),
                Ok(()),
                $algorithm
            );
            assert_eq!(
                verify(&attached, &digest($payload), &keys[..1]),
                Err(SignatureError::WrongKey)
            );
            assert_eq!(
                verify(&attached, &digest(P256_BUNDLE), &keys),
                Err(SignatureError::OtherArtifact)
            );
        };
        ($algorithm:literal, $payload:expr, $bundle:expr) => {
            check!($algorithm, $payload);
            let keys = [other.clone(), key(data!(concat!($algorithm, ".pub")))];
            let attached = bundle(data!(concat!($algorithm, ".bundle.json")));
            assert_eq!(
                verify(&attached, &digest($bundle), &keys),
                Ok(()),
                $algorithm
            );
            assert_eq!(
                verify(&attached, &digest($bundle), &keys[..1]),
                Err(SignatureError::WrongKey)
            );
            assert_eq!(
                verify(&attached, &digest("00".repeat(32).as_str()), &keys),
                Err(SignatureError::OtherArtifact)
            );
        };
    }
    check!("p256", P256, P256_BUNDLE);
    let p384 = "f3de7721b5135f6cf74b1e5aacdb26e30bbfefa3e83c56e4ff7f6ea9dc7fc68c";
    check!("p384", p384, p384);
    let p521 = "c87e4addc60dfd87167955ccbdee21954f9dd3822f1eb134d3da82dabb699b70";
    check!("p521", p521, p521);
    let rsa = "e84820dd2beb9ca0fcf92590122875f97bc34e8458efa4d09a8a65a7402e4e82";
    check!("rsa", rsa, rsa);
    check!(
        "ed25519",
        "913f3f21e16e2517dcbe6aa600b6fb9112c429c4e8fbbafa315617ffc047c5fd"
    );
}

/// `cosign verify` takes any statement of the key for a signature; what is stated matters here.
#[test]
fn an_attestation_is_no_signature() {
    let artifact = digest("5eb38491ba00d9223d55cc9d3458d7fe99ab2b46d0e2ae9a3bcf5b0e9adcb3ec");
    let keys = [key(data!("p256.pub"))];
    let attached = bundle(data!("attestation.bundle.json"));
    assert_eq!(
        verify(&attached, &artifact, &keys),
        Err(SignatureError::OtherStatement)
    );
}

/// No byte of what is signed, and none of the signature, can be changed.
#[test]
fn changed_bytes_do_not_count() {
    let keys = [key(data!("p256.pub"))];
    let (text, signature) = (data!("p256.payload.json"), include_str!("data/p256.sig"));
    let artifact = digest(P256);
    for at in 0..text.len() {
        let mut changed = text.to_vec();
        changed[at] ^= 1;
        assert_eq!(
            verify(&payload(&changed, signature), &artifact, &keys),
            Err(SignatureError::WrongKey)
        );
    }
    let raw = STANDARD.decode(signature).expect("base64");
    for at in 0..raw.len() {
        let mut changed = raw.clone();
        changed[at] ^= 1;
        assert_eq!(
            verify(&payload(text, &STANDARD.encode(changed)), &artifact, &keys),
            Err(SignatureError::WrongKey)
        );
    }
}

/// Parts of a bundle that are exchanged or left out.
#[test]
fn changed_bundles_do_not_count() {
    let keys = [key(data!("p256.pub"))];
    let artifact = digest(P256_BUNDLE);
    let text = String::from_utf8(data!("p256.bundle.json").to_vec()).expect("text");
    let refused = |text: &str| verify(&bundle(text.as_bytes()), &artifact, &keys).expect_err("is refused");
    assert!(matches!(refused("{}"), SignatureError::Malformed(_)));
    assert!(matches!(refused("[]"), SignatureError::Malformed(_)));
    assert!(matches!(
        refused(r#"{"messageSignature":{"signature":"AA=="}}"#),
        SignatureError::Malformed(_)
    ));
    let retyped = text.replace("vnd.in-toto+json", "vnd.in-toto");
    assert_eq!(refused(&retyped), SignatureError::OtherStatement);
    let unsigned = text.replace("\"sig\":\"ME", "\"sig\":\"MA");
    assert_eq!(refused(&unsigned), SignatureError::WrongKey);
    // the statement of another bundle under this signature
    let start = text.find("\"payload\":\"").expect("a payload") + 11;
    let end = start + text[start..].find('"').expect("its end");
    let foreign = String::from_utf8(data!("rsa.bundle.json").to_vec()).expect("text");
    let from = foreign.find("\"payload\":\"").expect("a payload") + 11;
    let to = from + foreign[from..].find('"').expect("its end");
    let exchanged = format!("{}{}{}", &text[..start], &foreign[from..to], &text[end..]);
    assert_eq!(refused(&exchanged), SignatureError::WrongKey);
}

#[test]
fn what_is_unknown_or_too_large_does_not_count() {
    let keys = [key(data!("p256.pub"))];
    let artifact = digest(P256);
    let mut attached = payload(data!("p256.payload.json"), include_str!("data/p256.sig"));
    attached.media_type = "text/plain";
    assert_eq!(
        verify(&attached, &artifact, &keys),
        Err(SignatureError::UnknownType)
    );
    attached.media_type = PAYLOAD_TYPE;
    attached.signature = None;
    assert!(matches!(
        verify(&attached, &artifact, &keys),
        Err(SignatureError::Malformed(_))
    ));
    let large = vec![b' '; (1 << 20) + 1];
    assert_eq!(
        verify(&bundle(&large), &artifact, &keys),
        Err(SignatureError::TooLarge)
    );
    assert!("application/vnd.dev.sigstore.bundle.v0.3+json".starts_with(BUNDLE_TYPE));
}

#[test]
fn keys_are_pem_blocks_of_known_algorithms() {
    let unusable = |pem: &[u8]| PublicKey::from_pem(pem).expect_err("is refused");
    assert_eq!(unusable(b""), KeyError::NoPem);
    assert_eq!(unusable(b"ssh-ed25519 AAAA"), KeyError::NoPem);
    let private = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert_eq!(unusable(private), KeyError::NoPem);
    let empty = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    assert_eq!(unusable(empty), KeyError::UnknownAlgorithm);
    assert_eq!(unusable(data!("rsa1024.pub")), KeyError::UnknownAlgorithm);
}

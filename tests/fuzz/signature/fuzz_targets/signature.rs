//! Any bytes as a blob of a registry, unsigned and signed. What no trusted key signed never counts; what one signed is read
//! as a text and as a statement, and counts only where the artifact's digest stands in it.
#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use sluice_model::Digest;
use sluice_signature::{Attached, BUNDLE_TYPE, PAYLOAD_TYPE, PublicKey, verify};

const HEX: &str = "afd03071cebb09d5b4bb46e7005dd7390bee0b5be88a63192fb339fea43a5d05";
const STATEMENT: &str = "application/vnd.in-toto+json";

struct Signer {
    pair: EcdsaKeyPair,
    keys: Vec<PublicKey>,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
    let der = pair.public_key().as_der().expect("a public key");
    let body = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
    let keys = vec![PublicKey::from_pem(pem.as_bytes()).expect("reads")];
    Signer { pair, keys }
});

fn sign(message: &[u8]) -> String {
    let signed = SIGNER.pair.sign(&SystemRandom::new(), message).expect("signs");
    STANDARD.encode(signed.as_ref())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    // an escaped digest is the digest, too
    bytes.windows(text.len()).any(|it| it == text.as_bytes()) || bytes.contains(&b'\\')
}

fuzz_target!(|bytes: &[u8]| {
    let artifact: Digest = format!("sha256:{HEX}").parse().expect("a digest");
    let check = |media_type: &str, bytes: &[u8], signature: Option<&str>| {
        let attached = Attached {
            media_type,
            bytes,
            signature,
        };
        verify(&attached, &artifact, &SIGNER.keys).is_ok()
    };
    let text = String::from_utf8_lossy(bytes);
    assert!(!check(PAYLOAD_TYPE, bytes, None) && !check(PAYLOAD_TYPE, bytes, Some(&text)));
    assert!(!check(PAYLOAD_TYPE, bytes, Some(&sign(b"another text"))));
    assert!(!check(BUNDLE_TYPE, bytes, None));
    if check(PAYLOAD_TYPE, bytes, Some(&sign(bytes))) {
        assert!(contains(bytes, HEX));
    }
    let head = format!("DSSEv1 {} {STATEMENT} {} ", STATEMENT.len(), bytes.len());
    let signature = sign(&[head.as_bytes(), bytes].concat());
    let envelope = json!({"payload": STANDARD.encode(bytes), "payloadType": STATEMENT, "signatures": [{"sig": signature}]});
    let bundle = json!({"dsseEnvelope": envelope}).to_string();
    if check(BUNDLE_TYPE, bundle.as_bytes(), None) {
        assert!(contains(bytes, HEX));
    }
    // a key, too, is what somebody wrote into a Secret
    let _ = PublicKey::from_pem(bytes);
});

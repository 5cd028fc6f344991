//! Certificates are sound: names, times, extensions and signatures, as another implementation reads them.

#![allow(clippy::expect_used, reason = "a test")]

use std::net::IpAddr;

use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1v15::Pkcs1v15Sign;
use sha2::{Digest as _, Sha256};
use sluice_sprig::crypto::{
    Certificate, PrivateKey, Randomness, Request, Validity, check_pair, decode_base64, issue, self_sign,
};
use x509_cert::Certificate as Parsed;
use x509_cert::der::{Decode as _, Encode as _};

fn der(pem: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(pem).expect("UTF-8");
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    decode_base64(body.as_bytes()).expect("base64")
}

fn request(name: &str, is_authority: bool) -> Request {
    Request {
        common_name: name.as_bytes().to_vec(),
        addresses: vec![
            "10.0.0.1".parse::<IpAddr>().expect("address"),
            "::1".parse().expect("address"),
        ],
        names: vec![b"a.example".to_vec(), b"*.b.example".to_vec()],
        is_authority,
        validity: Validity {
            from: 1_700_000_000,
            until: 2_600_000_000,
        },
    }
}

fn check_signature(cert: &Parsed, authority: &Parsed) {
    let key = authority
        .tbs_certificate()
        .subject_public_key_info()
        .subject_public_key
        .raw_bytes();
    let key = rsa::PublicKey::from_pkcs1_der(key).expect("an RSA key");
    let digest = Sha256::digest(cert.tbs_certificate().to_der().expect("DER"));
    let signature = cert.signature().raw_bytes();
    key.verify(Pkcs1v15Sign::new::<rsa::sha2::Sha256>(), &digest, signature)
        .expect("a valid signature");
}

fn made(seed: u8) -> (Certificate, Certificate) {
    let mut random = Randomness::from_seed([seed; 32]);
    let ca_key = PrivateKey::generate_rsa(2048, &mut random).expect("a key");
    let ca = self_sign(&request("my ca", true), &ca_key, &mut random).expect("a certificate");
    let key = PrivateKey::generate_rsa(2048, &mut random).expect("a key");
    let cert = issue(&request("server & co", false), &key, &ca, &mut random).expect("a certificate");
    (ca, cert)
}

#[test]
fn an_authority_signs_what_verifies() {
    let (ca, cert) = made(3);
    check_pair(&cert.cert, &cert.key).expect("a readable pair");
    let (ca_parsed, parsed) = (
        Parsed::from_der(&der(&ca.cert)).expect("a CA"),
        Parsed::from_der(&der(&cert.cert)).expect("a cert"),
    );
    check_signature(&ca_parsed, &ca_parsed);
    check_signature(&parsed, &ca_parsed);
    let tbs = parsed.tbs_certificate();
    assert_eq!(tbs.issuer().to_string(), "CN=my ca");
    assert_eq!(tbs.subject().to_string(), "CN=server & co");
    let extensions = tbs.extensions().expect("extensions");
    let oids: Vec<String> = extensions
        .iter()
        .map(|extension| extension.extn_id.to_string())
        .collect();
    assert_eq!(
        oids,
        ["2.5.29.15", "2.5.29.37", "2.5.29.19", "2.5.29.35", "2.5.29.17"]
    );
    // Go writes years from 2050 on in the long form; 2,600,000,000 is in 2052.
    assert_eq!(
        tbs.validity().not_after.to_unix_duration().as_secs(),
        2_600_000_000
    );
    assert_eq!(made(3), (ca, cert), "the same seed makes the same certificates");
}

#[test]
fn a_foreign_key_is_refused() {
    let (ca, cert) = made(4);
    let mixed = Certificate {
        cert: ca.cert,
        key: cert.key,
    };
    let mut random = Randomness::from_seed([0; 32]);
    let key = PrivateKey::generate_rsa(2048, &mut random).expect("a key");
    let error = issue(&request("x", false), &key, &mixed, &mut random).expect_err("keys do not match");
    assert_eq!(
        error.to_string(),
        "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey"
    );
}

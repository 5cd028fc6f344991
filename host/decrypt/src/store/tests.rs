//! Against vectors that the real sops made (tests/vectors/make).

use super::*;
use crate::file::Opener;
use crate::key::{Import, Keys, tests as services};
use sluice_model::{Digest, SecretData};

/// A file of the vectors.
fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn keys(names: &[&str]) -> Keys {
    let data = names.iter().map(|name| ((*name).to_owned(), vector(name)));
    let secret = SecretData::new("ns/keys", data);
    Keys::from_secret(&secret, Import::All).expect("imports")
}

async fn opened(keys: &Keys, bytes: &[u8], format: Format) -> Result<Vec<u8>, SopsError> {
    let (fingerprint, data_keys) = (Digest::of(b"test"), crate::data_key::DataKeys::default());
    let opener = Opener {
        keys,
        fingerprint: &fingerprint,
        reach: &services::nowhere(),
        data_keys: &data_keys,
    };
    opener
        .decrypt(bytes, format, format)
        .await
        .map(|plain| plain.to_vec())
}

/// Every vector: the same bytes as `sops decrypt` prints.
#[tokio::test]
async fn files_decrypt_to_the_bytes_that_sops_prints() {
    let keys = keys(&[
        "main.agekey",
        "other.agekey",
        "rsa2048.asc",
        "cv25519.asc",
        "nistp256.asc",
    ]);
    let names = [
        "complex.enc.yaml",
        "secret.enc.yaml",
        "mac-only.enc.yaml",
        "suffix.enc.yaml",
        "unregex.enc.yaml",
        "comments.enc.yaml",
        "uncomments.enc.yaml",
        "data.enc.json",
        "app.enc.env",
        "settings.enc.ini",
        "blob.enc.bin",
        "note.enc.txt",
        "groups.enc.yaml",
        "pgp-rsa2048.enc.yaml",
        "pgp-cv25519.enc.yaml",
        "pgp-nistp256.enc.yaml",
    ];
    let mut wrong = Vec::new();
    for name in names {
        let format = Format::of_path(name);
        let plain = vector(&format!("{name}.plain"));
        assert!(format.marks(&vector(name)), "{name} is not recognised");
        match opened(&keys, &vector(name), format).await {
            Ok(bytes) if bytes == plain => {}
            Ok(bytes) => wrong.push(format!(
                "{name}:\n{}\n--- want\n{}",
                String::from_utf8_lossy(&bytes),
                String::from_utf8_lossy(&plain)
            )),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
}

/// The first base64 character of an encrypted value, changed.
fn tamper(text: &str, before: &str) -> String {
    let at = text.find(before).expect("is there") + before.len();
    let flipped = if &text[at..=at] == "A" { "B" } else { "A" };
    format!("{}{flipped}{}", &text[..at], &text[at + 1..])
}

#[tokio::test]
async fn a_changed_value_is_refused_by_its_path() {
    let keys = keys(&["main.agekey"]);
    let text = String::from_utf8(vector("secret.enc.yaml")).expect("text");
    let bad = tamper(&text, "password: ENC[AES256_GCM,data:");
    let error = opened(&keys, bad.as_bytes(), Format::Yaml)
        .await
        .expect_err("is refused");
    assert!(
        matches!(&error, SopsError::Value { path, .. } if path == "stringData.password"),
        "{error}"
    );
}

/// Each value is authentic where it stands, the file as a whole is not: only the MAC tells.
#[tokio::test]
async fn removed_added_and_changed_plain_values_break_the_mac() {
    let keys = keys(&["main.agekey"]);
    let text = String::from_utf8(vector("secret.enc.yaml")).expect("text");
    let without_user: String = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("user: "))
        .collect();
    assert_ne!(without_user, text);
    for bad in [
        without_user,
        text.replace("name: app", "name: other"),
        text.replace("type: Opaque", "type: Opaque\nimmutable: true"),
        tamper(&text, "mac: ENC[AES256_GCM,data:"),
        text.replace("lastmodified: \"20", "lastmodified: \"19"),
    ] {
        let error = opened(&keys, bad.as_bytes(), Format::Yaml)
            .await
            .expect_err("is refused");
        assert_eq!(error, SopsError::Mac);
    }
    // a MAC over encrypted values only lets plain ones change, and nothing else
    let text = String::from_utf8(vector("mac-only.enc.yaml")).expect("text");
    let changed = text.replace("name: app", "name: other");
    let plain = opened(&keys, changed.as_bytes(), Format::Yaml)
        .await
        .expect("decrypts");
    assert!(String::from_utf8_lossy(&plain).contains("name: other"));
    let without_user: String = text
        .split_inclusive('\n')
        .filter(|line| !line.contains("user: "))
        .collect();
    let error = opened(&keys, without_user.as_bytes(), Format::Yaml).await;
    assert_eq!(error.expect_err("is refused"), SopsError::Mac);
}

#[tokio::test]
async fn a_file_without_mac_is_refused() {
    let keys = keys(&["main.agekey"]);
    let text = String::from_utf8(vector("secret.enc.yaml")).expect("text");
    let bad: String = text
        .split_inclusive('\n')
        .filter(|line| !line.trim_start().starts_with("mac: "))
        .collect();
    let error = opened(&keys, bad.as_bytes(), Format::Yaml).await;
    assert_eq!(error.expect_err("is refused"), SopsError::NoMac);
}

#[tokio::test]
async fn a_stranger_opens_nothing_and_is_told_which_keys_would() {
    let error = opened(
        &keys(&["stranger.agekey"]),
        &vector("secret.enc.yaml"),
        Format::Yaml,
    )
    .await;
    let error = error.expect_err("is refused").to_string();
    assert!(
        error.contains("age key age1") && error.contains("no age identity matches"),
        "{error}"
    );
    let error = opened(
        &keys(&["rsa2048.asc"]),
        &vector("pgp-cv25519.enc.yaml"),
        Format::Yaml,
    )
    .await;
    let error = error.expect_err("is refused").to_string();
    assert!(error.contains("no PGP private key matches"), "{error}");
}

/// Two of three groups are needed.
#[tokio::test]
async fn one_share_of_two_is_not_enough() {
    let bytes = vector("groups.enc.yaml");
    let error = opened(&keys(&["main.agekey"]), &bytes, Format::Yaml).await;
    let error = error.expect_err("is refused").to_string();
    assert!(error.contains("1 of 2 key groups opened"), "{error}");
    assert!(
        opened(&keys(&["third.agekey", "other.agekey"]), &bytes, Format::Yaml)
            .await
            .is_ok()
    );
}

#[test]
fn huge_files_are_refused_before_they_are_parsed() {
    let bytes = vec![b' '; MAX_FILE + 1];
    for format in [
        Format::Yaml,
        Format::Json,
        Format::Dotenv,
        Format::Ini,
        Format::Binary,
    ] {
        assert!(matches!(load(&bytes, format), Err(SopsError::TooLarge { .. })));
    }
}

/// R5: neither depth nor aliases cost more than their limit, and nothing of it panics.
#[test]
fn r5_deep_and_wide_texts_are_refused() {
    let deep_json = format!(
        "{{\"sops\": {{}}, \"a\": {}1{}}}",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert!(load(deep_json.as_bytes(), Format::Json).is_err());
    let deep_yaml = format!("sops: {{mac: x}}\na: {}", "{a: ".repeat(5000));
    assert!(load(deep_yaml.as_bytes(), Format::Yaml).is_err());
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for at in 1..12 {
        let item = format!("*a{}", at - 1);
        bomb.push_str(&format!("a{at}: &a{at} [{}]\n", [item.as_str(); 9].join(", ")));
    }
    bomb.push_str("sops: {mac: x}\n");
    assert!(load(bomb.as_bytes(), Format::Yaml).is_err());
}

#[test]
fn what_is_no_sops_file_says_so() {
    for (text, format) in [
        ("a: 1\n", Format::Yaml),
        ("{\"a\": 1}", Format::Json),
        ("A=1\n", Format::Dotenv),
        ("[a]\nb = 1\n", Format::Ini),
    ] {
        assert!(
            matches!(load(text.as_bytes(), format), Err(SopsError::NoMetadata)),
            "{format}"
        );
    }
}

#[test]
fn formats_follow_the_endings_that_flux_knows() {
    for (path, format) in [
        ("a/b.yaml", Format::Yaml),
        ("b.yml", Format::Yaml),
        (".dockerconfigjson", Format::Json),
        ("c.json", Format::Json),
        ("x.env", Format::Dotenv),
        (".env", Format::Dotenv),
        ("y.ini", Format::Ini),
        ("token", Format::Binary),
    ] {
        assert_eq!(Format::of_path(path), format, "{path}");
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the bytes are, no parser panics.
        #[test]
        fn parsers_end(text in "[-#a-z0-9 :=\\[\\]{}\"'`,|>&*\\n\\\\]{0,200}", cut in 0usize..400) {
            crate::fuzz::yaml(text.as_bytes());
            crate::fuzz::json(text.as_bytes());
            crate::fuzz::dotenv(text.as_bytes());
            crate::fuzz::ini(text.as_bytes());
            crate::fuzz::kustomization(text.as_bytes());
            let whole = vector("secret.enc.yaml");
            let mut mixed = whole[..cut.min(whole.len())].to_vec();
            mixed.extend_from_slice(text.as_bytes());
            mixed.extend_from_slice(&whole[cut.min(whole.len())..]);
            crate::fuzz::yaml(&mixed);
        }
    }
}

//! Imports, and the services against doubles on loopback that check what they are sent.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::*;
use sluice_model::SecretData;
use sluice_transport::TransportOptions;

mod services;

/// A way to services that leads nowhere.
pub(crate) fn nowhere() -> Reach {
    reach(Services::default())
}

fn reach(services: Services) -> Reach {
    let options = TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    };
    Reach {
        transport: Arc::new(Transport::new(options)),
        services,
    }
}

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn import(entries: &[(&str, &[u8])], import: Import) -> Result<Keys, ImportError> {
    let data = entries
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.to_vec()));
    Keys::from_secret(&SecretData::new("ns/keys", data), import)
}

#[test]
fn a_shared_secret_gives_age_keys_only() {
    let (age, pgp) = (vector("main.agekey"), vector("cv25519.asc"));
    let entries: [(&str, &[u8]); 3] = [
        ("a.agekey", &age),
        ("b.asc", &pgp),
        ("sops.vault-token", b"token"),
    ];
    let all = import(&entries, Import::All).expect("imports");
    assert_eq!(
        (all.age.len(), all.pgp.len(), all.vault_token.is_some()),
        (1, 1, true)
    );
    let shared = import(&entries, Import::AgeOnly).expect("imports");
    assert_eq!(
        (shared.age.len(), shared.pgp.len(), shared.vault_token.is_some()),
        (1, 0, false)
    );
}

/// CVE-2021-41254, P4: names and values of a Secret are data; nothing of them runs, whatever they say.
#[test]
fn cve_2021_41254_hostile_names_are_only_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let mark = folder.path().join("ran");
    let script = format!("$(touch {0}); touch {0} #", mark.display());
    let age = vector("main.agekey");
    let names = [
        format!("$(touch {}).agekey", mark.display()),
        format!("`touch {}`.asc", mark.display()),
        format!("; touch {} ;.asc", mark.display()),
    ];
    import(&[(names[0].as_str(), age.as_slice())], Import::All).expect("imports");
    for name in &names[1..] {
        assert!(import(&[(name, script.as_bytes())], Import::All).is_err());
    }
    import(&[("sops.vault-token", script.as_bytes())], Import::All).expect("a token is any text");
    assert!(!mark.exists());
}

/// L1: an error tells the name of the key, and nothing of its value; Debug shows counts.
#[test]
fn l1_errors_and_debug_hide_keys() {
    const CANARY: &[u8] = b"canary-4711";
    for name in [
        "x.agekey",
        "x.asc",
        "sops.aws-kms",
        "sops.gcp-kms",
        "sops.azure-kv",
    ] {
        let error = import(&[(name, CANARY)], Import::All)
            .expect_err("is refused")
            .to_string();
        assert!(
            error.contains(name) && error.contains("ns/keys") && !error.contains("canary"),
            "{error}"
        );
        let yaml = b"aws_access_key_id: {canary-4711: [}";
        let error = import(&[(name, yaml)], Import::All)
            .expect_err("is refused")
            .to_string();
        assert!(!error.contains("canary"), "{error}");
    }
    let age = vector("main.agekey");
    let secret = String::from_utf8(age.clone()).expect("text");
    let secret = secret.lines().last().expect("a line").to_owned();
    let shown = format!(
        "{:?}",
        import(&[("a.agekey", &age)], Import::All).expect("imports")
    );
    assert!(!shown.contains(&secret), "{shown}");
}

#[test]
fn pgp_keys_with_a_passphrase_are_refused_in_words() {
    let locked = vector("locked.asc");
    let error = import(&[("locked.asc", &locked)], Import::All)
        .expect_err("is refused")
        .to_string();
    assert!(error.contains("passphrase"), "{error}");
}

#[test]
fn credentials_say_what_they_lack() {
    for (name, value, word) in [
        (
            "sops.aws-kms",
            "aws_access_key_id: a\naws_secret_access_key: ''\n",
            "empty",
        ),
        ("sops.azure-kv", "clientId: x\n", "managed identity"),
        ("sops.azure-kv", "tenantId: t\nclientId: x\n", "clientSecret"),
        ("sops.azure-kv", "tenantId: t\n", "tenantId, clientId"),
        (
            "sops.gcp-kms",
            "{\"type\": \"authorized_user\"}",
            "service_account",
        ),
        ("sops.gcp-kms", "{\"type\": \"service_account\"}", "private_key"),
    ] {
        let error = import(&[(name, value.as_bytes())], Import::All)
            .expect_err("is refused")
            .to_string();
        assert!(error.contains(word), "{error}");
    }
    let utf16: Vec<u8> = [0xFEFFu16]
        .into_iter()
        .chain("{\"appId\": \"a\", \"tenant\": \"t\", \"password\": \"p\"}".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let azure = import(&[("sops.azure-kv", &utf16)], Import::All).expect("imports");
    assert_eq!(
        azure.azure.map(|azure| azure.client_secret.clone()).as_deref(),
        Some("p")
    );
}

/// What one set of keys opens must not be answered for another.
#[test]
fn other_keys_have_another_fingerprint_and_another_process_too() {
    let (main, other) = (vector("main.agekey"), vector("other.agekey"));
    let keys = |entries: &[(&str, &[u8])]| import(entries, Import::All).expect("imports");
    let name = |keys: &Keys| keys.fingerprint(&[1; 32]);
    let one = keys(&[("a.agekey", &main)]);
    assert_eq!(
        name(&one),
        name(&keys(&[("a.agekey", &main), ("unrelated", b"x")]))
    );
    assert_ne!(name(&one), name(&keys(&[("a.agekey", &other)])));
    assert_ne!(
        name(&one),
        name(&keys(&[("a.agekey", &main), ("b.agekey", &other)]))
    );
    assert_ne!(name(&one), name(&Keys::default()));
    assert_ne!(name(&one), one.fingerprint(&[2; 32]));
}

/// A service without credentials is refused by the name of the key that is missing, not tried with ours.
#[tokio::test]
async fn services_without_credentials_are_refused_by_name() {
    let keys = import(&[], Import::All).expect("imports");
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/a".to_owned();
    let master = MasterKey::AwsKms {
        arn,
        role: None,
        context: BTreeMap::new(),
        enc: String::new(),
    };
    let error = keys.open(&master, &nowhere()).await.expect_err("is refused");
    assert!(
        error.contains("sops.aws-kms") && error.contains("workload identity"),
        "{error}"
    );
}

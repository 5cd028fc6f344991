//! `spec.decryption` with files that the real sops encrypted: objects, generators, patches, wrong and rotated keys.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    failed_with, git_repository, is_current, kustomization, message, secret, service_account,
};
use sluice_testbed::{AgeKey, Change, Repository};

/// Stands in every plaintext of these tests, and in nothing that Sluice says.
const CANARY: &str = "canary-8f3a61";
const RULE: [&str; 2] = ["--encrypted-regex", "^(data|stringData)$"];

fn object(name: &str, word: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\nstringData:\n  password: {CANARY}-{word}\n  count: \"007\"\n"
    )
}

/// An object, a generator of an env file, a binary file and a YAML file, and a patch, all encrypted.
fn commit_all(repository: &Repository, key: &AgeKey, word: &str) -> Result<String> {
    let kustomization = "resources: [object.yaml, base.yaml]\n\
        secretGenerator:\n- name: generated\n  envs: [app.env]\n  files: [token, config.yaml]\n\
        generatorOptions: {disableNameSuffixHash: true}\n\
        patches:\n- path: patch.yaml\n";
    let base = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: patched\nstringData:\n  kept: plain\n";
    let env = format!("USER_NAME={CANARY}-user\n# a comment\nPASSWORD={CANARY}-{word}\n");
    let patch = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: patched\nstringData:\n  added: {CANARY}-{word}\n"
    );
    let config = format!("# settings\nlogin:\n    password: {CANARY}-{word} # secret\n");
    let token = format!("{CANARY}-{word}");
    let files = [
        Change::text("app/kustomization.yaml", kustomization),
        Change::text("app/base.yaml", base),
        Change::text(
            "app/object.yaml",
            key.encrypt("object.yaml", &object("whole", word), &RULE)?,
        ),
        Change::text("app/app.env", key.encrypt("app.env", &env, &[])?),
        Change::text(
            "app/token",
            key.encrypt("token", &token, &["--input-type", "binary"])?,
        ),
        Change::text("app/config.yaml", key.encrypt("config.yaml", &config, &[])?),
        Change::text("app/patch.yaml", key.encrypt("patch.yaml", &patch, &RULE)?),
    ];
    repository.commit("main", word, &files)
}

fn decrypted_by(secret: &str) -> Value {
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["decryption"] = json!({"provider": "sops", "secretRef": {"name": secret}});
    object
}

async fn value(case: &Case, name: &str, key: &str) -> Result<String> {
    let secret = case.get("Secret", name).await?;
    let text = secret["data"][key].as_str().unwrap_or_default();
    Ok(String::from_utf8(STANDARD.decode(text)?)?)
}

/// L1, L4: the plaintext is in Secrets and nowhere else: not in the log, events, status, or on disk.
async fn assert_nothing_leaks(case: &Case) -> Result<()> {
    assert!(!case.logs_contain(CANARY), "the log holds a plaintext");
    assert!(!case.logs_contain("AGE-SECRET-KEY"), "the log holds a key");
    for kind in ["Event", "Kustomization", "GitRepository"] {
        let api = sluice_e2e::object::api_version(kind);
        for object in case.cluster.list(api, kind, &case.namespace, "").await? {
            let text = object.to_string();
            assert!(
                !text.contains(CANARY) && !text.contains("AGE-SECRET-KEY"),
                "{text}"
            );
        }
    }
    let mut open = vec![case.sluice.storage()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder)?.flatten() {
            if entry.file_type()?.is_dir() {
                open.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).unwrap_or_default();
                let hit = bytes
                    .windows(CANARY.len())
                    .any(|window| window == CANARY.as_bytes());
                assert!(!hit, "{} holds a plaintext", entry.path().display());
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn objects_generators_and_patches_are_decrypted_and_nothing_leaks() -> Result<()> {
    let case = Case::start("decrypt").await?;
    let key = AgeKey::generate()?;
    let repository = case.git.create("app")?;
    let commit = commit_all(&repository, &key, "one")?;
    case.apply(secret("sops-keys", &[("main.agekey", &key.text()?)]))
        .await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(decrypted_by("sops-keys")).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;

    assert_eq!(value(&case, "whole", "password").await?, format!("{CANARY}-one"));
    assert_eq!(value(&case, "whole", "count").await?, "007");
    assert_eq!(
        value(&case, "generated", "PASSWORD").await?,
        format!("{CANARY}-one")
    );
    assert_eq!(value(&case, "generated", "token").await?, format!("{CANARY}-one"));
    assert_eq!(value(&case, "patched", "added").await?, format!("{CANARY}-one"));
    assert_eq!(value(&case, "patched", "kept").await?, "plain");
    let stored = repository.git(&["show", &format!("{commit}:app/config.yaml")])?;
    let printed = String::from_utf8(key.decrypt("stored.yaml", stored.as_bytes())?)?;
    assert_eq!(
        value(&case, "generated", "config.yaml").await?,
        printed,
        "as sops prints it"
    );

    let commit = commit_all(&repository, &key, "two")?;
    case.roll_out("app", &commit).await?;
    assert_eq!(value(&case, "whole", "password").await?, format!("{CANARY}-two"));
    assert_eq!(
        value(&case, "generated", "PASSWORD").await?,
        format!("{CANARY}-two")
    );
    assert_nothing_leaks(&case).await
}

#[tokio::test]
async fn a_wrong_key_is_told_and_the_right_one_is_taken_up_at_once() -> Result<()> {
    let case = Case::start("decrypt-rotate").await?;
    let (right, wrong) = (AgeKey::generate()?, AgeKey::generate()?);
    let repository = case.git.create("app")?;
    commit_all(&repository, &right, "one")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(decrypted_by("sops-keys")).await?;
    case.until("Kustomization", "app", "misses the Secret", |it| {
        failed_with(it, "BuildFailed", "spec.decryption.secretRef not found")
    })
    .await?;
    // the retry interval is an hour: only the change of the Secret starts these passes
    case.apply(secret("sops-keys", &[("main.agekey", &wrong.text()?)]))
        .await?;
    let refused = case
        .until("Kustomization", "app", "has no key that fits", |it| {
            failed_with(it, "BuildFailed", "no age identity matches")
        })
        .await?;
    assert!(
        message(&refused).contains("failed to decrypt file \"app/"),
        "{}",
        message(&refused)
    );
    assert!(!case.exists("Secret", "whole").await?);
    case.apply(secret("sops-keys", &[("main.agekey", &right.text()?)]))
        .await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(value(&case, "whole", "password").await?, format!("{CANARY}-one"));

    // the key is gone again: what was rendered with it is not answered for another
    case.apply(secret("sops-keys", &[("main.agekey", &wrong.text()?)]))
        .await?;
    case.until("Kustomization", "app", "has no key that fits", |it| {
        failed_with(it, "BuildFailed", "no age identity matches")
    })
    .await?;
    assert_eq!(
        value(&case, "whole", "password").await?,
        format!("{CANARY}-one"),
        "the last good state stays"
    );
    assert_nothing_leaks(&case).await
}

#[tokio::test]
async fn tampered_files_are_refused_by_name() -> Result<()> {
    let case = Case::start("decrypt-tampered").await?;
    let key = AgeKey::generate()?;
    let repository = case.git.create("app")?;
    let commit = commit_all(&repository, &key, "one")?;
    let env = repository.git(&["show", &format!("{commit}:app/app.env")])?;
    // each value is still authentic, but one is gone: only the MAC tells
    let cut: String = env
        .lines()
        .filter(|line| !line.starts_with("USER_NAME="))
        .map(|line| format!("{line}\n"))
        .collect();
    repository.commit("main", "cut", &[Change::text("app/app.env", cut)])?;
    case.apply(secret("sops-keys", &[("main.agekey", &key.text()?)]))
        .await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(decrypted_by("sops-keys")).await?;
    let refused = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_with(it, "BuildFailed", "MAC mismatch")
        })
        .await?;
    assert!(
        message(&refused).contains("file \"app/app.env\""),
        "{}",
        message(&refused)
    );
    assert!(!case.exists("Secret", "generated").await?);
    assert_nothing_leaks(&case).await
}

#[tokio::test]
async fn an_encrypted_secret_is_never_applied_as_it_is() -> Result<()> {
    let case = Case::start("decrypt-none").await?;
    let key = AgeKey::generate()?;
    let repository = case.git.create("app")?;
    let text = key.encrypt("object.yaml", &object("whole", "one"), &RULE)?;
    repository.commit("main", "first", &[Change::text("app/object.yaml", &text)])?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    let refused = case
        .until("Kustomization", "app", "is refused", |it| {
            failed_with(it, "BuildFailed", "spec.decryption must be set")
        })
        .await?;
    assert!(
        message(&refused).contains("/whole is encrypted with SOPS"),
        "{}",
        message(&refused)
    );
    assert!(!case.exists("Secret", "whole").await?);
    Ok(())
}

/// The shared key of `--sops-age-secret` serves objects that decrypt and name no Secret.
#[tokio::test]
async fn the_shared_age_secret_serves_objects_without_one() -> Result<()> {
    let case = Case::start_with("decrypt-shared", |options| {
        options.arg("--sops-age-secret=shared-keys")
    })
    .await?;
    let key = AgeKey::generate()?;
    let repository = case.git.create("app")?;
    commit_all(&repository, &key, "one")?;
    case.apply(secret("shared-keys", &[("main.agekey", &key.text()?)]))
        .await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut object = decrypted_by("unused");
    object["spec"]["decryption"] = json!({"provider": "sops"});
    case.apply(object).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(
        value(&case, "generated", "PASSWORD").await?,
        format!("{CANARY}-one")
    );
    Ok(())
}

/// T1: keys come from the object's own namespace; a Secret of the same name elsewhere is not read.
#[tokio::test]
async fn t1_keys_of_another_namespace_are_not_read() -> Result<()> {
    let case = Case::start("decrypt-tenant").await?;
    let key = AgeKey::generate()?;
    let repository = case.git.create("app")?;
    commit_all(&repository, &key, "one")?;
    let mut elsewhere = secret("sops-keys", &[("main.agekey", &key.text()?)]);
    elsewhere["metadata"]["namespace"] = json!("default");
    case.apply(elsewhere).await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(decrypted_by("sops-keys")).await?;
    case.until("Kustomization", "app", "misses the Secret", |it| {
        failed_with(it, "BuildFailed", "not found")
    })
    .await?;
    let mut named = decrypted_by("sops-keys");
    named["spec"]["decryption"]["secretRef"]["namespace"] = json!("default");
    assert!(case.apply(named).await.is_err() || !case.exists("Secret", "whole").await?);
    Ok(())
}

/// A service account opens what Vault's transit engine sealed: its token is made for this server, which asks the API
/// server whose it is; a server that the operator does not list is told none.
#[tokio::test]
async fn a_service_account_logs_in_at_a_listed_vault_only() -> Result<()> {
    let case = Case::start_with("decrypt-vault", |options| {
        options.arg("--sops-vault-configmap=vaults")
    })
    .await?;
    let vault = sluice_testbed::Vault::start(case.cluster.clone())?;
    let repository = case.git.create("app")?;
    let text =
        sluice_testbed::sops::encrypt_for_vault(&vault, "object.yaml", &object("whole", "one"), &RULE)?;
    repository.commit("main", "first", &[Change::text("app/object.yaml", &text)])?;
    case.apply(service_account("opener")).await?;
    let servers = |address: &str| {
        let config = format!("instances:\n- address: {address}\n  loginPath: auth/kubernetes/login\n");
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "vaults"}, "data": {"config.yaml": config}})
    };
    case.apply(servers("http://127.0.0.1:1")).await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut kustomization = decrypted_by("unused");
    kustomization["spec"]["decryption"] = json!({"provider": "sops", "serviceAccountName": "opener"});
    case.apply(kustomization).await?;
    case.until("Kustomization", "app", "is refused", |it| {
        failed_with(it, "BuildFailed", "does not list the server of the file")
    })
    .await?;
    assert!(vault.logins().is_empty());

    case.apply(servers(&vault.address())).await?;
    case.reconcile("Kustomization", "app").await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(value(&case, "whole", "password").await?, format!("{CANARY}-one"));
    assert_eq!(vault.logins(), [format!("{}_opener", case.namespace)]);
    assert_nothing_leaks(&case).await
}

/// Workload identity is refused in words where it is not served.
#[tokio::test]
async fn a_service_account_without_vault_servers_is_refused() -> Result<()> {
    let case = Case::start("decrypt-identity").await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["decryption"] = json!({"provider": "sops", "serviceAccountName": "decryptor"});
    case.apply(object).await?;
    case.until("Kustomization", "app", "is refused", |it| {
        failed_with(it, "FeatureGateDisabled", "spec.decryption.serviceAccountName")
    })
    .await?;
    Ok(())
}

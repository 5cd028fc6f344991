//! The port with vectors of the real sops: sources, objects, values.

use super::*;
use crate::key::Import;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sluice_model::SecretData;
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_transport::TransportOptions;

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn decryptor(keys: &[&str]) -> SopsDecryptor {
    let data = keys.iter().map(|name| ((*name).to_owned(), vector(name)));
    let keys = Keys::from_secret(&SecretData::new("ns/keys", data), Import::All).expect("imports");
    let transport = Arc::new(Transport::new(TransportOptions::default()));
    Sops::new(transport, Services::default()).decryptor(keys, Vec::new())
}

fn tree(files: &[(&str, &[u8])]) -> Arc<dyn TreeRead> {
    let mut builder = TreeBuilder::default();
    for (path, bytes) in files {
        let file = File::inline(Bytes::copy_from_slice(bytes), false);
        builder.add(path, Node::File(file)).expect("path is free");
    }
    Arc::new(builder.build())
}

/// The object that a renderer gives for a stored YAML file.
fn rendered(name: &str) -> Object {
    let text = vector(name);
    let value = sluice_yaml::read_value(&text, false, &sluice_yaml::Limits::default()).expect("YAML");
    Object::from_value(value).expect("an object")
}

async fn one(keys: &[&str], object: Object) -> Result<Value, DecryptError> {
    let mut objects = decryptor(keys).objects(vec![object]).await?;
    Ok(objects.remove(0).into_value())
}

#[tokio::test]
async fn opens_what_generators_and_patches_name_and_nothing_else() {
    let (env, patch) = (vector("app.enc.env"), vector("secret.enc.yaml"));
    let kustomization = "resources: [object.yaml]\nsecretGenerator: [{name: a, envs: [app.env], files: [plain.txt]}]\npatches: [{path: patch.yaml}]\n";
    let stored = tree(&[
        ("app/kustomization.yaml", kustomization.as_bytes()),
        ("app/app.env", &env),
        ("app/plain.txt", b"plain"),
        ("app/patch.yaml", &patch),
        ("app/object.yaml", &patch),
    ]);
    let opened = decryptor(&["main.agekey"])
        .open(stored.clone(), "app")
        .await
        .expect("opens");
    assert_eq!(
        opened.read("app/app.env").expect("reads"),
        vector("app.enc.env.plain")
    );
    assert_eq!(
        opened.read("app/patch.yaml").expect("reads"),
        vector("secret.enc.yaml.plain")
    );
    assert_eq!(opened.read("app/object.yaml").expect("reads"), patch);
    assert_eq!(opened.read("app/plain.txt").expect("reads"), "plain");
    assert_eq!(opened.id("").expect("has ids"), stored.id("").expect("has ids"));
}

/// L1: the file and the keys are named, nothing of their content is.
#[tokio::test]
async fn l1_a_file_that_does_not_open_is_named() {
    let env = vector("app.enc.env");
    let kustomization = b"secretGenerator: [{name: a, envs: [app.env]}]\n";
    let stored = tree(&[("kustomization.yaml", kustomization), ("app.env", &env)]);
    let error = decryptor(&["stranger.agekey"])
        .open(stored, "")
        .await
        .err()
        .expect("is refused");
    let text = error.to_string();
    assert!(
        text.starts_with("failed to decrypt file \"app.env\": cannot get the data key: age key age1"),
        "{text}"
    );
    assert!(
        !text.contains("AGE-SECRET-KEY") && !text.contains("BEGIN"),
        "{text}"
    );
}

#[tokio::test]
async fn whole_objects_are_decrypted_whatever_the_build_set_in_them() {
    let mut object = rendered("secret.enc.yaml");
    object.set_label("added-by", "the-build");
    object
        .metadata_mut()
        .insert("namespace".into(), "elsewhere".into());
    let value = one(&["main.agekey"], object).await.expect("decrypts");
    assert_eq!(
        value["stringData"],
        json!({"password": "canary-password", "user": "admin"})
    );
    assert_eq!(value["data"]["token"], "Y2FuYXJ5");
    assert_eq!(value["metadata"]["namespace"], "elsewhere");
    assert!(value.get("sops").is_none());
}

#[tokio::test]
async fn an_object_that_asks_to_stay_encrypted_stays_so() {
    let mut object = rendered("secret.enc.yaml");
    object.set_annotation("kustomize.toolkit.fluxcd.io/decrypt", "disabled");
    let before = object.clone();
    assert_eq!(
        one(&["main.agekey"], object).await.expect("stays"),
        before.into_value()
    );
}

/// A value that stands elsewhere than where it was encrypted does not decrypt.
#[tokio::test]
async fn a_moved_value_is_refused_by_object_and_field() {
    let mut object = rendered("secret.enc.yaml");
    let values = object
        .0
        .get_mut("stringData")
        .and_then(Value::as_object_mut)
        .expect("a map");
    let (password, user) = (values["password"].take(), values["user"].take());
    values.insert("password".into(), user);
    values.insert("user".into(), password);
    let error = one(&["main.agekey"], object)
        .await
        .expect_err("is refused")
        .to_string();
    assert!(
        error.starts_with(
            "failed to decrypt Secret/default/app: value at \"stringData.password\" does not decrypt"
        ),
        "{error}"
    );
}

/// R: comments are gone when an object is built; the envelope tells what a rule over comments covered.
#[tokio::test]
async fn rules_over_comments_decrypt_what_is_sealed() {
    let value = one(&["main.agekey"], rendered("comments.enc.yaml"))
        .await
        .expect("decrypts");
    assert_eq!(
        value,
        json!({"a": "plain", "b": "secret", "c": {"d": "secret", "e": [1, "two"]}, "f": ["secret", "plain"]})
    );
}

#[tokio::test]
async fn values_of_secrets_that_are_sops_files_take_the_format_of_their_key() {
    let secret = |entries: &[(&str, &str)]| {
        let data: serde_json::Map<String, Value> = entries
            .iter()
            .map(|(key, name)| ((*key).to_owned(), STANDARD.encode(vector(name)).into()))
            .collect();
        let value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data});
        Object::from_value(value).expect("an object")
    };
    let object = secret(&[
        ("app.env", "app.enc.env"),
        (".dockerconfigjson", "data.enc.json"),
        ("blob", "blob.enc.bin"),
        ("plain", "main.agekey"),
    ]);
    let value = one(&["main.agekey"], object).await.expect("decrypts");
    for (key, name) in [
        ("app.env", "app.enc.env.plain"),
        (".dockerconfigjson", "data.enc.json.plain"),
        ("blob", "blob.enc.bin.plain"),
        ("plain", "main.agekey"),
    ] {
        assert_eq!(value["data"][key], STANDARD.encode(vector(name)), "{key}");
    }
    let error = one(&["main.agekey"], secret(&[("config", "secret.enc.yaml")]))
        .await
        .expect_err("is refused");
    assert_eq!(error.place, "Secret/s field data.config");
}

#[tokio::test]
async fn equal_keys_of_one_process_have_one_fingerprint() {
    let transport = Arc::new(Transport::new(TransportOptions::default()));
    let sops = Sops::new(transport, Services::default());
    let make = || {
        let data = [("a.agekey".to_owned(), vector("main.agekey"))];
        Keys::from_secret(&SecretData::new("ns/keys", data), Import::All).expect("imports")
    };
    assert_eq!(
        sops.decryptor(make(), Vec::new()).fingerprint(),
        sops.decryptor(make(), Vec::new()).fingerprint()
    );
    assert_ne!(
        sops.decryptor(make(), Vec::new()).fingerprint(),
        decryptor(&["main.agekey"]).fingerprint()
    );
}

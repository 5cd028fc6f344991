use super::*;
use serde_json::json;

fn read(extra: Json) -> Result<Metadata, SopsError> {
    let mut stored = json!({
        "age": [{"recipient": "age1x", "enc": "-----BEGIN AGE"}],
        "kms": [{"arn": "arn:aws:kms:eu-west-1:1:key/x", "enc": "AA==", "context": {"a": "b"}}],
        "pgp": [], "gcp_kms": null, "lastmodified": "2024-05-01T10:00:00Z", "mac": "ENC[x]", "version": 3.9,
    });
    if let (Some(stored), Json::Object(extra)) = (stored.as_object_mut(), extra) {
        stored.extend(extra);
    }
    Metadata::read(stored)
}

#[test]
fn age_comes_first_and_lists_may_be_null() {
    let metadata = read(json!({})).expect("reads");
    let [group] = metadata.groups.as_slice() else {
        panic!("one group")
    };
    assert!(
        matches!(group.as_slice(), [MasterKey::Age { .. }, MasterKey::AwsKms { context, .. }] if context["a"] == "b")
    );
    assert!(matches!(metadata.rule, Rule::UnencryptedSuffix(suffix) if suffix == "_unencrypted"));
}

#[test]
fn the_time_is_written_as_sops_writes_it() {
    for (stored, written) in [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00.123Z", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00+00:00", "2024-05-01T10:00:00Z"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T10:00:00+02:00"),
    ] {
        let metadata = read(json!({"lastmodified": stored})).expect("reads");
        assert_eq!(metadata.modified, written);
    }
    assert!(read(json!({"lastmodified": "yesterday"})).is_err());
}

#[test]
fn contradictions_are_refused() {
    for extra in [
        json!({"encrypted_regex": "a", "unencrypted_suffix": "b"}),
        json!({"encrypted_regex": "("}),
        json!({"shamir_threshold": 1.5}),
        json!({"shamir_threshold": 300}),
        json!({"age": [], "kms": []}),
        json!({"age": "text"}),
        json!({"mac": ["list"]}),
    ] {
        assert!(
            matches!(read(extra.clone()), Err(SopsError::Metadata(_))),
            "{extra}"
        );
    }
    assert_eq!(
        read(json!({"shamir_threshold": "2.0"})).expect("reads").threshold,
        2
    );
}

/// A file cannot make us call more key services than this.
#[test]
fn too_many_keys_are_refused() {
    let keys: Vec<Json> = (0..65)
        .map(|_| json!({"recipient": "age1x", "enc": ""}))
        .collect();
    assert!(read(json!({"age": keys})).is_err());
}

use super::*;
use serde_json::json;

fn metadata(name: &str, version: u64, owned: &str, second: u32) -> ObjectMeta {
    serde_json::from_value(json!({"name": name, "namespace": "a", "uid": "u", "resourceVersion": version.to_string(),
        "managedFields": [{"manager": "m", "operation": "Apply", "time": format!("2026-01-01T00:00:{second:02}Z"),
        "fieldsV1": {owned: {}}}]}))
    .expect("metadata")
}

fn key(name: &str) -> Key {
    ("a".into(), name.into())
}

fn mailbox(interest: Interest) -> Arc<Mailbox> {
    Mailbox::new("owner".into(), interest, "m".into())
}

fn print(name: &str, version: u64, owned: &str, second: u32) -> Option<Fingerprint> {
    Some(Fingerprint::of_metadata(
        &metadata(name, version, owned, second),
        "m",
    ))
}

fn signals(mailbox: &Mailbox) -> Vec<(String, Signal)> {
    mailbox
        .take()
        .into_iter()
        .map(|change| (change.id.name, change.signal))
        .collect()
}

#[test]
fn a_missing_object_is_told_when_the_list_ends() {
    let (mut kind, any) = (Kind::new("", "ConfigMap"), mailbox(Interest::Any));
    assert_eq!(kind.track(key("x"), &any, None), Tracking::Watched);
    assert_eq!(kind.track(key("y"), &any, None), Tracking::Watched);
    kind.start_listing();
    kind.applied(&metadata("x", 3, "f:a", 1));
    kind.applied(&metadata("other", 4, "f:a", 1));
    kind.finish_listing();
    assert_eq!(
        signals(&any),
        [("x".into(), Signal::Changed), ("y".into(), Signal::Deleted)]
    );
}

/// K7: duplicates and late events are no news.
#[test]
fn old_versions_are_no_news() {
    let (mut kind, any) = (Kind::new("", "ConfigMap"), mailbox(Interest::Any));
    kind.track(key("x"), &any, print("x", 5, "f:a", 1));
    for version in [4, 5, 5, 6, 6] {
        kind.applied(&metadata("x", version, "f:a", 1));
    }
    assert_eq!(any.take().len(), 1);
    kind.deleted(&metadata("x", 3, "f:a", 1));
    assert!(any.take().is_empty(), "an older delete than what is known");
    kind.deleted(&metadata("x", 7, "f:a", 1));
    assert_eq!(signals(&any), [("x".into(), Signal::Deleted)]);
}

#[test]
fn drift_is_told_once_and_own_applies_are_not() {
    let (mut kind, drift) = (Kind::new("", "ConfigMap"), mailbox(Interest::Drift));
    kind.track(key("x"), &drift, print("x", 5, "f:a", 1));
    kind.applied(&metadata("x", 6, "f:a", 1));
    assert!(drift.take().is_empty(), "nothing of ours changed");
    kind.applied(&metadata("x", 7, "f:b", 1));
    kind.applied(&metadata("x", 8, "f:b", 1));
    assert_eq!(signals(&drift), [("x".into(), Signal::Moved)]);
    kind.applied(&metadata("x", 9, "f:a", 9));
    assert!(drift.take().is_empty(), "we corrected it");
}

/// K3: after a broken watch the new list tells what changed and what went in between.
#[test]
fn a_new_list_tells_what_was_missed() {
    let (mut kind, drift) = (Kind::new("", "ConfigMap"), mailbox(Interest::Drift));
    kind.track(key("x"), &drift, print("x", 5, "f:a", 1));
    kind.track(key("y"), &drift, print("y", 5, "f:a", 1));
    kind.start_listing();
    kind.applied(&metadata("x", 5, "f:a", 1));
    kind.applied(&metadata("y", 5, "f:a", 1));
    kind.finish_listing();
    assert!(drift.take().is_empty());
    kind.start_listing();
    kind.applied(&metadata("x", 9, "f:b", 1));
    kind.finish_listing();
    assert_eq!(
        signals(&drift),
        [("x".into(), Signal::Moved), ("y".into(), Signal::Deleted)]
    );
}

#[test]
fn an_object_tracked_late_is_verified_when_news_may_have_passed() {
    let (mut kind, drift) = (Kind::new("", "ConfigMap"), mailbox(Interest::Drift));
    kind.start_listing();
    kind.applied(&metadata("x", 5, "f:a", 1));
    kind.finish_listing();
    assert_eq!(
        kind.track(key("x"), &drift, print("x", 5, "f:a", 1)),
        Tracking::Watched
    );
    kind.untrack(&key("x"), &drift);
    assert!(kind.is_empty());
    assert_eq!(
        kind.track(key("x"), &drift, print("x", 4, "f:a", 1)),
        Tracking::Verify
    );
    assert_eq!(
        kind.track(key("z"), &drift, print("z", 9, "f:a", 1)),
        Tracking::Verify
    );
}

/// K8: when the CRD goes, so do its objects.
#[test]
fn a_vanished_kind_takes_its_objects() {
    let (mut kind, any) = (Kind::new("x.io", "Widget"), mailbox(Interest::Any));
    kind.track(key("x"), &any, print("x", 5, "f:a", 1));
    kind.vanish();
    assert_eq!(signals(&any), [("x".into(), Signal::Deleted)]);
}

#[test]
fn an_owner_that_waits_is_told_at_once_of_what_it_has_not_seen() {
    let (mut kind, any) = (Kind::new("", "ConfigMap"), mailbox(Interest::Any));
    kind.start_listing();
    kind.applied(&metadata("x", 5, "f:a", 1));
    kind.finish_listing();
    kind.track(key("x"), &any, print("x", 4, "f:a", 1));
    kind.track(key("y"), &any, None);
    assert_eq!(
        signals(&any),
        [("x".into(), Signal::Changed), ("y".into(), Signal::Changed)]
    );
}

/// A referenced Secret: the state that was read is no news, each later one is, also a first appearance.
#[test]
fn versions_of_referenced_objects_are_told_once() {
    let (mut kind, reads) = (Kind::new("", "Secret"), mailbox(Interest::Version));
    kind.track(key("there"), &reads, None);
    kind.track(key("missing"), &reads, None);
    kind.track(key("read"), &reads, Some(Fingerprint::of_version("3")));
    kind.start_listing();
    kind.applied(&metadata("there", 5, "f:a", 1));
    kind.applied(&metadata("read", 4, "f:a", 1));
    kind.finish_listing();
    assert_eq!(
        signals(&reads),
        [("read".into(), Signal::Changed)],
        "it moved since it was read"
    );
    kind.applied(&metadata("missing", 6, "f:a", 1));
    kind.applied(&metadata("there", 7, "f:a", 1));
    kind.applied(&metadata("there", 7, "f:a", 1));
    kind.deleted(&metadata("read", 8, "f:a", 1));
    assert_eq!(
        signals(&reads),
        [
            ("missing".into(), Signal::Changed),
            ("there".into(), Signal::Changed),
            ("read".into(), Signal::Deleted)
        ]
    );
    let late = mailbox(Interest::Version);
    kind.track(key("there"), &late, None);
    assert!(
        late.take().is_empty(),
        "what the watch knows is what will be read"
    );
    let behind = mailbox(Interest::Version);
    kind.track(key("there"), &behind, Some(Fingerprint::of_version("6")));
    assert_eq!(signals(&behind), [("there".into(), Signal::Changed)]);
    assert_eq!(kind.awaited(), 0, "no full watch of Secrets");
}

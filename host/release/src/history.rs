//! What status remembers of a release's revisions, so that a change from outside is noticed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sluice_api::helm_release::{ReleaseSnapshot, TestHookStatus};
use sluice_cluster::k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sluice_model::Digest;

use crate::record::Release;

/// Form of our digests. Flux does not compare the digest of a form that it does not know, so it can take over.
const FORM: &str = "sluice.dev/v1";
/// How many snapshots are kept when none before the latest was ever good.
const KEPT: usize = 5;

/// The snapshot of a stored release that was made by `action`.
pub fn observe(release: &Release, config_digest: &str, action: &str) -> ReleaseSnapshot {
    let time = |text: &str| Time(text.parse().unwrap_or_default());
    let deleted = &release.info.deleted;
    let app_version = release.chart_text("appVersion");
    ReleaseSnapshot {
        action: Some(action.to_owned()),
        api_version: Some(FORM.to_owned()),
        app_version: (!app_version.is_empty()).then(|| app_version.to_owned()),
        chart_name: release.chart_text("name").to_owned(),
        chart_version: release.chart_text("version").to_owned(),
        config_digest: config_digest.to_owned(),
        deleted: (!deleted.is_empty()).then(|| time(deleted)),
        digest: digest(release).to_string(),
        first_deployed: time(&release.info.first_deployed),
        last_deployed: time(&release.info.last_deployed),
        name: release.name.clone(),
        namespace: release.namespace.clone(),
        oci_digest: None,
        status: release.info.status.as_str().to_owned(),
        test_hooks: None,
        version: i64::from(release.version),
    }
}

/// Whether a stored release is still what the snapshot was taken of. A snapshot of another form says nothing.
pub fn is_untouched(snapshot: &ReleaseSnapshot, release: &Release) -> bool {
    let same = snapshot.name == release.name
        && snapshot.namespace == release.namespace
        && snapshot.version == i64::from(release.version);
    same && (snapshot.api_version.as_deref() != Some(FORM) || snapshot.digest == digest(release).to_string())
}

/// Of what makes a release what it is. Test hooks are left out: running the tests changes them.
fn digest(release: &Release) -> Digest {
    let hooks = release
        .hooks
        .iter()
        .filter(|hook| !hook.events.iter().any(|event| event == "test"));
    let hooks: Vec<_> = hooks.map(|hook| (&hook.path, &hook.manifest)).collect();
    let what = json!([
        release.name,
        release.namespace,
        release.version,
        release.info.status.as_str(),
        release.info.first_deployed,
        release.info.last_deployed,
        release.info.deleted,
        release.chart["metadata"],
        release.config,
        release.manifest,
        hooks
    ]);
    Digest::of(what.to_string().as_bytes())
}

/// Drops snapshots, the latest first, that are of no use any more: those before the last good one, or all but five.
pub fn truncate(history: &mut Vec<ReleaseSnapshot>, ignore_tests: bool) {
    history.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.version));
    let good = |snapshot: &ReleaseSnapshot| is_good(snapshot, ignore_tests);
    match history.iter().skip(1).position(good) {
        Some(at) => history.truncate(at + 2),
        None => history.truncate(KEPT),
    }
}

/// Drops all but the five latest snapshots: where failures are not remediated, none before is gone back to.
pub fn truncate_to_latest(history: &mut Vec<ReleaseSnapshot>) {
    history.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.version));
    history.truncate(KEPT);
}

/// The last good snapshot before the latest: what a rollback goes back to.
pub fn previous(history: &[ReleaseSnapshot], ignore_tests: bool) -> Option<&ReleaseSnapshot> {
    history
        .iter()
        .skip(1)
        .find(|snapshot| is_good(snapshot, ignore_tests))
}

fn is_good(snapshot: &ReleaseSnapshot, ignore_tests: bool) -> bool {
    let is_deployed = matches!(snapshot.status.as_str(), "deployed" | "superseded");
    is_deployed && (ignore_tests || !has_failed_test(snapshot))
}

/// Whether a test that we ran has failed.
pub fn has_failed_test(snapshot: &ReleaseSnapshot) -> bool {
    let mut phases = snapshot.test_hooks.iter().flat_map(|hooks| hooks.values());
    phases.any(|hook| hook.phase.as_deref() == Some("Failed"))
}

/// Whether tests ran to their end, a failed one included; there may have been none to run.
pub fn has_been_tested(snapshot: &ReleaseSnapshot) -> bool {
    let Some(hooks) = &snapshot.test_hooks else {
        return false;
    };
    has_failed_test(snapshot)
        || hooks
            .values()
            .all(|hook| hook.phase.as_deref() == Some("Succeeded"))
}

/// What became of the tests that `is_chosen` takes.
pub fn test_hooks(release: &Release, is_chosen: impl Fn(&str) -> bool) -> BTreeMap<String, TestHookStatus> {
    let time = |text: &str| Some(Time(text.parse().ok()?));
    let hooks = release
        .hooks_at("test")
        .into_iter()
        .filter(|hook| is_chosen(&hook.name));
    hooks
        .map(|hook| {
            let run = &hook.last_run;
            let status = TestHookStatus {
                last_completed: time(&run.completed_at),
                last_started: time(&run.started_at),
                phase: (!run.phase.is_empty()).then(|| run.phase.clone()),
            };
            (hook.name.clone(), status)
        })
        .collect()
}

/// The digest of values as Flux computes it, so that neither sees a change when it takes over from the other.
pub fn config_digest(config: &Map<String, Value>) -> String {
    let text = if config.is_empty() {
        String::new()
    } else {
        // values came from JSON, which YAML can write
        sluice_yaml::emit_value(&Value::Object(config.clone()), sluice_yaml::Flavour::MapSlice)
            .unwrap_or_default()
    };
    Digest::of(text.as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Hook, HookRun, Info, Status};

    fn release() -> Release {
        Release {
            name: "web".into(),
            namespace: "prod".into(),
            version: 2,
            info: Info {
                status: Status::Deployed,
                last_deployed: "2026-01-02T03:04:05.123456789Z".into(),
                ..Info::default()
            },
            chart: json!({"metadata": {"name": "web", "version": "1.0.0", "appVersion": "2"}}),
            hooks: vec![Hook {
                events: vec!["test".into()],
                ..Hook::default()
            }],
            ..Release::default()
        }
    }

    /// Section 7, item 11: a snapshot in a form that is not ours, as Flux's are, says nothing about changes.
    #[test]
    fn the_digest_of_another_form_is_not_compared() {
        let release = Release::default();
        let mut snapshot = observe(&release, "sha256:c", "install");
        snapshot.digest = "sha256:0".into();
        assert!(!is_untouched(&snapshot, &release));
        for form in [None, Some("v1beta2".to_owned()), Some("v2".to_owned())] {
            snapshot.api_version = form;
            assert!(is_untouched(&snapshot, &release));
        }
        snapshot.version = 7;
        assert!(
            !is_untouched(&snapshot, &release),
            "another revision all the same"
        );
    }

    #[test]
    fn a_change_from_outside_is_seen_and_a_test_run_is_none() {
        let mut stored = release();
        let snapshot = observe(&stored, "sha256:c", "install");
        assert!(is_untouched(&snapshot, &stored));
        stored.hooks[0].last_run = HookRun {
            phase: "Succeeded".into(),
            ..HookRun::default()
        };
        assert!(is_untouched(&snapshot, &stored));
        stored.manifest.push_str("a: 1\n");
        assert!(!is_untouched(&snapshot, &stored));
    }

    /// The digest of Flux 2.9.4 (`chartutil.DigestValues`) for the same values: keys by their bytes, whole numbers plain.
    #[test]
    fn the_digest_of_values_is_fluxs() {
        let values = json!({"a9": 1, "a10": {"z": [true, null, 1.5], "b": "x: y"}, "Z": "yes"});
        let text = sluice_yaml::emit_value(&values, sluice_yaml::Flavour::MapSlice).expect("YAML");
        assert_eq!(
            text,
            "Z: \"yes\"\na10:\n  b: 'x: y'\n  z:\n  - true\n  - null\n  - 1.5\na9: 1\n"
        );
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(config_digest(&Map::new()), empty);
        assert_eq!(
            config_digest(values.as_object().expect("a map")),
            Digest::of(text.as_bytes()).to_string()
        );
    }

    #[test]
    fn history_ends_at_the_last_good_revision() {
        let snapshot = |version, status: &str| {
            let mut it = observe(&release(), "", "upgrade");
            (it.version, it.status) = (version, status.to_owned());
            it
        };
        let mut history = vec![
            snapshot(1, "superseded"),
            snapshot(2, "superseded"),
            snapshot(3, "failed"),
            snapshot(4, "deployed"),
        ];
        truncate(&mut history, false);
        assert_eq!(history.iter().map(|it| it.version).collect::<Vec<_>>(), [4, 3, 2]);
        let mut failed: Vec<_> = (1..9).map(|version| snapshot(version, "failed")).collect();
        truncate(&mut failed, false);
        assert_eq!(failed.len(), KEPT);
    }
}

//! What status remembers of a release's revisions, so that a change from outside is noticed.

use serde_json::json;
use sluice_api::helm_release::ReleaseSnapshot;
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
        test_hooks: std::collections::BTreeMap::new(),
        version: i64::from(release.version),
    }
}

/// Whether a stored release is still what the snapshot was taken of. A snapshot of another form says nothing.
pub(crate) fn is_untouched(snapshot: &ReleaseSnapshot, release: &Release) -> bool {
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
    let good = |snapshot: &ReleaseSnapshot| {
        let tested = ignore_tests
            || !snapshot
                .test_hooks
                .values()
                .any(|hook| hook.phase.as_deref() == Some("Failed"));
        matches!(snapshot.status.as_str(), "deployed" | "superseded") && tested
    };
    match history.iter().skip(1).position(good) {
        Some(at) => history.truncate(at + 2),
        None => history.truncate(KEPT),
    }
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

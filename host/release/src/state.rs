//! What a release is in, compared with what is wanted of it. Decides; does nothing.

use sluice_api::helm_release::ReleaseSnapshot;

use crate::history::{has_been_tested, has_failed_test, is_untouched};
use crate::record::{Release, Status};

/// What the spec wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Name of the chart.
    pub chart_name: String,
    /// Version of the chart, with build metadata where the digest is tracked.
    pub chart_version: String,
    /// Digest of the merged values.
    pub config_digest: String,
    /// What changed since the generation that was observed last and is no part of the release: post renderers, common
    /// metadata.
    pub changed_since: Option<&'static str>,
    /// Whether tests are to run.
    pub test: Target,
}

/// Whether tests are to run, and whether their failure counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Target {
    /// They are not.
    #[default]
    Untested,
    /// They are, and a failure is told only.
    Ignored,
    /// They are, and a failure is the release's.
    Tested,
}

/// What a release is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// There is none, or it was uninstalled.
    Absent,
    /// An action on it began and did not end.
    Locked(Status),
    /// It stands, and not as we left it.
    Unmanaged(String),
    /// Its last action failed.
    Failed(String),
    /// It stands with another chart or other values than are wanted.
    OutOfSync(String),
    /// Its tests have not run.
    Untested,
    /// As it should be, as far as its record tells.
    InSync,
    /// In a status that no action leads out of.
    Undetermined(Status),
}

/// The state of a release from its latest stored revision and the history in status, the latest first.
pub fn determine(latest: Option<&Release>, history: &[ReleaseSnapshot], wanted: &Wanted) -> State {
    let Some(latest) = latest else {
        return State::Absent;
    };
    let status = latest.info.status;
    if status.is_pending() {
        return State::Locked(status);
    }
    let Some(snapshot) = history.first() else {
        return match status {
            Status::Uninstalled => State::Absent,
            _ => State::Unmanaged(format!(
                "release {} exists and was not made by this object",
                named(latest)
            )),
        };
    };
    if !is_untouched(snapshot, latest) {
        return State::Unmanaged(format!("release {} was changed by another client", named(latest)));
    }
    match status {
        Status::Uninstalled => State::Absent,
        Status::Failed => State::Failed(format!(
            "release {} has failed: {}",
            named(latest),
            latest.info.description
        )),
        Status::Deployed => deployed(latest, snapshot, wanted),
        other => State::Undetermined(other),
    }
}

fn deployed(latest: &Release, snapshot: &ReleaseSnapshot, wanted: &Wanted) -> State {
    let pairs = [
        (
            "chart name",
            latest.chart_text("name"),
            wanted.chart_name.as_str(),
        ),
        (
            "chart version",
            latest.chart_text("version"),
            wanted.chart_version.as_str(),
        ),
    ];
    for (what, is, should) in pairs {
        if is != should {
            return State::OutOfSync(format!("{what} is {is:?}, wanted is {should:?}"));
        }
    }
    if snapshot.config_digest != wanted.config_digest {
        return State::OutOfSync("the values have changed".to_owned());
    }
    if let Some(what) = wanted.changed_since {
        return State::OutOfSync(format!("{what} have changed"));
    }
    tested(latest, snapshot, wanted.test)
}

/// Tests that another client ran are not ours.
fn tested(latest: &Release, snapshot: &ReleaseSnapshot, target: Target) -> State {
    if target == Target::Untested {
        return State::InSync;
    }
    if !has_been_tested(snapshot) {
        return State::Untested;
    }
    if has_failed_test(snapshot) && target == Target::Tested {
        return State::Failed(format!("a test of release {} has failed", named(latest)));
    }
    State::InSync
}

fn named(release: &Release) -> String {
    format!("{}/{}.v{}", release.namespace, release.name, release.version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::observe;
    use crate::record::{Hook, Info};
    use serde_json::json;
    use sluice_api::helm_release::TestHookStatus;

    fn release(status: Status) -> Release {
        Release {
            name: "web".into(),
            namespace: "prod".into(),
            version: 1,
            info: Info {
                status,
                ..Info::default()
            },
            chart: json!({"metadata": {"name": "web", "version": "1.0.0"}}),
            hooks: vec![Hook {
                name: "check".into(),
                events: vec!["test".into()],
                ..Hook::default()
            }],
            ..Release::default()
        }
    }

    fn wanted() -> Wanted {
        Wanted {
            chart_name: "web".into(),
            chart_version: "1.0.0".into(),
            config_digest: "sha256:c".into(),
            ..Wanted::default()
        }
    }

    fn of(release: &Release, wanted: &Wanted) -> State {
        determine(Some(release), &[observe(release, "sha256:c", "install")], wanted)
    }

    #[test]
    fn no_release_and_an_uninstalled_one_are_absent() {
        assert_eq!(determine(None, &[], &wanted()), State::Absent);
        let gone = release(Status::Uninstalled);
        assert_eq!(determine(Some(&gone), &[], &wanted()), State::Absent);
        assert_eq!(of(&gone, &wanted()), State::Absent);
    }

    /// H13: whatever a killed client left pending is found as such, also without history.
    #[test]
    fn a_pending_release_is_locked() {
        for status in [
            Status::PendingInstall,
            Status::PendingUpgrade,
            Status::PendingRollback,
        ] {
            assert_eq!(
                determine(Some(&release(status)), &[], &wanted()),
                State::Locked(status)
            );
        }
    }

    #[test]
    fn what_was_made_or_changed_elsewhere_is_unmanaged() {
        let found = release(Status::Deployed);
        assert!(matches!(
            determine(Some(&found), &[], &wanted()),
            State::Unmanaged(_)
        ));
        let snapshot = observe(&found, "sha256:c", "install");
        let changed = Release {
            manifest: "x: 1\n".into(),
            ..found
        };
        assert!(matches!(
            determine(Some(&changed), &[snapshot], &wanted()),
            State::Unmanaged(_)
        ));
    }

    #[test]
    fn another_chart_other_values_and_other_metadata_are_out_of_sync() {
        let found = release(Status::Deployed);
        assert_eq!(of(&found, &wanted()), State::InSync);
        for other in [
            Wanted {
                chart_name: "api".into(),
                ..wanted()
            },
            Wanted {
                chart_version: "1.0.1".into(),
                ..wanted()
            },
            Wanted {
                config_digest: "sha256:d".into(),
                ..wanted()
            },
            Wanted {
                changed_since: Some("spec.postRenderers"),
                ..wanted()
            },
        ] {
            assert!(matches!(of(&found, &other), State::OutOfSync(_)), "{other:?}");
        }
    }

    #[test]
    fn tests_run_once_and_their_failure_counts_where_it_is_to() {
        let found = release(Status::Deployed);
        let tested = Wanted {
            test: Target::Tested,
            ..wanted()
        };
        assert_eq!(of(&found, &tested), State::Untested);
        let mut snapshot = observe(&found, "sha256:c", "install");
        let failed = TestHookStatus {
            phase: Some("Failed".into()),
            ..TestHookStatus::default()
        };
        snapshot.test_hooks = Some([("check".to_owned(), failed)].into());
        let history = [snapshot];
        assert!(matches!(
            determine(Some(&found), &history, &tested),
            State::Failed(_)
        ));
        let ignored = Wanted {
            test: Target::Ignored,
            ..wanted()
        };
        assert_eq!(determine(Some(&found), &history, &ignored), State::InSync);
    }

    /// Section 7, item 10: only tests that we ran count. A failure that `helm test` recorded is not ours, and what it ran
    /// is not yet tested.
    #[test]
    fn a_test_that_somebody_else_ran_is_no_test() {
        let mut found = release(Status::Deployed);
        let history = [observe(&found, "sha256:c", "install")];
        found.hooks[0].last_run.phase = "Failed".into();
        let tested = Wanted {
            test: Target::Tested,
            ..wanted()
        };
        assert_eq!(determine(Some(&found), &history, &tested), State::Untested);
        assert_eq!(determine(Some(&found), &history, &wanted()), State::InSync);
    }

    #[test]
    fn a_failed_release_is_failed_and_an_odd_status_is_said() {
        assert!(matches!(
            of(&release(Status::Failed), &wanted()),
            State::Failed(_)
        ));
        let odd = release(Status::Uninstalling);
        assert_eq!(of(&odd, &wanted()), State::Undetermined(Status::Uninstalling));
    }
}

//! The table of actions by state (section 2.5 of the study of Flux's apply side).

use serde_json::{Value, json};
use sluice_release::{Info, observe};

use super::*;

fn spec(value: Value) -> HelmReleaseSpec {
    let mut spec = json!({"interval": "1m"});
    for (key, value) in value.as_object().expect("a map") {
        spec[key] = value.clone();
    }
    serde_json::from_value(spec).expect("a spec")
}

fn status(value: Value) -> HelmReleaseStatus {
    serde_json::from_value(value).expect("a status")
}

fn release(version: u32, status: Status) -> Release {
    Release {
        name: "web".into(),
        namespace: "prod".into(),
        version,
        info: Info {
            status,
            ..Info::default()
        },
        ..Release::default()
    }
}

fn ask(
    state: State,
    stored: &[Release],
    spec: &HelmReleaseSpec,
    status: &mut HelmReleaseStatus,
) -> Result<Step, End> {
    let known = Known {
        state,
        stored,
        drifted: false,
        forced: false,
        retries: false,
    };
    decide(&known, spec, status)
}

fn failed_state() -> State {
    State::Failed("it failed".into())
}

#[test]
fn a_release_that_is_not_there_is_installed_until_the_retries_are_over() {
    let plain = spec(json!({}));
    assert_eq!(
        ask(State::Absent, &[], &plain, &mut status(json!({}))),
        Ok(Step::Install)
    );
    let mut failed = status(json!({"installFailures": 1, "lastAttemptedReleaseAction": "install"}));
    assert_eq!(
        ask(State::Absent, &[], &plain, &mut failed),
        Err(End::RetriesExceeded)
    );
    let once_more = spec(json!({"install": {"remediation": {"retries": 1}}}));
    assert_eq!(
        ask(State::Absent, &[], &once_more, &mut failed),
        Ok(Step::Install)
    );
    let endless = spec(json!({"install": {"remediation": {"retries": -1}}}));
    failed.install_failures = Some(100);
    assert_eq!(ask(State::Absent, &[], &endless, &mut failed), Ok(Step::Install));
}

#[test]
fn force_overrides_exhausted_retries() {
    let mut failed =
        status(json!({"installFailures": 1, "upgradeFailures": 1, "lastAttemptedReleaseAction": "upgrade"}));
    for state in [
        State::Absent,
        State::OutOfSync("values".into()),
        State::InSync,
        failed_state(),
    ] {
        let known = Known {
            state,
            stored: &[],
            drifted: false,
            forced: true,
            retries: false,
        };
        assert!(matches!(
            decide(&known, &spec(json!({})), &mut failed),
            Ok(Step::Install | Step::Upgrade)
        ));
    }
}

/// Section 7, item 7: a release that was changed from outside is no failure: its history is forgotten, and it is upgraded.
#[test]
fn an_unmanaged_release_is_upgraded_without_its_history() {
    let stored = release(1, Status::Deployed);
    let mut known = HelmReleaseStatus {
        history: vec![observe(&stored, "c", "install")],
        ..HelmReleaseStatus::default()
    };
    let step = ask(
        State::Unmanaged("changed".into()),
        &[stored],
        &spec(json!({})),
        &mut known,
    );
    assert_eq!(step, Ok(Step::Upgrade));
    assert!(known.history.is_empty());
}

/// Section 7, items 5, 6 and 9.
#[test]
fn a_failed_upgrade_goes_back_to_the_last_good_revision_that_is_as_it_was_seen() {
    let stored = [release(2, Status::Failed), release(1, Status::Superseded)];
    let history = || {
        vec![
            observe(&stored[0], "c", "upgrade"),
            observe(&stored[1], "c", "install"),
        ]
    };
    let with = |failures: i64| HelmReleaseStatus {
        history: history(),
        ..status(json!({"upgradeFailures": failures, "lastAttemptedReleaseAction": "upgrade"}))
    };
    let retried = spec(json!({"upgrade": {"remediation": {"retries": 1}}}));
    let step = ask(failed_state(), &stored, &retried, &mut with(1));
    assert!(matches!(step, Ok(Step::Rollback(target)) if target.version == 1));
    // the last failure is remediated too, where there are retries
    assert!(matches!(
        ask(failed_state(), &stored, &retried, &mut with(2)),
        Ok(Step::Rollback(_))
    ));
    let kept = spec(json!({"upgrade": {"remediation": {"retries": 1, "remediateLastFailure": false}}}));
    assert_eq!(
        ask(failed_state(), &stored, &kept, &mut with(2)),
        Err(End::RetriesExceeded)
    );
    // without retries nothing is remediated
    assert_eq!(
        ask(failed_state(), &stored, &spec(json!({})), &mut with(1)),
        Err(End::RetriesExceeded)
    );
    // a failure that does not count was of other conditions
    assert_eq!(
        ask(failed_state(), &stored, &retried, &mut with(0)),
        Ok(Step::Upgrade)
    );
    let mut tampered = stored.clone();
    tampered[1].manifest = "x: 1\n".into();
    assert_eq!(
        ask(failed_state(), &tampered, &retried, &mut with(1)),
        Ok(Step::Upgrade)
    );
    let mut alone = with(1);
    alone.history.truncate(1);
    assert_eq!(
        ask(failed_state(), &stored, &retried, &mut alone),
        Err(End::NoRollbackTarget)
    );
    let pending = release(2, Status::PendingUpgrade);
    let unlock = ask(
        State::Locked(Status::PendingUpgrade),
        std::slice::from_ref(&pending),
        &retried,
        &mut with(1),
    );
    assert_eq!(unlock, Ok(Step::Unlock(Box::new(pending))));
}

#[test]
fn a_failed_release_is_uninstalled_where_that_is_the_strategy() {
    let stored = [release(1, Status::Failed)];
    let installed = spec(json!({"install": {"remediation": {"retries": 1}}}));
    let mut known = HelmReleaseStatus {
        history: vec![observe(&stored[0], "c", "install")],
        ..status(json!({"installFailures": 1, "lastAttemptedReleaseAction": "install"}))
    };
    assert_eq!(
        ask(failed_state(), &stored, &installed, &mut known),
        Ok(Step::Uninstall)
    );
    let upgraded = spec(json!({"upgrade": {"remediation": {"retries": 1, "strategy": "uninstall"}}}));
    known.last_attempted_release_action = Some(sluice_api::helm_release::ReleaseAction::Upgrade);
    known.upgrade_failures = Some(1);
    assert_eq!(
        ask(failed_state(), &stored, &upgraded, &mut known),
        Ok(Step::Uninstall)
    );
}

#[test]
fn where_failures_are_retried_nothing_is_remediated() {
    let known = Known {
        state: failed_state(),
        stored: &[],
        drifted: false,
        forced: false,
        retries: true,
    };
    let mut failed = status(json!({"upgradeFailures": 9, "lastAttemptedReleaseAction": "upgrade"}));
    assert_eq!(decide(&known, &spec(json!({})), &mut failed), Ok(Step::Upgrade));
}

#[test]
fn drift_is_corrected_only_where_that_is_asked_for() {
    let drifted = |mode: &str| {
        let known = Known {
            state: State::InSync,
            stored: &[],
            drifted: true,
            forced: false,
            retries: false,
        };
        decide(
            &known,
            &spec(json!({"driftDetection": {"mode": mode}})),
            &mut status(json!({})),
        )
    };
    assert_eq!(drifted("enabled"), Ok(Step::Correct));
    assert_eq!(drifted("warn"), Err(End::InSync));
}

/// H13: an uninstallation that was killed is ended, and not a state that nothing leads out of.
#[test]
fn h13_an_uninstallation_that_was_cut_off_is_ended() {
    let state = State::Undetermined(Status::Uninstalling);
    let step = ask(state, &[], &spec(json!({})), &mut status(json!({})));
    assert_eq!(step, Ok(Step::EndUninstall));
    let odd = ask(
        State::Undetermined(Status::Unknown),
        &[],
        &spec(json!({})),
        &mut status(json!({})),
    );
    assert_eq!(odd, Err(End::Unknown(Status::Unknown)));
}

//! Actions against a world in memory that can end at any operation, as a process does that is killed.

mod world;

use std::sync::atomic::Ordering;

use serde_json::json;
use sluice_api::helm_release::ReleaseSnapshot;

use self::world::World;
use super::*;
use crate::history::observe;
use crate::manifest::read_manifest;
use crate::state::{State, Wanted, determine};

const NAME: &str = "web";

fn yaml(kind: &str, name: &str) -> String {
    format!("---\napiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
}

fn hook(name: &str, events: &[&str], policies: &[&str]) -> Hook {
    Hook {
        name: name.into(),
        kind: "Job".into(),
        manifest: yaml("Job", name),
        events: events.iter().map(ToString::to_string).collect(),
        delete_policies: policies.iter().map(ToString::to_string).collect(),
        ..Hook::default()
    }
}

fn draft(version: &str, names: &[&str]) -> Draft {
    let manifest: String = names.iter().map(|name| yaml("ConfigMap", name)).collect();
    Draft {
        name: NAME.into(),
        namespace: "prod".into(),
        chart: json!({"metadata": {"name": "chart", "version": version}}),
        objects: read_manifest(&manifest).expect("objects"),
        manifest,
        hooks: vec![
            hook("migrate", &["pre-install", "pre-upgrade"], &["hook-succeeded"]),
            hook("clean", &["post-delete"], &["hook-succeeded", "hook-failed"]),
            hook("check", &["test"], &[]),
        ],
        ..Draft::default()
    }
}

fn wanted(version: &str) -> Wanted {
    Wanted {
        chart_name: "chart".into(),
        chart_version: version.into(),
        config_digest: "c".into(),
        ..Wanted::default()
    }
}

/// A world with revision 1 of these objects.
async fn installed(names: &[&str]) -> World {
    let world = World::new();
    let ended = world.actions().install(draft("1", names)).await;
    ended.result.expect("installed");
    world
}

/// What the reconciler does pass by pass until there is nothing left to do, with what status remembers.
async fn heal(world: &World, snapshots: &mut Vec<ReleaseSnapshot>, draft: &Draft, wanted: &Wanted) {
    for _ in 0..6 {
        let latest = Records::history(world, NAME)
            .await
            .expect("history")
            .into_iter()
            .next();
        let state = determine(latest.as_ref(), snapshots, wanted);
        let ended = match (state, latest) {
            (State::InSync, _) => return,
            (State::Absent, _) => world.actions().install(draft.clone()).await,
            (State::Locked(_), Some(pending)) => {
                world.actions().unlock(pending).await.expect("unlocked");
                continue;
            }
            (State::Unmanaged(_) | State::OutOfSync(_) | State::Failed(_), _) => {
                world.actions().upgrade(draft.clone()).await
            }
            (other, _) => panic!("{other:?}"),
        };
        if let Some(release) = ended.release {
            snapshots.insert(0, observe(&release, &wanted.config_digest, "upgrade"));
        }
    }
    panic!("did not heal: {:?}", world.statuses());
}

#[tokio::test]
async fn an_install_stores_before_it_acts_and_its_hooks_go_by_their_policies() {
    let world = World::new();
    let ended = world.actions().install(draft("1", &["a", "b"])).await;
    ended.result.expect("installed");
    assert_eq!(
        *world.log.lock(),
        [
            "history",
            "create v1 pending-install",
            "update v1 pending-install",
            "apply migrate",
            "finish migrate",
            "remove migrate",
            "wait gone",
            "apply a",
            "apply b",
            "wait",
            "update v1 deployed"
        ]
    );
    assert_eq!(world.names(), ["a", "b"]);
    assert_eq!(
        ended.release.expect("a release").info.description,
        "Install complete"
    );
}

#[tokio::test]
async fn an_upgrade_removes_what_is_gone_and_leaves_one_deployed() {
    let world = installed(&["a", "b"]).await;
    world
        .actions()
        .upgrade(draft("2", &["b", "c"]))
        .await
        .result
        .expect("upgraded");
    assert_eq!(world.names(), ["b", "c"]);
    assert_eq!(world.statuses(), [(1, "superseded"), (2, "deployed")]);
}

#[tokio::test]
async fn a_failed_upgrade_says_why_and_is_rolled_back() {
    let world = installed(&["a"]).await;
    world.refused.lock().push("bad".into());
    let ended = world.actions().upgrade(draft("2", &["a", "bad"])).await;
    assert!(ended.result.is_err());
    assert_eq!(
        ended.release.expect("recorded").info.description,
        "Upgrade \"web\" failed: bad is refused"
    );
    assert_eq!(world.statuses(), [(1, "deployed"), (2, "failed")]);
    let rolled = world.actions().rollback(NAME, 1).await;
    rolled.result.expect("rolled back");
    let release = rolled.release.expect("a release");
    assert_eq!(
        (release.version, release.info.description.as_str()),
        (3, "Rollback to 1")
    );
    assert_eq!(release.info.more["rollback_revision"], 1);
    assert_eq!(
        world.statuses(),
        [(1, "superseded"), (2, "failed"), (3, "deployed")]
    );
    assert!(matches!(
        world.actions().rollback(NAME, 9).await.result,
        Err(ActionError::Missing { version: 9, .. })
    ));
}

#[tokio::test]
async fn a_failed_hook_fails_the_release_by_its_name() {
    let world = World::new();
    world.refused.lock().push("run:migrate".into());
    let ended = world.actions().install(draft("1", &["a"])).await;
    let text = ended.result.expect_err("failed").to_string();
    assert_eq!(text, "pre-install hook Job/migrate failed: migrate has failed");
    let release = ended.release.expect("recorded");
    assert_eq!(
        (release.info.status, release.hooks[0].last_run.phase.as_str()),
        (Status::Failed, "Failed")
    );
    assert_eq!(
        world.names(),
        ["migrate"],
        "no policy deletes a failed hook that has none"
    );
}

#[tokio::test]
async fn tests_run_by_name_and_are_recorded() {
    let world = installed(&["a"]).await;
    world.actions().test(NAME, &[]).await.result.expect("passed");
    assert_eq!(world.revisions.lock()[&1].hooks[2].last_run.phase, "Succeeded");
    world.refused.lock().push("run:check".into());
    let failed = world.actions().test(NAME, &[]).await;
    assert!(failed.result.is_err());
    assert_eq!(
        world.revisions.lock()[&1].info.status,
        Status::Deployed,
        "a failed test does not change the release"
    );
}

#[tokio::test]
async fn an_uninstall_keeps_its_record_only_where_asked_for() {
    let world = installed(&["a"]).await;
    let mut actions = world.actions();
    actions.settings.keep_history = true;
    actions.uninstall(NAME).await.result.expect("uninstalled");
    assert_eq!(
        (world.names(), world.statuses()),
        (vec![], vec![(1, "uninstalled")])
    );
    actions.uninstall(NAME).await.result.expect("twice is fine");
    world
        .actions()
        .install(draft("1", &["a"]))
        .await
        .result
        .expect("installed again");
    assert_eq!(world.statuses(), [(1, "uninstalled"), (2, "deployed")]);
    world.actions().uninstall(NAME).await.result.expect("uninstalled");
    assert!(world.statuses().is_empty());
}

#[tokio::test]
async fn history_does_not_grow_beyond_its_limit() {
    let world = installed(&["a"]).await;
    for version in 2..9 {
        world
            .actions()
            .upgrade(draft(&version.to_string(), &["a"]))
            .await
            .result
            .expect("upgraded");
    }
    assert_eq!(world.statuses().len(), 5);
    assert_eq!(world.statuses()[4], (8, "deployed"));
}

/// H12: what ten thousand revisions left behind goes with the next one; the deployed one stays until it is replaced.
#[tokio::test]
async fn h12_ten_thousand_revisions_go_with_the_next_one() {
    let world = installed(&["a"]).await;
    let first = world.revisions.lock()[&1].clone();
    for version in 2..=10_000 {
        let mut revision = first.clone();
        revision.version = version;
        revision.info.status = Status::Failed;
        world.revisions.lock().insert(version, revision);
    }
    world
        .actions()
        .upgrade(draft("2", &["a"]))
        .await
        .result
        .expect("upgraded");
    let left: Vec<u32> = world.statuses().iter().map(|(version, _)| *version).collect();
    assert_eq!(left, [1, 9_998, 9_999, 10_000, 10_001]);
    assert_eq!(world.statuses()[0], (1, "superseded"));
}

/// H13, C1: killed at any operation of an install or an upgrade, the next process heals it without help.
#[tokio::test]
async fn killed_at_any_step_of_install_and_upgrade_it_heals() {
    for upgrade in [false, true] {
        for steps in 0..16 {
            let (world, mut snapshots) = (World::new(), Vec::new());
            if upgrade {
                heal(&world, &mut snapshots, &draft("1", &["a", "b"]), &wanted("1")).await;
            }
            world.left.store(steps, Ordering::SeqCst);
            let new = draft("2", &["b", "c"]);
            let ended = if upgrade {
                world.actions().upgrade(new.clone()).await
            } else {
                world.actions().install(new.clone()).await
            };
            world.left.store(usize::MAX, Ordering::SeqCst);
            drop(ended);
            heal(&world, &mut snapshots, &new, &wanted("2")).await;
            assert_eq!(
                world.names(),
                ["b", "c"],
                "upgrade {upgrade}, after {steps} steps"
            );
            let deployed = world
                .statuses()
                .iter()
                .filter(|(_, status)| *status == "deployed")
                .count();
            let pending = world
                .statuses()
                .iter()
                .any(|(_, status)| status.starts_with("pending"));
            assert!(
                deployed == 1 && !pending,
                "after {steps} steps: {:?}",
                world.statuses()
            );
        }
    }
}

/// H13: killed at any operation of a rollback.
#[tokio::test]
async fn killed_at_any_step_of_a_rollback_it_heals() {
    for steps in 0..14 {
        let (world, mut snapshots) = (World::new(), Vec::new());
        heal(&world, &mut snapshots, &draft("1", &["a", "b"]), &wanted("1")).await;
        heal(&world, &mut snapshots, &draft("2", &["b", "c"]), &wanted("2")).await;
        world.left.store(steps, Ordering::SeqCst);
        drop(world.actions().rollback(NAME, 1).await);
        world.left.store(usize::MAX, Ordering::SeqCst);
        heal(&world, &mut snapshots, &draft("3", &["d"]), &wanted("3")).await;
        assert_eq!(
            world.names(),
            ["d"],
            "after {steps} steps: {:?}",
            world.log.lock()
        );
    }
}

/// H13: killed at any operation of an uninstall, the next attempt ends it and forgets nothing.
#[tokio::test]
async fn killed_at_any_step_of_an_uninstall_it_ends() {
    for steps in 0..12 {
        let (world, mut snapshots) = (World::new(), Vec::new());
        heal(&world, &mut snapshots, &draft("1", &["a", "b"]), &wanted("1")).await;
        world.left.store(steps, Ordering::SeqCst);
        drop(world.actions().uninstall(NAME).await);
        world.left.store(usize::MAX, Ordering::SeqCst);
        let again = world.actions().uninstall(NAME).await.result;
        assert!(
            matches!(again, Ok(()) | Err(ActionError::Missing { .. })),
            "after {steps} steps: {again:?}"
        );
        assert!(
            world.names().is_empty() && world.statuses().is_empty(),
            "after {steps} steps: {:?}",
            world.names()
        );
    }
}

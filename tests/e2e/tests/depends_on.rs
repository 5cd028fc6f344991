//! Order between Kustomizations, and that waiting costs no polling interval.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    config_map, failed_for, git_repository, is_current, kustomization, kustomization_file, message,
};
use sluice_testbed::Change;

fn depending(name: &str, on: &[&str]) -> Value {
    let mut object = kustomization(name, "app", &format!("./{name}"));
    object["spec"]["dependsOn"] = on.iter().map(|name| json!({"name": name})).collect();
    object
}

fn folder(name: &str) -> [Change; 2] {
    [
        Change::text(
            format!("{name}/kustomization.yaml"),
            kustomization_file(&["map.yaml"]),
        ),
        Change::text(format!("{name}/map.yaml"), config_map(name, "x", "1")),
    ]
}

#[tokio::test]
async fn a_dependent_waits_for_what_it_depends_on() -> Result<()> {
    let case = Case::start("depends-on").await?;
    let repository = case.git.create("app")?;
    repository.commit("main", "only the second", &folder("second"))?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(depending("second", &["first"])).await?;
    let waiting = case
        .until("Kustomization", "second", "waits", |it| {
            failed_for(it, "DependencyNotReady")
        })
        .await?;
    assert!(message(&waiting).contains("first"), "{}", message(&waiting));

    case.apply(kustomization("first", "app", "./first")).await?;
    case.until("Kustomization", "first", "fails", |it| {
        failed_for(it, "ArtifactFailed")
    })
    .await?;
    assert!(!case.exists("ConfigMap", "second").await?);

    let commit = repository.commit("main", "the first too", &folder("first"))?;
    case.request("GitRepository", "app").await?;
    let started = Instant::now();
    let first = case
        .until("Kustomization", "first", "is ready", is_current)
        .await?;
    let second = case
        .until("Kustomization", "second", "is ready", is_current)
        .await?;
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "woken by a poll: {:?}",
        started.elapsed()
    );
    for object in [first, second] {
        assert_eq!(
            object["status"]["lastAppliedRevision"],
            format!("main@sha1:{commit}")
        );
    }
    let made = |object: Value| {
        object["metadata"]["creationTimestamp"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(made(case.get("ConfigMap", "first").await?) <= made(case.get("ConfigMap", "second").await?));
    Ok(())
}

#[tokio::test]
async fn a_chain_of_ten_rolls_out_without_waiting_for_polls() -> Result<()> {
    let case = Case::start("chain").await?;
    let repository = case.git.create("app")?;
    let names: Vec<String> = (0..10).map(|index| format!("link-{index}")).collect();
    let changes: Vec<Change> = names.iter().flat_map(|name| folder(name)).collect();
    repository.commit("main", "chain", &changes)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.until("GitRepository", "app", "is ready", is_current).await?;
    // the last first: everything but the first must be woken by its dependency
    for (index, name) in names.iter().enumerate().rev() {
        let on: Vec<&str> = if index == 0 {
            Vec::new()
        } else {
            vec![names[index - 1].as_str()]
        };
        case.apply(depending(name, &on)).await?;
    }
    let started = Instant::now();
    case.until("Kustomization", "link-9", "is ready", is_current)
        .await?;
    eprintln!("a chain of 10 was ready in {:?}", started.elapsed());
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn a_cycle_fails_only_its_members() -> Result<()> {
    let case = Case::start("cycle").await?;
    let repository = case.git.create("app")?;
    let changes: Vec<Change> = ["a", "b", "free"].iter().flat_map(|name| folder(name)).collect();
    repository.commit("main", "cycle", &changes)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(depending("a", &["b"])).await?;
    case.apply(depending("b", &["a"])).await?;
    case.apply(kustomization("free", "app", "./free")).await?;
    case.until("Kustomization", "free", "is ready", is_current)
        .await?;
    for name in ["a", "b"] {
        case.until("Kustomization", name, "is not ready", |it| {
            failed_for(it, "DependencyNotReady")
        })
        .await?;
    }
    Ok(())
}

/// Section 7, item 10, calmed: a dependency that is reconciled again and finds nothing to do does not make its
/// dependants unready.
#[tokio::test]
async fn a_dependency_that_is_reconciled_again_does_not_flap() -> Result<()> {
    let case = Case::start("flap").await?;
    let repository = case.git.create("app")?;
    let changes: Vec<Change> = ["first", "second"].iter().flat_map(|name| folder(name)).collect();
    repository.commit("main", "both", &changes)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("first", "app", "./first")).await?;
    case.apply(depending("second", &["first"])).await?;
    case.until("Kustomization", "second", "is ready", is_current)
        .await?;
    // a pass of over a second is told as one in progress: on a busy machine a round may show that
    for _ in 0..3 {
        if stays_ready_through_requests(&case).await? {
            return Ok(());
        }
    }
    bail!("the dependant became unready in each of three rounds")
}

/// Whether `second` was ready all the time while `first` was reconciled again and again.
async fn stays_ready_through_requests(case: &Case) -> Result<bool> {
    let since = |object: &Value| {
        let ready = sluice_e2e::object::condition(object, "Ready");
        ready.map(|ready| ready["lastTransitionTime"].clone())
    };
    let before = case
        .until("Kustomization", "second", "is ready", is_current)
        .await?;
    // the time of a transition has whole seconds
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for _ in 0..5 {
        case.request("Kustomization", "first").await?;
        case.reconcile("Kustomization", "second").await?;
    }
    let after = case
        .until("Kustomization", "second", "is ready", is_current)
        .await?;
    Ok(since(&after) == since(&before))
}

//! The controller dies by SIGKILL at the worst moments; it must converge and delete nothing it should not.

use std::time::Duration;

use anyhow::Result;
use sluice_e2e::object::{git_repository, inventory, kustomization, kustomization_file};
use sluice_e2e::{Case, wave};
use sluice_testbed::{Change, eventually};

const COUNT: usize = 150;

async fn count_with(case: &Case, value: &str) -> usize {
    let all = case
        .cluster
        .list("v1", "ConfigMap", &case.namespace, "")
        .await
        .unwrap_or_default();
    all.iter().filter(|it| it["data"]["value"] == value).count()
}

/// Waits until an apply is under way, but not done, and kills.
async fn kill_mid_apply(case: &mut Case, value: &str) -> Result<usize> {
    let seen = &*case;
    eventually(Duration::from_secs(60), "the apply is under way", || async move {
        count_with(seen, value).await > 0
    })
    .await?;
    case.sluice.kill();
    Ok(count_with(case, value).await)
}

#[tokio::test]
async fn killed_mid_apply_it_converges_and_deletes_nothing() -> Result<()> {
    let mut case = Case::start("kill-create").await?;
    let repository = case.git.create("app")?;
    repository.commit("main", "first", &wave::config_maps(COUNT, "one"))?;
    let bystander = sluice_e2e::object::config_map("bystander", "x", "1");
    case.apply(sluice_testbed::cluster::parse_yaml(&bystander)?.remove(0))
        .await?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./app")).await?;

    let done = kill_mid_apply(&mut case, "one").await?;
    eprintln!("killed after {done} of {COUNT} objects were created");
    // intent first: everything that exists must be in the inventory already
    let ids = inventory(&case.get("Kustomization", "app").await?);
    assert!(
        ids.len() >= done,
        "{done} objects exist, the inventory has {}",
        ids.len()
    );

    case.sluice.restart().await?;
    let commit = repository.git(&["rev-parse", "main"])?;
    let kustomization = case.roll_out("app", &commit).await?;
    assert_eq!(count_with(&case, "one").await, COUNT);
    assert_eq!(inventory(&kustomization).len(), COUNT);
    assert!(case.exists("ConfigMap", "bystander").await?);
    Ok(())
}

#[tokio::test]
async fn killed_mid_update_nothing_is_recreated_and_the_rest_is_pruned() -> Result<()> {
    let mut case = Case::start("kill-update").await?;
    let repository = case.git.create("app")?;
    repository.commit("main", "first", &wave::config_maps(COUNT, "one"))?;
    case.deploy("app", &repository).await?;
    let before = case.get("ConfigMap", "wave-3").await?;

    let mut changes = wave::config_maps(COUNT - 1, "two");
    changes.push(Change::Remove(format!("app/wave-{}.yaml", COUNT - 1)));
    let commit = repository.commit("main", "second", &changes)?;
    case.request("GitRepository", "app").await?;
    let done = kill_mid_apply(&mut case, "two").await?;
    eprintln!("killed after {done} of {} objects were updated", COUNT - 1);

    case.sluice.restart().await?;
    let kustomization = case.roll_out("app", &commit).await?;
    assert_eq!(count_with(&case, "two").await, COUNT - 1);
    assert_eq!(inventory(&kustomization).len(), COUNT - 1);
    case.until_gone("ConfigMap", &format!("wave-{}", COUNT - 1))
        .await?;
    let after = case.get("ConfigMap", "wave-3").await?;
    assert_eq!(
        after["metadata"]["uid"], before["metadata"]["uid"],
        "deleted and made again"
    );
    Ok(())
}

#[tokio::test]
async fn what_a_killed_apply_created_is_not_forgotten_when_git_drops_it() -> Result<()> {
    let mut case = Case::start("kill-forget").await?;
    let repository = case.git.create("app")?;
    repository.commit("main", "first", &wave::config_maps(COUNT, "one"))?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    kill_mid_apply(&mut case, "one").await?;

    // while it is down, the commit that created them is replaced by one that has a single object
    let mut changes: Vec<Change> = (1..COUNT)
        .map(|index| Change::Remove(format!("app/wave-{index}.yaml")))
        .collect();
    changes.push(Change::text(
        "app/kustomization.yaml",
        kustomization_file(&["wave-0.yaml"]),
    ));
    let commit = repository.commit("main", "one object", &changes)?;
    case.sluice.restart().await?;
    case.roll_out("app", &commit).await?;
    let seen = &case;
    eventually(Duration::from_secs(60), "the others are pruned", || async move {
        count_with(seen, "one").await == 1
    })
    .await
}

//! Promise 1: a commit that touches nothing a Kustomization read costs no render, no dry-run, one status write.

use anyhow::Result;
use sluice_e2e::Case;
use sluice_e2e::object::{config_map, git_repository, is_current, kustomization, kustomization_file};
use sluice_testbed::{Change, Metrics};

const KUSTOMIZATION: &[(&str, &str)] = &[("kind", "Kustomization")];

struct Counts {
    renders: f64,
    dry_runs: f64,
    writes: f64,
}

fn between(before: &Metrics, after: &Metrics) -> Counts {
    let grown = |name: &str, labels: &[(&str, &str)]| after.sum(name, labels) - before.sum(name, labels);
    Counts {
        renders: grown("sluice_renders_total", &[]),
        dry_runs: grown("sluice_dry_runs_total", &[]),
        writes: grown("sluice_status_writes_total", KUSTOMIZATION),
    }
}

#[tokio::test]
async fn only_what_read_a_changed_file_is_rendered() -> Result<()> {
    let case = Case::start("incremental").await?;
    let repository = case.git.create("app")?;
    let mut changes = vec![Change::text("shared/map.yaml", config_map("shared", "x", "1"))];
    changes.push(Change::text(
        "shared/kustomization.yaml",
        kustomization_file(&["map.yaml"]),
    ));
    for name in ["one", "two"] {
        let files = kustomization_file(&["../shared", "map.yaml"]) + &format!("namePrefix: {name}-\n");
        changes.push(Change::text(format!("{name}/kustomization.yaml"), files));
        changes.push(Change::text(
            format!("{name}/map.yaml"),
            config_map("own", "x", "1"),
        ));
    }
    repository.commit("main", "two apps over a shared base", &changes)?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    for name in ["one", "two"] {
        case.apply(kustomization(name, "app", &format!("./{name}")))
            .await?;
        case.until("Kustomization", name, "is ready", is_current).await?;
    }

    let unread = [Change::text("README.md", "nothing reads this")];
    let counts = roll_out(&case, &repository, "a file nobody reads", &unread).await?;
    assert_eq!((counts.renders, counts.dry_runs), (0.0, 0.0));
    assert!(
        counts.writes <= 2.0,
        "{} status writes for two Kustomizations",
        counts.writes
    );

    let neighbour = [Change::text("shared/unread.yaml", "nothing reads this either")];
    let counts = roll_out(&case, &repository, "a neighbour of read files", &neighbour).await?;
    assert_eq!((counts.renders, counts.dry_runs), (0.0, 0.0));

    let own = [Change::text("one/map.yaml", config_map("own", "x", "2"))];
    let counts = roll_out(&case, &repository, "a file of one", &own).await?;
    assert_eq!(counts.renders, 1.0);
    assert!(counts.dry_runs >= 1.0, "{}", counts.dry_runs);
    assert_eq!(case.get("ConfigMap", "one-own").await?["data"]["x"], "2");

    let shared = [Change::text("shared/map.yaml", config_map("shared", "x", "2"))];
    let counts = roll_out(&case, &repository, "a file of both", &shared).await?;
    assert_eq!(counts.renders, 2.0);
    for name in ["one-shared", "two-shared"] {
        assert_eq!(case.get("ConfigMap", name).await?["data"]["x"], "2");
    }
    Ok(())
}

async fn roll_out(
    case: &Case,
    repository: &sluice_testbed::Repository,
    message: &str,
    changes: &[Change],
) -> Result<Counts> {
    let before = case.sluice.metrics().await?;
    let commit = repository.commit("main", message, changes)?;
    case.request("GitRepository", "app").await?;
    for name in ["one", "two"] {
        case.until("Kustomization", name, "is on the commit", |it| {
            sluice_e2e::object::commit_of(&it["status"]["lastAppliedRevision"]) == commit && is_current(it)
        })
        .await?;
    }
    Ok(between(&before, &case.sluice.metrics().await?))
}

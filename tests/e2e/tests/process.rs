//! The process: start, health, metrics, shutdown, leader election, kinds.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use sluice_e2e::object::{git_repository, is_current, kustomization};
use sluice_e2e::{Case, bed};
use sluice_testbed::{SluiceOptions, SluiceProcess};

#[tokio::test]
async fn it_starts_answers_and_stops() -> Result<()> {
    let mut case = Case::start("process").await?;
    eprintln!("ready after {:?}", case.sluice.readiness());
    for path in ["healthz", "readyz"] {
        assert!(
            reqwest::get(format!("{}/{path}", case.sluice.health_url()))
                .await?
                .status()
                .is_success()
        );
    }
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let metrics = case.sluice.metrics().await?;
    let labels = [
        ("kind", "Kustomization"),
        ("name", "app"),
        ("namespace", case.namespace.as_str()),
    ];
    assert!(metrics.sum("gotk_reconcile_duration_seconds_count", &labels) >= 1.0);
    assert!(metrics.sum("sluice_plugin_calls_total", &[]) >= 2.0);

    let started = Instant::now();
    let status = case.sluice.terminate()?;
    assert!(status.success(), "{status}");
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn a_second_start_with_cached_plugins_is_quick() -> Result<()> {
    let mut case = Case::start("quick-start").await?;
    case.sluice.terminate()?;
    case.sluice.restart().await?;
    eprintln!("ready after {:?} with cached plugins", case.sluice.readiness());
    // the figure to reach is 300 ms on an idle machine; tests run beside others
    assert!(
        case.sluice.readiness() < Duration::from_secs(3),
        "{:?}",
        case.sluice.readiness()
    );
    Ok(())
}

#[tokio::test]
async fn a_kind_that_is_not_selected_is_left_alone() -> Result<()> {
    let case = Case::start_with("kinds", |options| options.arg("--kinds=GitRepository")).await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    case.apply(kustomization("app", "app", "./app")).await?;
    case.until("GitRepository", "app", "is ready", is_current).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let untouched = case.get("Kustomization", "app").await?;
    assert!(untouched["metadata"]["finalizers"].is_null(), "{untouched}");
    assert!(
        case.logs_contain("Kustomization"),
        "the log names what is left alone"
    );
    Ok(())
}

#[tokio::test]
async fn one_of_two_leads_and_the_other_takes_over() -> Result<()> {
    let election = |options: SluiceOptions| options.arg("--enable-leader-election");
    let mut case = Case::start_with("election", election).await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let plane = bed().await?;
    let follower =
        SluiceProcess::start(election(SluiceOptions::new(plane.kubeconfig(), &case.namespace))).await?;
    let leases = case
        .cluster
        .list("coordination.k8s.io/v1", "Lease", &case.namespace, "")
        .await?;
    assert_eq!(leases.len(), 1, "{leases:?}");
    let holder = leases[0]["spec"]["holderIdentity"].clone();

    case.reconcile("Kustomization", "app").await?;
    assert_eq!(follower.metrics().await?.sum("sluice_renders_total", &[]), 0.0);
    assert!(case.sluice.terminate()?.success());
    // the lease was released, so the other need not wait for it to run out
    case.reconcile("Kustomization", "app").await?;
    let leases = case
        .cluster
        .list("coordination.k8s.io/v1", "Lease", &case.namespace, "")
        .await?;
    assert_ne!(leases[0]["spec"]["holderIdentity"], holder);
    Ok(())
}

#[tokio::test]
async fn a_label_selector_chooses_what_is_served() -> Result<()> {
    let case = Case::start_with("selector", |options| {
        options.arg("--watch-label-selector=shard=one")
    })
    .await?;
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("other", &case.git.url(&repository)))
        .await?;
    let mut mine = git_repository("mine", &case.git.url(&repository));
    mine["metadata"]["labels"] = json!({"shard": "one"});
    case.apply(mine).await?;
    case.until("GitRepository", "mine", "is ready", is_current)
        .await?;
    assert!(case.get("GitRepository", "other").await?["metadata"]["finalizers"].is_null());
    Ok(())
}

#[test]
fn version_and_crds_print() -> Result<()> {
    let run = |arg: &str| {
        std::process::Command::new(sluice_testbed::programs::sluice()?)
            .arg(arg)
            .output()
            .map_err(anyhow::Error::from)
    };
    assert!(run("version")?.status.success());
    let crds = sluice_testbed::cluster::parse_yaml(&sluice_testbed::crds()?)?;
    let names: Vec<&str> = crds
        .iter()
        .filter_map(|crd| crd["spec"]["names"]["kind"].as_str())
        .collect();
    let wanted = [
        "GitRepository",
        "OCIRepository",
        "HelmRepository",
        "HelmChart",
        "Bucket",
        "ExternalArtifact",
        "Kustomization",
        "HelmRelease",
        "Receiver",
        "Alert",
        "Provider",
        "ImageRepository",
        "ImagePolicy",
        "ImageUpdateAutomation",
        "Plugin",
    ];
    for kind in wanted {
        assert!(names.contains(&kind), "{kind} is missing in {names:?}");
    }
    for crd in crds.iter().filter(|crd| crd["spec"]["group"] != "sluice.dev") {
        assert_eq!(
            crd["metadata"]["labels"]["app.kubernetes.io/part-of"], "flux",
            "{}",
            crd["metadata"]["name"]
        );
    }
    Ok(())
}

//! What the demo shows, scene by scene.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use sluice_testbed::cluster::condition;
use sluice_testbed::eventually;

use crate::board::{Board, Row};
use crate::shop::{self, ENVIRONMENTS, namespace};
use crate::world::{KEY, SYSTEM, World};

const SOURCE: &str = "source.toolkit.fluxcd.io/v1";
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const PATIENCE: Duration = Duration::from_secs(120);
const GLANCE: Duration = Duration::from_millis(20);

/// All scenes.
pub async fn play(board: &Board, world: &World) -> Result<()> {
    let commit = world.repository.git(&["rev-parse", "main"])?;
    board.title("The first commit");
    world.install().await?;
    roll_out(board, world, &commit).await?;
    release(board, world).await?;
    drift(board, world).await?;
    prune(board, world).await?;
    notification(board, world).await
}

/// Shows the source and the environments until all stand on the commit and are healthy.
async fn roll_out(board: &Board, world: &World, commit: &str) -> Result<()> {
    let mut rows: Vec<(&str, Option<Row>)> = ["source"]
        .into_iter()
        .chain(ENVIRONMENTS)
        .map(|name| (name, Some(board.row(name))))
        .collect();
    let started = Instant::now();
    while rows.iter().any(|(_, row)| row.is_some()) {
        for (name, slot) in &mut rows {
            let Some(row) = slot.take() else { continue };
            let (text, done) = look(world, name, commit).await?;
            if done {
                row.done(&text);
            } else {
                row.show(&text);
                *slot = Some(row);
            }
        }
        if started.elapsed() > PATIENCE {
            bail!("the commit is not live everywhere after {PATIENCE:?}");
        }
        tokio::time::sleep(GLANCE).await;
    }
    Ok(())
}

async fn look(world: &World, name: &str, commit: &str) -> Result<(String, bool)> {
    let (api_version, kind, object) = match name {
        "source" => (SOURCE, "GitRepository", "shop".to_owned()),
        environment => (KUSTOMIZE, "Kustomization", namespace(environment)),
    };
    let object = world
        .cluster
        .get(api_version, kind, SYSTEM, &object)
        .await?
        .context("it is gone")?;
    let ready = condition(&object, "Ready");
    let message = ready
        .and_then(|it| it["message"].as_str())
        .unwrap_or("waiting to be seen");
    let status = &object["status"];
    let is_ready = ready.is_some_and(|it| it["status"] == "True");
    if name == "source" {
        let done = is_ready && ends_with(&status["artifact"]["revision"], commit);
        let text = format!(
            "main@sha1:{} fetched by source-git ({})",
            &commit[..8],
            short(&world.fetcher)
        );
        return Ok((if done { text } else { message.to_owned() }, done));
    }
    let done = is_ready && ends_with(&status["lastAppliedRevision"], commit);
    let count = status["inventory"]["entries"].as_array().map_or(0, Vec::len);
    let text = format!(
        "{count} objects applied and healthy; rendered in the sandbox by render-kustomize ({})",
        short(&world.renderer)
    );
    Ok((if done { text } else { message.to_owned() }, done))
}

fn ends_with(revision: &Value, commit: &str) -> bool {
    revision.as_str().is_some_and(|text| text.ends_with(commit))
}

fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

async fn release(board: &Board, world: &World) -> Result<()> {
    board.title("A new commit");
    let row = board.row("git push");
    shop::release(&world.checkout)?;
    let commit = world.checkout.push("Storefront 2.0.0, another banner")?;
    row.done(&format!("{} \"Storefront 2.0.0, another banner\"", &commit[..8]));

    let row = board.row("live");
    let before = world.sluice.metrics().await?;
    let clock = Instant::now();
    world.request(SOURCE, "GitRepository", "shop").await?;
    let mut times = Vec::new();
    for environment in ENVIRONMENTS {
        row.show(&format!("waiting for the new image in {environment}"));
        until(|| async move { Ok(image(world, environment).await? == shop::RELEASED) }).await?;
        times.push(format!(
            "{environment} after {:.2} s",
            clock.elapsed().as_secs_f64()
        ));
    }
    let took = clock.elapsed();
    let after = world.sluice.metrics().await?;
    let grown = |name: &str| after.sum(name, &[]) - before.sum(name, &[]);
    row.done(&format!(
        "{}; {} renders, {} dry-runs",
        times.join(", "),
        grown("sluice_renders_total"),
        grown("sluice_dry_runs_total")
    ));
    if took > Duration::from_secs(2) {
        let row = board.row("note");
        row.done("slower than the 2 s it should take: is this machine busy?");
    }
    roll_out(board, world, &commit).await
}

async fn image(world: &World, environment: &str) -> Result<String> {
    let storefront = world
        .cluster
        .get("apps/v1", "Deployment", &namespace(environment), "storefront")
        .await?;
    let image = storefront.map(|it| it["spec"]["template"]["spec"]["containers"][0]["image"].clone());
    Ok(image
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned())
}

async fn until<F: Future<Output = Result<bool>>>(mut test: impl FnMut() -> F) -> Result<()> {
    let started = Instant::now();
    while !test().await? {
        ensure!(
            started.elapsed() < PATIENCE,
            "it did not happen within {PATIENCE:?}"
        );
        tokio::time::sleep(GLANCE).await;
    }
    Ok(())
}

async fn drift(board: &Board, world: &World) -> Result<()> {
    board.title("Somebody edits production by hand");
    let row = board.row("edit");
    let wrong = "registry.example/shop/storefront:hotfix";
    let patch = json!({"spec": {"replicas": 9, "template": {"spec": {"containers": [{"name": "storefront", "image": wrong}]}}}});
    let edited = world
        .cluster
        .strategic("apps/v1", "Deployment", "shop-prod", "storefront", patch)
        .await?;
    ensure!(edited["spec"]["replicas"] == 9, "the edit did not take");
    row.done("deployment/storefront: image :hotfix, 9 replicas");

    let row = board.row("correction");
    row.show("waiting for production to be as git says");
    let clock = Instant::now();
    world.request(KUSTOMIZE, "Kustomization", "shop-prod").await?;
    until(|| async move {
        let live = world
            .cluster
            .get("apps/v1", "Deployment", "shop-prod", "storefront")
            .await?
            .context("it is gone")?;
        let image = &live["spec"]["template"]["spec"]["containers"][0]["image"];
        Ok(live["spec"]["replicas"] == 3 && image == shop::RELEASED)
    })
    .await?;
    row.done(&format!(
        "image and replicas are git's again after {:.2} s",
        clock.elapsed().as_secs_f64()
    ));
    Ok(())
}

async fn prune(board: &Board, world: &World) -> Result<()> {
    board.title("A service is removed in git");
    let row = board.row("git push");
    shop::retire_recommendations(&world.checkout)?;
    let commit = world.checkout.push("Retire the recommendations")?;
    row.done(&format!("{} \"Retire the recommendations\"", &commit[..8]));
    let row = board.row("prune");
    let clock = Instant::now();
    world.request(SOURCE, "GitRepository", "shop").await?;
    for environment in ENVIRONMENTS {
        row.show(&format!("waiting until they are gone in {environment}"));
        for (api_version, kind) in [("apps/v1", "Deployment"), ("v1", "Service")] {
            let namespace = namespace(environment);
            let gone = || async {
                Ok(world
                    .cluster
                    .get(api_version, kind, &namespace, "recommendations")
                    .await?
                    .is_none())
            };
            until(gone).await?;
        }
    }
    let text = format!(
        "Deployment and Service are gone in all environments after {:.2} s",
        clock.elapsed().as_secs_f64()
    );
    row.done(&text);
    roll_out(board, world, &commit).await
}

async fn notification(board: &Board, world: &World) -> Result<()> {
    board.title("And somebody was told");
    let row = board.row("webhook");
    row.show("waiting for the news of the prune");
    let told = |text: &str| {
        let text = text.to_owned();
        move |it: &sluice_testbed::Delivery| {
            it.json()["message"]
                .as_str()
                .is_some_and(|message| message.contains(&text))
        }
    };
    let delivery = world
        .receiver
        .wait_for(PATIENCE, told("Deployment/shop-prod/recommendations deleted"))
        .await?;
    ensure!(
        delivery.is_signed_with(KEY.as_bytes()),
        "the signature is not valid"
    );
    ensure!(
        !delivery.is_signed_with(b"another key"),
        "the signature is valid under any key"
    );
    eventually(PATIENCE, "all deliveries are in", || async {
        !world.receiver.deliveries().is_empty()
    })
    .await?;
    let all = world.receiver.deliveries();
    let valid = all.iter().filter(|it| it.is_signed_with(KEY.as_bytes())).count();
    ensure!(
        valid == all.len(),
        "{valid} of {} signatures are valid",
        all.len()
    );
    row.done(&format!(
        "{valid} deliveries, each with a valid HMAC (X-Signature: sha256=...); the last about the prune:"
    ));
    let event = delivery.json();
    for line in event["message"].as_str().unwrap_or_default().lines().take(3) {
        let row = board.row("");
        row.done(&format!(
            "{}: {line}",
            event["involvedObject"]["name"].as_str().unwrap_or_default()
        ));
    }
    Ok(())
}

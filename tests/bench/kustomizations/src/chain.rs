//! What a chain of dependencies adds to a roll-out, against the same Kustomizations side by side.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use sluice_bench_monorepo::bed::{Bed, NAMESPACE};
use sluice_bench_monorepo::rollout::Rollout;
use sluice_testbed::{Change, Repository};

use crate::{at_most, kustomization};

pub async fn run(depth: usize) -> Result<Vec<String>> {
    let side_by_side = roll_out(depth, false).await?;
    let in_a_row = roll_out(depth, true).await?;
    let added = in_a_row - side_by_side;
    println!(
        "{depth} Kustomizations, a commit that changes all: {side_by_side:.3} s side by side, {in_a_row:.3} s in a chain: {added:.3} s more"
    );
    Ok(at_most("chain: seconds more", added, 1.0).into_iter().collect())
}

async fn roll_out(depth: usize, chained: bool) -> Result<f64> {
    let bed = Bed::start(&[]).await?;
    let repository = bed.git.create("app")?;
    let commit = repository.commit("main", "first", &files(depth, 1))?;
    bed.source("app", &repository).await?;
    let objects = (0..depth).map(|index| {
        let depends = if chained && index > 0 {
            json!([{"name": format!("link-{}", index - 1)}])
        } else {
            json!([])
        };
        kustomization(
            &format!("link-{index}"),
            &format!("./link-{index}"),
            &json!({"dependsOn": depends, "targetNamespace": NAMESPACE}),
        )
    });
    let rollout = Rollout::watch(&bed.cluster, NAMESPACE, depth);
    bed.apply_all(objects.collect()).await?;
    rollout.all_on(&commit).await?;
    rollout.settled().await?;
    clock(&bed, &repository, &rollout, depth).await
}

async fn clock(bed: &Bed, repository: &Repository, rollout: &Rollout, depth: usize) -> Result<f64> {
    let mut best = f64::INFINITY;
    for round in 2..5 {
        let commit = repository.commit("main", "next", &files(depth, round))?;
        let clock = Instant::now();
        bed.request("source.toolkit.fluxcd.io/v1", "GitRepository", "app", &commit)
            .await?;
        rollout.all_on(&commit).await?;
        best = best.min(clock.elapsed().as_secs_f64());
        rollout.settled().await?;
    }
    Ok(best)
}

fn files(depth: usize, round: usize) -> Vec<Change> {
    let file = |index| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: link-{index}\ndata:\n  round: \"{round}\"\n"
        );
        Change::text(format!("link-{index}/settings.yaml"), text)
    };
    (0..depth).map(file).collect()
}

//! Two candidates, one lease.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sluice_cluster::{Election, ElectionOptions};

use crate::bed::bed;

const SOON: Duration = Duration::from_secs(20);

fn options(namespace: &str, identity: &str) -> ElectionOptions {
    ElectionOptions {
        lease_duration: Duration::from_secs(4),
        renew_deadline: Duration::from_secs(3),
        retry_period: Duration::from_millis(300),
        ..ElectionOptions::new(namespace, "sluice-leader-election", identity)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_released_lease_is_taken_at_once_and_an_abandoned_one_in_time() -> Result<()> {
    let bed = bed("election").await?;
    let mut first = Election::start(&bed.cluster, options("election", "first"));
    tokio::time::timeout(SOON, first.elected())
        .await
        .context("first leads")?;
    let mut second = Election::start(&bed.cluster, options("election", "second"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(first.leads() && !second.leads(), "a renewed lease is not taken");

    first.release().await;
    let started = std::time::Instant::now();
    tokio::time::timeout(SOON, second.elected())
        .await
        .context("second leads")?;
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{:?}",
        started.elapsed()
    );

    drop(second);
    let mut third = Election::start(&bed.cluster, options("election", "third"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(!third.leads(), "an abandoned lease is left its time");
    tokio::time::timeout(SOON, third.elected())
        .await
        .context("third leads")?;
    let lease = bed
        .others
        .get(
            "coordination.k8s.io/v1",
            "Lease",
            "election",
            "sluice-leader-election",
        )
        .await?;
    let lease = lease.context("the lease")?;
    assert_eq!(lease["spec"]["holderIdentity"], "third");
    assert_eq!(lease["spec"]["leaseTransitions"], 2);
    Ok(())
}

/// C2: a leader whose lease was taken stops leading.
#[tokio::test(flavor = "multi_thread")]
async fn a_robbed_leader_knows() -> Result<()> {
    let bed = bed("election-robbed").await?;
    let mut leader = Election::start(&bed.cluster, options("election-robbed", "leader"));
    tokio::time::timeout(SOON, leader.elected())
        .await
        .context("leads")?;
    let robbed = serde_json::json!({"spec": {"holderIdentity": "robber", "leaseDurationSeconds": 60}});
    let lease = (
        "coordination.k8s.io/v1",
        "Lease",
        "election-robbed",
        "sluice-leader-election",
    );
    bed.others
        .merge(lease.0, lease.1, lease.2, lease.3, robbed)
        .await?;
    tokio::time::timeout(SOON, leader.lost()).await.context("knows")?;
    Ok(())
}

//! A set of objects is followed to its end without a poll.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use sluice_cluster::Fingerprint;
use sluice_health::verdict;
use sluice_model::{Health, Object};

use crate::bed::{SOON, bed, until};

#[tokio::test(flavor = "multi_thread")]
async fn workloads_become_healthy_by_events() -> Result<()> {
    let bed = bed("follow-events").await?;
    let mut watch = bed.watch(vec![
        bed.target("apps", "Deployment", "d"),
        bed.target("apps", "StatefulSet", "s"),
        bed.target("", "ConfigMap", "late"),
    ]);
    until(&mut watch, |summary| {
        summary
            .pending
            .iter()
            .filter_map(|finding| finding.verdict.as_ref())
            .count()
            == 3
    })
    .await?;
    let missing = watch.summary().timeout().to_string();
    assert!(
        missing.contains("Deployment/follow-events/d status: 'NotFound'"),
        "{missing}"
    );

    bed.others.apply(&bed.workload("Deployment", "d", 2, "")).await?;
    bed.others.apply(&bed.workload("StatefulSet", "s", 2, "")).await?;
    until(&mut watch, |summary| summary.current == 2).await?;
    assert!(watch.summary().outcome(true).is_none(), "one is still missing");
    let late = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late", "namespace": "follow-events"}});
    bed.others.apply(&late).await?;
    tokio::time::timeout(SOON, watch.settled(true))
        .await
        .context("settled")??;
    assert!(watch.summary().all_current());

    tokio::time::sleep(Duration::from_secs(1)).await;
    let requests = bed.cluster.counters().read();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(
        bed.cluster.counters().read(),
        requests,
        "nothing happens, nothing is read"
    );
    bed.others
        .delete("v1", "ConfigMap", "follow-events", "late")
        .await?;
    until(&mut watch, |summary| summary.current == 2).await?;
    Ok(())
}

/// What an apply has just seen is not read again.
#[tokio::test(flavor = "multi_thread")]
async fn healthy_objects_of_an_apply_cost_no_read() -> Result<()> {
    let bed = bed("follow-seen").await?;
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "follow-seen"}});
    let live = Object::from_value(bed.others.apply(&object).await?).context("a map")?;
    let mut target = bed.target("", "ConfigMap", "c");
    target.seen = Some((Fingerprint::of(&live, "testbed"), verdict(&live)));
    let before = bed.cluster.counters().read().gets;
    let mut watch = bed.watch(vec![target]);
    tokio::time::timeout(SOON, watch.settled(true))
        .await
        .context("settled")??;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(bed.cluster.counters().read().gets, before);
    bed.others.delete("v1", "ConfigMap", "follow-seen", "c").await?;
    until(&mut watch, |summary| summary.current == 0).await
}

/// A crashing pod fails its StatefulSet long before the deadline.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_loop_fails_fast() -> Result<()> {
    let bed = bed("follow-crash").await?;
    bed.others
        .apply(&bed.workload("StatefulSet", "s", 1, "pending"))
        .await?;
    let mut watch = bed.watch(vec![bed.target("apps", "StatefulSet", "s")]);
    until(&mut watch, |summary| {
        summary.pending.iter().any(|finding| {
            finding
                .verdict
                .as_ref()
                .is_some_and(|verdict| verdict.health == Health::InProgress)
        })
    })
    .await?;
    let status = json!({"status": {"phase": "Running", "containerStatuses": [{"name": "c", "image": "i", "imageID": "",
        "ready": false, "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let api = bed.others.api("v1", "Pod", "follow-crash");
    let parameters = kube::api::PatchParams::default();
    sluice_testbed::eventually_ok(SOON, "the pod is there", || async {
        Ok(api
            .patch_status("s-0", &parameters, &kube::api::Patch::Merge(&status))
            .await?)
    })
    .await?;
    let error = tokio::time::timeout(SOON, watch.settled(true))
        .await
        .context("settled")?
        .expect_err("crashing");
    assert_eq!(
        error.to_string(),
        "failed early due to stalled resources: [StatefulSet/follow-crash/s status: 'Failed']"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_count_when_they_are_done_also_when_they_are_gone() -> Result<()> {
    let bed = bed("follow-job").await?;
    let mut target = bed.target("batch", "Job", "j");
    target.expires = true;
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "follow-job"},
        "spec": {"ttlSecondsAfterFinished": 0, "template": {"spec": {"restartPolicy": "Never",
        "containers": [{"name": "c", "image": "i"}]}}}});
    bed.others.apply(&job).await?;
    let mut watch = bed.watch(vec![target]);
    tokio::time::timeout(SOON, watch.settled(true))
        .await
        .context("settled")??;
    let gone = ("batch/v1", "Job", "follow-job", "j");
    bed.others.wait_gone(SOON, gone).await?;
    assert!(watch.summary().all_current(), "{:?}", watch.summary());
    Ok(())
}

/// T3: without the right to read, the object's health is not known, and the error says why.
#[tokio::test(flavor = "multi_thread")]
async fn health_is_read_as_the_tenant() -> Result<()> {
    let bed = bed("follow-tenant").await?;
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "follow-tenant"}});
    bed.others.apply(&object).await?;
    let tenant = bed.cluster.impersonate("follow-tenant", "nobody")?;
    let targets = vec![bed.target("", "ConfigMap", "c")];
    let mut watch = sluice_health::HealthWatch::start(&tenant, &bed.hub, "test", targets);
    until(&mut watch, |summary| {
        summary.pending.iter().any(|finding| finding.verdict.is_some())
    })
    .await?;
    let text = watch.summary().timeout().to_string();
    assert!(
        text.contains("ConfigMap/follow-tenant/c status: 'Unknown'"),
        "{text}"
    );
    assert!(
        text.contains("system:serviceaccount:follow-tenant:nobody"),
        "{text}"
    );
    Ok(())
}

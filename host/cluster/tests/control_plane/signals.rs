//! What the hub tells, and what it does not.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sluice_cluster::{Fingerprint, Hub, Interest, Signal, Subscription, Tracked};
use sluice_model::{Object, ObjectId};

use crate::bed::{Bed, MANAGER, apply_options, bed, configmap, id};
use crate::calls::definition;

const SOON: Duration = Duration::from_secs(20);
/// Long enough for a signal that should not come.
const QUIET: Duration = Duration::from_millis(700);

fn tracked(id: ObjectId, expected: Option<Fingerprint>) -> Tracked {
    Tracked {
        id,
        version: "v1".into(),
        expected,
    }
}

async fn apply(bed: &Bed, name: &str, data: Value) -> Result<Fingerprint> {
    let object = configmap(&bed.namespace, name, data);
    let now = bed.cluster.apply(&object, &apply_options()).await?;
    Ok(Fingerprint::of(&now, MANAGER))
}

async fn next(subscription: &Subscription) -> Result<Vec<(String, Signal)>> {
    let changes = tokio::time::timeout(SOON, subscription.changes())
        .await
        .context("no signal")?;
    Ok(changes
        .into_iter()
        .map(|change| (change.id.name, change.signal))
        .collect())
}

async fn quiet(subscription: &Subscription) -> bool {
    tokio::time::timeout(QUIET, subscription.changes()).await.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_hands_are_told_and_our_own_are_not() -> Result<()> {
    let bed = bed("signals-drift").await?;
    let hub = Hub::new(bed.cluster.clone());
    let print = apply(&bed, "c", json!({"a": "1"})).await?;
    let drift = hub.track(
        "test",
        Interest::Drift,
        MANAGER,
        vec![tracked(id("signals-drift", "c"), Some(print))],
    );
    assert_eq!(hub.watched_kinds(), 1);
    assert!(quiet(&drift).await, "nothing has happened");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    apply(&bed, "c", json!({"a": "2"})).await?;
    assert!(quiet(&drift).await, "we applied ourselves");

    let theirs = json!({"data": {"theirs": "x"}});
    bed.others
        .merge("v1", "ConfigMap", "signals-drift", "c", theirs)
        .await?;
    assert!(quiet(&drift).await, "a field that is not ours");

    bed.others
        .merge(
            "v1",
            "ConfigMap",
            "signals-drift",
            "c",
            json!({"data": {"a": "3"}}),
        )
        .await?;
    assert_eq!(next(&drift).await?, [("c".into(), Signal::Moved)]);

    bed.others.delete("v1", "ConfigMap", "signals-drift", "c").await?;
    assert_eq!(next(&drift).await?, [("c".into(), Signal::Deleted)]);
    drop(drift);
    assert_eq!(hub.watched_kinds(), 0, "the last one out ends the watch");
    Ok(())
}

/// What changed between our apply and our listening is told too.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_before_tracking_is_not_missed() -> Result<()> {
    let bed = bed("signals-late").await?;
    let hub = Hub::new(bed.cluster.clone());
    let anchor = apply(&bed, "anchor", json!({})).await?;
    let keep = hub.track(
        "anchor",
        Interest::Drift,
        MANAGER,
        vec![tracked(id("signals-late", "anchor"), Some(anchor))],
    );
    let first = apply(&bed, "c", json!({"a": "1"})).await?;
    bed.others
        .merge(
            "v1",
            "ConfigMap",
            "signals-late",
            "c",
            json!({"data": {"a": "moved"}}),
        )
        .await?;
    let gone = apply(&bed, "gone", json!({})).await?;
    bed.others
        .delete("v1", "ConfigMap", "signals-late", "gone")
        .await?;
    assert!(quiet(&keep).await, "the watch has caught up by now");

    let drift = hub.track(
        "late",
        Interest::Drift,
        MANAGER,
        vec![tracked(id("signals-late", "c"), Some(first))],
    );
    assert_eq!(next(&drift).await?, [("c".into(), Signal::Moved)]);
    drift.add(vec![tracked(id("signals-late", "gone"), Some(gone))]);
    assert_eq!(next(&drift).await?, [("gone".into(), Signal::Deleted)]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_hears_of_every_version_and_of_absence() -> Result<()> {
    let bed = bed("signals-any").await?;
    let hub = Hub::new(bed.cluster.clone());
    let any = hub.track(
        "test",
        Interest::Any,
        MANAGER,
        vec![tracked(id("signals-any", "c"), None)],
    );
    assert_eq!(
        next(&any).await?,
        [("c".into(), Signal::Deleted)],
        "it is not there"
    );
    apply(&bed, "c", json!({})).await?;
    assert_eq!(next(&any).await?, [("c".into(), Signal::Changed)]);
    bed.others
        .merge("v1", "ConfigMap", "signals-any", "c", json!({"data": {"x": "y"}}))
        .await?;
    assert_eq!(next(&any).await?, [("c".into(), Signal::Changed)]);
    let read = hub.read(&bed.cluster, &id("signals-any", "c"), "v1", 0).await?;
    assert_eq!(read.0["data"], json!({"x": "y"}));
    any.remove(&[id("signals-any", "c")]);
    assert_eq!(hub.watched_kinds(), 0);
    Ok(())
}

/// K8: a kind that is not served yet, comes, goes and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_watch_survives_its_kind() -> Result<()> {
    let bed = bed("signals-kind").await?;
    let hub = Hub::new(bed.cluster.clone());
    let id = ObjectId {
        namespace: "signals-kind".into(),
        name: "g".into(),
        group: "signals.sluice.dev".into(),
        kind: "Gizmo".into(),
    };
    let crd = definition("signals.sluice.dev", "gizmos", "Gizmo").to_string();
    let object = json!({"apiVersion": "signals.sluice.dev/v1", "kind": "Gizmo",
        "metadata": {"name": "g", "namespace": "signals-kind"}, "spec": {"a": 1}});
    let any = hub.track("test", Interest::Any, MANAGER, vec![tracked(id, None)]);
    assert_eq!(next(&any).await?, [("g".into(), Signal::Deleted)], "no such kind");
    for _ in 0..2 {
        bed.others.apply_crds(&crd).await?;
        sluice_testbed::eventually_ok(SOON, "the object is applied", || bed.others.apply(&object)).await?;
        wait_for(&any, Signal::Changed).await?;
        bed.others
            .delete(
                "apiextensions.k8s.io/v1",
                "CustomResourceDefinition",
                "",
                "gizmos.signals.sluice.dev",
            )
            .await?;
        wait_for(&any, Signal::Deleted).await?;
        let gone = (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "",
            "gizmos.signals.sluice.dev",
        );
        bed.others.wait_gone(SOON, gone).await?;
    }
    Ok(())
}

async fn wait_for(subscription: &Subscription, signal: Signal) -> Result<()> {
    let heard = async {
        while !subscription
            .changes()
            .await
            .iter()
            .any(|change| change.signal == signal)
        {}
    };
    tokio::time::timeout(Duration::from_secs(45), heard)
        .await
        .with_context(|| format!("no {signal:?}"))
}

/// Many awaited objects of a kind come over one stream instead of a read each.
#[tokio::test(flavor = "multi_thread")]
async fn many_awaited_objects_are_watched_in_full() -> Result<()> {
    let bed = bed("signals-full").await?;
    let hub = Hub::new(bed.cluster.clone());
    let names: Vec<String> = (0..40).map(|at| format!("c{at}")).collect();
    for name in &names {
        apply(&bed, name, json!({"a": "1"})).await?;
    }
    let all = names
        .iter()
        .map(|name| tracked(id("signals-full", name), None))
        .collect();
    let any = hub.track("test", Interest::Any, MANAGER, all);
    let target = id("signals-full", "c7");
    let gets = || bed.cluster.counters().read().gets;
    sluice_testbed::eventually(SOON, "the full watch answers", || async {
        let before = gets();
        hub.read(&bed.cluster, &target, "v1", 0).await.is_ok() && gets() == before
    })
    .await?;
    any.take();
    bed.others
        .merge(
            "v1",
            "ConfigMap",
            "signals-full",
            "c7",
            json!({"data": {"a": "2"}}),
        )
        .await?;
    let before = gets();
    let told = tokio::time::timeout(SOON, async {
        loop {
            let changes = any.changes().await;
            if let Some(change) = changes.into_iter().find(|change| change.id == target) {
                return change.resource_version;
            }
        }
    });
    let version = told.await?;
    let seen = hub.read(&bed.cluster, &target, "v1", version).await?;
    assert_eq!(seen.0["data"], json!({"a": "2"}));
    assert_eq!(gets(), before, "read from the stream");

    let tenant = bed.cluster.impersonate("signals-full", "nobody")?;
    let refused = hub.read(&tenant, &target, "v1", 0).await;
    assert!(
        refused.is_err(),
        "T3: the stream is not for other identities: {refused:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_selection_tells_of_what_it_selects() -> Result<()> {
    let bed = bed("signals-selection").await?;
    let hub = Hub::new(bed.cluster.clone());
    let selection = hub.select("", "ConfigMap", "signals-selection", "app=x");
    tokio::time::timeout(SOON, selection.changed())
        .await
        .context("caught up")?;
    apply(&bed, "other", json!({})).await?;
    assert!(tokio::time::timeout(QUIET, selection.changed()).await.is_err());
    let mut chosen: Object = configmap("signals-selection", "chosen", json!({}));
    chosen.set_label("app", "x");
    bed.cluster.apply(&chosen, &apply_options()).await?;
    tokio::time::timeout(SOON, selection.changed())
        .await
        .context("told")?;
    Ok(())
}

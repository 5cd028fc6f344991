//! Only what is ours and not kept is deleted (C14, section 7, 2 to 4).

use anyhow::Result;
use serde_json::{Value, json};
use sluice_apply::{Action, PruneOptions, diff_inventory, is_gone, prune};
use sluice_model::{Inventory, InventoryEntry};

use crate::bed::{Bed, actions, bed};

fn configmap(namespace: &str, name: &str, annotations: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "annotations": annotations}})
}

async fn names(bed: &Bed) -> Result<Vec<String>> {
    let all = bed.others.list("v1", "ConfigMap", &bed.namespace, "").await?;
    let mut names: Vec<String> = all
        .iter()
        .filter_map(|one| one["metadata"]["name"].as_str())
        .map(ToOwned::to_owned)
        .collect();
    names.retain(|name| name != "kube-root-ca.crt");
    Ok(names)
}

/// Section 7, 2 to 4: what is another owner's or kept stays, what was only created goes, what fails is handed back.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_stale_and_ours_is_deleted() -> Result<()> {
    let bed = bed("prune-ours").await?;
    let applied = bed
        .apply(vec![
            configmap("prune-ours", "stays", json!({})),
            configmap("prune-ours", "stale", json!({})),
            configmap("prune-ours", "taken", json!({})),
            configmap(
                "prune-ours",
                "kept",
                json!({"kustomize.toolkit.fluxcd.io/prune": "disabled"}),
            ),
            configmap(
                "prune-ours",
                "once",
                json!({"kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent"}),
            ),
        ])
        .await?;
    let handed = json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": "another"}}});
    bed.others
        .merge("v1", "ConfigMap", "prune-ours", "taken", handed)
        .await?;
    let new = Inventory {
        entries: applied
            .inventory
            .entries
            .iter()
            .filter(|entry| entry.id.contains("stays"))
            .cloned()
            .collect(),
    };
    let mut stale = diff_inventory(&applied.inventory, &new);
    let entry = |id: &str| InventoryEntry {
        id: id.into(),
        v: "v1".into(),
    };
    stale.push(entry("prune-ours_never-was__ConfigMap"));
    stale.push(entry("prune-ours_x_gone.sluice.dev_Gone"));
    stale.push(entry("nonsense"));

    let pruned = prune(&bed.cluster, &stale, &PruneOptions::new(bed.options().owner)).await;
    let mut done: Vec<String> = pruned.changes.changes.iter().map(ToString::to_string).collect();
    done.sort();
    assert_eq!(
        done,
        [
            "ConfigMap/prune-ours/kept skipped",
            "ConfigMap/prune-ours/never-was deleted",
            "ConfigMap/prune-ours/once deleted",
            "ConfigMap/prune-ours/stale deleted",
            "ConfigMap/prune-ours/taken skipped",
            "Gone/prune-ours/x deleted",
        ]
    );
    assert_eq!(
        pruned.failed.len(),
        1,
        "the entry that names nothing: {:?}",
        pruned.failed
    );
    assert_eq!(names(&bed).await?, ["kept", "stays", "taken"]);
    Ok(())
}

/// K12: an object that a finalizer holds is deleted but still there; a refused delete is kept for the next time.
#[tokio::test(flavor = "multi_thread")]
async fn deletion_is_asked_for_in_reverse_and_termination_can_be_awaited() -> Result<()> {
    let bed = bed("prune-reverse").await?;
    let mut held = configmap("prune-reverse", "held", json!({}));
    held["metadata"]["finalizers"] = json!(["sluice.dev/test"]);
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "s", "namespace": "prune-reverse"}});
    let applied = bed.apply(vec![held, account]).await?;
    assert_eq!(
        actions(&applied),
        [
            "ServiceAccount/prune-reverse/s created",
            "ConfigMap/prune-reverse/held created"
        ]
    );
    let pruned = prune(
        &bed.cluster,
        &applied.inventory.entries,
        &PruneOptions::new(bed.options().owner),
    )
    .await;
    let order: Vec<&str> = pruned
        .changes
        .changes
        .iter()
        .map(|change| change.id.kind.as_str())
        .collect();
    assert_eq!(order, ["ConfigMap", "ServiceAccount"]);
    assert_eq!(pruned.changes.count(Action::Deleted), 2);

    let (held, account) = (&pruned.changes.changes[0], &pruned.changes.changes[1]);
    assert!(!is_gone(&bed.cluster, held).await && is_gone(&bed.cluster, account).await);
    let free = json!({"metadata": {"finalizers": null}});
    bed.others
        .merge("v1", "ConfigMap", "prune-reverse", "held", free)
        .await?;
    assert!(is_gone(&bed.cluster, held).await);
    bed.others
        .apply(&configmap("prune-reverse", "held", json!({})))
        .await?;
    assert!(
        is_gone(&bed.cluster, held).await,
        "one that was made since is another object"
    );
    Ok(())
}

//! Stands in for scheduler and kubelet: makes pods ready, so that workloads become healthy.
//!
//! A pod that runs to completion (`restartPolicy` other than Always) succeeds. The annotation
//! `testbed.sluice.dev/pod` changes that: `pending` leaves the pod alone, `failing` keeps its containers waiting in
//! `ImagePullBackOff`, `failed` ends it as failed.

use futures::TryStreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use kube::runtime::watcher::{self, Event};
use kube::{Client, ResourceExt as _};
use serde_json::{Value, json};

const ANNOTATION: &str = "testbed.sluice.dev/pod";

/// Watches all pods until it is aborted.
pub async fn run(client: Client) {
    loop {
        let mut events = Box::pin(watcher::watcher(
            Api::<Pod>::all(client.clone()),
            watcher::Config::default(),
        ));
        loop {
            match events.try_next().await {
                Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => settle(&client, &pod).await,
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    eprintln!("testbed: the watch of pods failed: {error}");
                    break;
                }
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn settle(client: &Client, pod: &Pod) {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    if pod.metadata.deletion_timestamp.is_some() || phase != Some("Pending") {
        return;
    }
    let Some(status) = wanted_status(pod) else { return };
    if pod
        .status
        .as_ref()
        .and_then(|status| status.start_time.as_ref())
        .is_some()
    {
        return;
    }
    let api: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let patch = Patch::Merge(json!({"status": status}));
    match api
        .patch_status(&pod.name_any(), &PatchParams::default(), &patch)
        .await
    {
        Ok(_) => {}
        // a conflict or a pod that is gone comes back as another event, or never
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => {}
        Err(error) => eprintln!("testbed: failed to run pod {}: {error}", pod.name_any()),
    }
}

fn wanted_status(pod: &Pod) -> Option<Value> {
    let spec = pod.spec.as_ref()?;
    let runs_forever = spec
        .restart_policy
        .as_deref()
        .is_none_or(|policy| policy == "Always");
    let (phase, ready, state) = match pod.annotations().get(ANNOTATION).map(String::as_str) {
        Some("pending") => return None,
        Some("failing") => (
            "Pending",
            false,
            json!({"waiting": {"reason": "ImagePullBackOff"}}),
        ),
        Some("failed") => (
            "Failed",
            false,
            json!({"terminated": {"exitCode": 1, "reason": "Error"}}),
        ),
        _ if runs_forever => ("Running", true, json!({"running": {}})),
        _ => (
            "Succeeded",
            false,
            json!({"terminated": {"exitCode": 0, "reason": "Completed"}}),
        ),
    };
    let now = pod
        .creation_timestamp()
        .map(|time| serde_json::to_value(time).unwrap_or_default());
    let condition = |kind: &str, holds: bool| {
        let status = if holds { "True" } else { "False" };
        json!({"type": kind, "status": status, "lastTransitionTime": now})
    };
    let containers: Vec<Value> = spec
        .containers
        .iter()
        .map(|container| {
            json!({"name": container.name, "image": container.image, "imageID": "testbed", "restartCount": 0,
                "ready": ready, "started": ready, "state": state})
        })
        .collect();
    Some(json!({
        "phase": phase,
        "startTime": now,
        "conditions": [
            condition("PodScheduled", true),
            condition("Initialized", true),
            condition("ContainersReady", ready),
            condition("Ready", ready),
        ],
        "containerStatuses": containers,
    }))
}

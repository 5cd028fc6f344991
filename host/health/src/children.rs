//! Pods of StatefulSets and ReplicaSets: one that crashes fails its owner long before a deadline does.

use jiff::Timestamp;
use serde_json::{Map, Value};
use sluice_cluster::{Cluster, ClusterError, Hub, Selection};
use sluice_model::{Health, Object, Verdict};

use crate::status::compute;

/// The pods that a controller selects: namespace and label selector; none for kinds whose pods are not looked at.
pub(crate) fn pods_of(object: &Object) -> Option<(String, String)> {
    let watched = object.group() == "apps" && matches!(object.kind(), "StatefulSet" | "ReplicaSet");
    let selector = object.0.get("spec")?.get("selector")?.as_object()?;
    let selector = selector_text(selector)?;
    watched.then(|| (object.namespace().to_owned(), selector))
}

/// A `metav1.LabelSelector` as text; none when it would select everything or is not understood.
fn selector_text(selector: &Map<String, Value>) -> Option<String> {
    let mut parts = Vec::new();
    for (key, value) in selector
        .get("matchLabels")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        parts.push(format!("{key}={}", value.as_str()?));
    }
    for expression in selector
        .get("matchExpressions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let key = expression.get("key")?.as_str()?;
        let values = expression
            .get("values")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let values: Option<Vec<&str>> = values.map(Value::as_str).collect();
        let values = values?.join(",");
        parts.push(match expression.get("operator")?.as_str()? {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    (!parts.is_empty()).then(|| parts.join(","))
}

/// A signal whenever one of the pods changes.
pub(crate) fn watch(hub: &Hub, namespace: &str, selector: &str) -> Selection {
    hub.select("", "Pod", namespace, selector)
}

/// The verdict on a controller that is in progress, by its pods. When they cannot be read it stays in progress.
pub(crate) async fn by_pods(cluster: &Cluster, namespace: &str, selector: &str, verdict: Verdict) -> Verdict {
    match failed_pods(cluster, namespace, selector).await {
        Ok(0) => verdict,
        Ok(count) => Verdict::new(Health::Failed, format!("{count} pods have failed")),
        Err(error) => {
            tracing::debug!(namespace, selector, %error, "failed to read pods");
            verdict
        }
    }
}

async fn failed_pods(cluster: &Cluster, namespace: &str, selector: &str) -> Result<usize, ClusterError> {
    let pods = cluster.discovery().resolve("", "v1", "Pod", true).await?;
    let pods = cluster.list(&pods, namespace, selector).await?;
    let now = Timestamp::now();
    Ok(pods.iter().filter(|pod| has_failed(pod, now)).count())
}

/// Pods that are being deleted or cannot be scheduled do not count: rollouts and autoscalers resolve both.
fn has_failed(pod: &Object, now: Timestamp) -> bool {
    let deleting = pod
        .metadata()
        .is_some_and(|metadata| metadata.contains_key("deletionTimestamp"));
    let pending = pod
        .0
        .get("status")
        .and_then(|status| status.get("phase"))
        .is_some_and(|phase| phase == "Pending");
    !deleting && !pending && compute(pod, now).is_ok_and(|verdict| verdict.health == Health::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_read_as_queries() {
        let object = |kind: &str, selector: Value| {
            Object::from_value(json!({"apiVersion": "apps/v1", "kind": kind,
                "metadata": {"name": "a", "namespace": "b"}, "spec": {"selector": selector}}))
            .expect("a map")
        };
        let selector = json!({"matchLabels": {"app": "x"}, "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"}]});
        assert_eq!(
            pods_of(&object("StatefulSet", selector.clone())),
            Some(("b".into(), "app=x,tier in (a,b),!old".into()))
        );
        assert_eq!(pods_of(&object("Deployment", selector)), None);
        assert_eq!(
            pods_of(&object("StatefulSet", json!({}))),
            None,
            "never all pods of a namespace"
        );
    }

    #[test]
    fn only_pods_that_crash_count() {
        let pod = |deleted: bool, phase: &str| {
            let mut metadata = json!({"name": "a"});
            if deleted {
                metadata["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
            }
            Object::from_value(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
                "status": {"phase": phase, "containerStatuses": [{"name": "c",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}}))
            .expect("a map")
        };
        let now = Timestamp::now();
        assert!(has_failed(&pod(false, "Running"), now));
        assert!(!has_failed(&pod(true, "Running"), now));
        assert!(!has_failed(&pod(false, "Pending"), now));
    }
}

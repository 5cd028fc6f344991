//! The objects that tests make, and what they look at in them.

use serde_json::{Value, json};

/// API versions by kind.
pub fn api_version(kind: &str) -> &'static str {
    match kind {
        "GitRepository" => "source.toolkit.fluxcd.io/v1",
        "Kustomization" => "kustomize.toolkit.fluxcd.io/v1",
        "Alert" | "Provider" => "notification.toolkit.fluxcd.io/v1beta3",
        "HelmRelease" => "helm.toolkit.fluxcd.io/v2",
        "Job" => "batch/v1",
        "Plugin" => "sluice.dev/v1alpha1",
        "ExternalArtifact" | "HelmRepository" | "HelmChart" | "Bucket" => "source.toolkit.fluxcd.io/v1",
        "Deployment" => "apps/v1",
        "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        "Role" | "RoleBinding" => "rbac.authorization.k8s.io/v1",
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        _ => "v1",
    }
}

/// A GitRepository of branch `main` with an interval that never comes in a test.
pub fn git_repository(name: &str, url: &str) -> Value {
    object(
        "GitRepository",
        name,
        json!({"interval": "1h", "url": url, "ref": {"branch": "main"}}),
    )
}

/// A HelmRepository with an interval that never comes in a test.
pub fn helm_repository(name: &str, url: &str) -> Value {
    object("HelmRepository", name, json!({"interval": "1h", "url": url}))
}

/// A HelmChart of a source with an interval that never comes in a test.
pub fn helm_chart(name: &str, chart: &str, (kind, source): (&str, &str)) -> Value {
    let source = json!({"kind": kind, "name": source});
    object(
        "HelmChart",
        name,
        json!({"interval": "1h", "chart": chart, "sourceRef": source}),
    )
}

/// A Kustomization that prunes, of a path of a GitRepository.
pub fn kustomization(name: &str, source: &str, path: &str) -> Value {
    object(
        "Kustomization",
        name,
        json!({
            "interval": "1h",
            "retryInterval": "1h",
            "path": path,
            "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": source},
        }),
    )
}

/// An object with a spec.
#[allow(clippy::needless_pass_by_value, reason = "callers hand in a literal")]
pub fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version(kind), "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// A Secret with plain values.
pub fn secret(name: &str, data: &[(&str, &str)]) -> Value {
    let data: serde_json::Map<String, Value> = data
        .iter()
        .map(|(key, value)| ((*key).into(), json!(value)))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
}

/// A ServiceAccount.
pub fn service_account(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
}

/// A RoleBinding that lets a ServiceAccount of `namespace` edit there.
pub fn editor(name: &str, namespace: &str) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]})
}

/// A kustomization.yaml with these resources.
pub fn kustomization_file(resources: &[&str]) -> String {
    let mut text =
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    for resource in resources {
        text.push_str(&format!("- {resource}\n"));
    }
    text
}

/// A ConfigMap with one key.
pub fn config_map(name: &str, key: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  {key}: {value:?}\n")
}

/// A Deployment of one pod; `pod_annotation` as the testbed's pod runner reads it.
pub fn deployment(name: &str, pod_annotation: Option<&str>) -> String {
    let annotations = pod_annotation
        .map(|value| format!("      annotations: {{testbed.sluice.dev/pod: {value}}}\n"))
        .unwrap_or_default();
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 1\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n\
         {annotations}    spec:\n      containers:\n      - name: main\n        image: registry.example/{name}:1.0.0\n"
    )
}

/// A condition of an object, by type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    sluice_testbed::cluster::condition(object, kind)
}

/// Whether Ready has this status, and the status was made from the current spec.
pub fn is_ready(object: &Value, status: &str) -> bool {
    condition(object, "Ready").is_some_and(|ready| ready["status"] == status)
}

/// Whether Ready is True for the current spec and nothing is under way, as the flux CLI waits for it.
pub fn is_current(object: &Value) -> bool {
    is_ready(object, "True")
        && object["status"]["observedGeneration"] == object["metadata"]["generation"]
        && condition(object, "Reconciling").is_none_or(|it| it["status"] != "True")
        && condition(object, "Stalled").is_none_or(|it| it["status"] != "True")
}

/// Whether a pass has ended: well, or badly with a retry to come.
pub fn is_at_rest(object: &Value) -> bool {
    let under_way = |it: &Value| it["status"] == "True" && it["reason"] != "ProgressingWithRetry";
    !is_ready(object, "Unknown") && !condition(object, "Reconciling").is_some_and(under_way)
}

/// Whether Ready is False for this reason.
pub fn failed_for(object: &Value, reason: &str) -> bool {
    condition(object, "Ready").is_some_and(|ready| ready["status"] == "False" && ready["reason"] == reason)
}

/// Whether Ready is False for this reason, with this text in its message.
pub fn failed_with(object: &Value, reason: &str, text: &str) -> bool {
    failed_for(object, reason) && message(object).contains(text)
}

/// The message of Ready.
pub fn message(object: &Value) -> &str {
    condition(object, "Ready")
        .and_then(|ready| ready["message"].as_str())
        .unwrap_or_default()
}

/// The ids of an inventory.
pub fn inventory(object: &Value) -> Vec<String> {
    let entries = object["status"]["inventory"]["entries"].as_array();
    entries
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["id"].as_str().map(str::to_owned))
        .collect()
}

/// The commit id at the end of a revision such as `main@sha1:4f3c…`.
pub fn commit_of(revision: &Value) -> &str {
    revision
        .as_str()
        .and_then(|text| text.rsplit_once(':'))
        .map_or("", |(_, commit)| commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_testbed::cluster::parse_yaml;

    #[test]
    fn texts_are_the_yaml_they_look_like() -> anyhow::Result<()> {
        let deployment = parse_yaml(&deployment("web", Some("failing")))?.remove(0);
        let template = &deployment["spec"]["template"];
        assert_eq!(
            template["metadata"]["annotations"]["testbed.sluice.dev/pod"],
            "failing"
        );
        assert_eq!(
            template["spec"]["containers"][0]["image"],
            "registry.example/web:1.0.0"
        );
        assert_eq!(parse_yaml(&config_map("a", "b", "c"))?[0]["data"]["b"], "c");
        assert_eq!(
            parse_yaml(&kustomization_file(&["x", "y"]))?[0]["resources"],
            json!(["x", "y"])
        );
        Ok(())
    }
}

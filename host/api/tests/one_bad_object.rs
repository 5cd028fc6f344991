//! K1 (CVE-2022-39272): an object that does not fit its type is an error of that object, not of the list it is read with.

use kube::api::ObjectList;
use kube::core::DeserializeGuard;
use sluice_api::Kustomization;

const LIST: &str = r#"{
  "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "KustomizationList", "metadata": {},
  "items": [
    { "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": { "name": "good" },
      "spec": { "interval": "10m", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "x" } } },
    { "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": { "name": "no-spec" } },
    { "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": { "name": "bad-status" },
      "spec": { "interval": "10m", "prune": true, "sourceRef": { "kind": "GitRepository", "name": "x" } },
      "status": { "conditions": "none" } },
    { "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": { "name": "bad-values" },
      "spec": { "interval": "9999999999999999999h", "prune": true, "deletionPolicy": "Later",
        "sourceRef": { "kind": "Blob", "name": "x" } } }
  ]
}"#;

#[test]
fn the_rest_of_a_list_is_read() {
    let list: ObjectList<DeserializeGuard<Kustomization>> = serde_json::from_str(LIST).expect("a list");
    let read: Vec<Result<&Kustomization, &str>> = list
        .items
        .iter()
        .map(|guard| {
            guard
                .0
                .as_ref()
                .map_err(|error| error.metadata.name.as_deref().unwrap_or_default())
        })
        .collect();
    let names: Vec<_> = read
        .iter()
        .map(|object| object.map(|k| k.metadata.name.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        names,
        [Ok("good"), Err("no-spec"), Err("bad-status"), Ok("bad-values")]
    );
    let odd = read[3].expect("read");
    assert!(
        odd.spec.interval.get().is_err(),
        "a malformed duration is told when it is used"
    );
    assert_eq!(odd.spec.source_ref.kind.as_str(), "Blob");
    let written = serde_json::to_value(&odd.spec).expect("serialises");
    assert_eq!(written["deletionPolicy"], "Later", "what is not known is kept");
}

//! Whether what a Kustomization depends on is ready (`spec.dependsOn`).

use std::sync::Arc;

use sluice_api::condition;
use sluice_api::{Kustomization, KustomizationSpec};
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::condition::types;

use crate::index::Target;
use crate::key::ObjectKey;
use crate::store::Store;

/// A dependency that is not ready; names it and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DependencyError {
    /// It does not exist.
    #[error("dependency '{0}' not found")]
    NotFound(ObjectKey),
    /// It exists and is not ready, or has not applied the source's current revision yet.
    #[error("dependency '{key}' is not ready{because}")]
    NotReady {
        /// Which one.
        key: ObjectKey,
        /// Empty, or `: ` and why.
        because: &'static str,
    },
    /// Its test of readiness is an expression, which this version does not evaluate.
    #[error("spec.dependsOn[{index}].readyExpr of dependency '{key}' is not supported by this version")]
    Expression {
        /// Which one.
        key: ObjectKey,
        /// Position in the list.
        index: usize,
    },
}

/// The keys of an object's dependencies.
pub fn keys(namespace: &str, spec: &KustomizationSpec) -> Vec<ObjectKey> {
    spec.depends_on
        .iter()
        .map(|reference| {
            let namespace = reference
                .namespace
                .as_deref()
                .filter(|ns| !ns.is_empty())
                .unwrap_or(namespace);
            ObjectKey::new(namespace, &reference.name)
        })
        .collect()
}

/// Checks all dependencies against `revision`, the one that is about to be applied.
///
/// # Errors
/// The first that is not ready.
pub fn check(
    store: &Store<Kustomization>,
    object: &Kustomization,
    source: &Target,
    revision: &str,
) -> Result<(), DependencyError> {
    let namespace = object.namespace().unwrap_or_default();
    for (index, key) in keys(&namespace, &object.spec).into_iter().enumerate() {
        if object.spec.depends_on[index].ready_expr.is_some() {
            return Err(DependencyError::Expression { key, index });
        }
        let dependency = store
            .get(&key)
            .ok_or_else(|| DependencyError::NotFound(key.clone()))?;
        if let Err(because) = is_ready(&dependency, source, revision) {
            return Err(DependencyError::NotReady { key, because });
        }
    }
    Ok(())
}

/// Ready at its current generation; when it reads the same source it must have applied the same revision, so that a
/// commit rolls out in dependency order.
fn is_ready(dependency: &Arc<Kustomization>, source: &Target, revision: &str) -> Result<(), &'static str> {
    let Some(status) = &dependency.status else {
        return Err("");
    };
    if status.observed_generation != dependency.metadata.generation {
        return Err(": its latest generation is not reconciled");
    }
    if !condition::is_true(&status.conditions, types::READY) {
        return Err("");
    }
    if super::source::target(dependency) == *source
        && status.last_applied_revision.as_deref() != Some(revision)
    {
        return Err(": it has not applied the current revision");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kustomization(name: &str, depends_on: &[&str], applied: Option<&str>) -> Kustomization {
        let depends_on: Vec<_> = depends_on.iter().map(|name| json!({"name": name})).collect();
        let ready = json!([{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded", "message": "",
            "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
        serde_json::from_value(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "ns", "generation": 1},
            "spec": {"interval": "1m", "prune": true, "dependsOn": depends_on,
                "sourceRef": {"kind": "GitRepository", "name": "repo"}},
            "status": applied.map(|revision| json!({"observedGeneration": 1, "conditions": ready,
                "lastAppliedRevision": revision}))
        }))
        .expect("a Kustomization")
    }

    fn outcome(dependency: Option<Kustomization>) -> Result<(), String> {
        let store = Store::default();
        if let Some(dependency) = dependency {
            store.learn(dependency);
        }
        let object = kustomization("app", &["db"], None);
        let source = crate::kustomization::source::target(&object);
        check(&store, &object, &source, "main@sha1:2").map_err(|error| error.to_string())
    }

    #[test]
    fn waits_for_the_same_revision_of_a_shared_source() {
        assert_eq!(outcome(None).unwrap_err(), "dependency 'ns/db' not found");
        assert_eq!(
            outcome(Some(kustomization("db", &[], None))).unwrap_err(),
            "dependency 'ns/db' is not ready"
        );
        let behind = outcome(Some(kustomization("db", &[], Some("main@sha1:1"))));
        assert!(
            behind
                .unwrap_err()
                .ends_with("has not applied the current revision")
        );
        assert_eq!(
            outcome(Some(kustomization("db", &[], Some("main@sha1:2")))),
            Ok(())
        );
    }
}

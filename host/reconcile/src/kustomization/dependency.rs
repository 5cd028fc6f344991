//! Whether what a Kustomization depends on is ready (`spec.dependsOn`).

use std::sync::Arc;

use sluice_api::condition;
use sluice_api::{Kustomization, KustomizationSpec};
use sluice_cluster::kube::ResourceExt as _;
use sluice_expression::ExpressionError;
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
    /// `--no-cross-namespace-refs` forbids to look into an object of another namespace.
    #[error("can't access 'Kustomization/{0}' in readyExpr, cross-namespace references have been blocked")]
    Denied(ObjectKey),
    /// The expression that tells its readiness failed.
    #[error("failed to evaluate dependency {name}: {source}", name = key.name)]
    Expression {
        /// Which one.
        key: ObjectKey,
        /// Why.
        source: ExpressionError,
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

/// How the operator wants dependencies checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// An expression comes on top of the built-in test, instead of replacing it.
    pub additive: bool,
    /// Expressions see objects of their own namespace only (T1): one could tell the other's whole spec bit by bit.
    /// Whether a dependency elsewhere is ready can be asked for all the same, as in Flux.
    pub own_namespace: bool,
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
    terms: Terms,
) -> Result<(), DependencyError> {
    let namespace = object.namespace().unwrap_or_default();
    for (index, key) in keys(&namespace, &object.spec).into_iter().enumerate() {
        if terms.own_namespace && key.namespace != namespace && judges(object, &key) {
            return Err(DependencyError::Denied(key));
        }
        let dependency = store
            .get(&key)
            .ok_or_else(|| DependencyError::NotFound(key.clone()))?;
        let expression = object.spec.depends_on[index].ready_expr.as_deref();
        let expression = expression.filter(|expression| !expression.is_empty());
        if let Some(expression) = expression {
            check_expression(expression, object, &dependency, &key)?;
        }
        if (expression.is_none() || terms.additive)
            && let Err(because) = is_ready(&dependency, source, revision)
        {
            return Err(DependencyError::NotReady { key, because });
        }
    }
    Ok(())
}

fn check_expression(
    expression: &str,
    object: &Kustomization,
    dependency: &Kustomization,
    key: &ObjectKey,
) -> Result<(), DependencyError> {
    let key = key.clone();
    match crate::expression::is_ready(expression, object, dependency) {
        Ok(true) => Ok(()),
        Ok(false) => Err(DependencyError::NotReady {
            key,
            because: " according to readyExpr eval",
        }),
        Err(source) => Err(DependencyError::Expression { key, source }),
    }
}

/// Whether an object asks for news of a dependency beyond that it became ready: its own expression judges it, and did
/// not find it ready. One that stalled asks for nothing.
pub fn awaits_any_change(object: &Kustomization, dependency: &ObjectKey) -> bool {
    let conditions = object.status.as_ref().map(|status| status.conditions.as_slice());
    let is = |type_| condition::is_true(conditions.unwrap_or_default(), type_);
    judges(object, dependency) && !is(types::READY) && !is(types::STALLED)
}

/// Whether an object has an expression for a dependency.
pub fn judges(object: &Kustomization, dependency: &ObjectKey) -> bool {
    let namespace = object.namespace().unwrap_or_default();
    let mut dependencies = keys(&namespace, &object.spec)
        .into_iter()
        .zip(&object.spec.depends_on);
    dependencies.any(|(key, reference)| {
        key == *dependency
            && reference
                .ready_expr
                .as_ref()
                .is_some_and(|source| !source.is_empty())
    })
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
    use crate::kustomization::failure::Failure;
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

    fn with_expression(expression: &str) -> Result<(), DependencyError> {
        judged(expression, false)
    }

    fn judged(expression: &str, additive: bool) -> Result<(), DependencyError> {
        let store = Store::default();
        store.learn(kustomization("db", &[], None));
        let mut object = kustomization("app", &["db"], None);
        object.spec.depends_on[0].ready_expr = Some(expression.to_owned());
        let source = crate::kustomization::source::target(&object);
        let terms = Terms {
            additive,
            ..Terms::default()
        };
        check(&store, &object, &source, "main@sha1:2", terms)
    }

    /// `db` has no status: the built-in test alone would never find it ready.
    #[test]
    fn an_expression_replaces_the_built_in_test() {
        assert_eq!(
            with_expression("dep.metadata.name == 'db' && self.metadata.name == 'app'"),
            Ok(())
        );
        let also = judged("true", true).expect_err("no status");
        assert_eq!(also.to_string(), "dependency 'ns/db' is not ready");
        let not_ready = with_expression("dep.metadata.generation > 1").expect_err("not ready");
        assert_eq!(
            not_ready.to_string(),
            "dependency 'ns/db' is not ready according to readyExpr eval"
        );
        assert!(Failure::from(not_ready).is_waiting());
    }

    /// T1: with references kept to one namespace no expression looks into another one, not even at an object that is
    /// missing; whether a dependency is ready may be asked.
    #[test]
    fn t1_an_expression_does_not_look_into_another_namespace() {
        let mut object = kustomization("app", &["db"], None);
        object.spec.depends_on[0].namespace = Some("other".into());
        let source = crate::kustomization::source::target(&object);
        let terms = Terms {
            own_namespace: true,
            ..Terms::default()
        };
        let ask = |object: &Kustomization| {
            check(&Store::default(), object, &source, "main@sha1:2", terms).expect_err("nothing is there")
        };
        assert_eq!(ask(&object).to_string(), "dependency 'other/db' not found");
        object.spec.depends_on[0].ready_expr = Some("dep.spec.prune".into());
        let failure = Failure::from(ask(&object));
        assert_eq!(failure.reason, "AccessDenied");
        assert!(
            failure.is_stalling() && failure.message.contains("Kustomization/other/db"),
            "{failure:?}"
        );
        let own = with_expression("dep.metadata.name == 'db'");
        assert_eq!(own, Ok(()), "its own namespace is open");
    }

    /// What cannot be fixed by the dependency stalls; what the dependency's next state may fix waits for it.
    #[test]
    fn a_bad_expression_stalls_and_a_failing_one_waits() {
        for bad in ["dep.", "other.x == 1", "dep.status.ready", "'a'", "dep == 'a'"] {
            let failure = Failure::from(with_expression(bad).expect_err("refused"));
            assert!(failure.is_stalling(), "{bad}: {failure:?}");
            assert_eq!(failure.reason, "InvalidCELExpression");
            assert!(
                failure.message.contains("failed to evaluate dependency db"),
                "{failure:?}"
            );
        }
        let failing = Failure::from(with_expression("dep.status.phase == 'x'").expect_err("fails"));
        assert!(failing.is_waiting(), "{failing:?}");
        assert_eq!(failing.reason, "DependencyNotReady");
    }

    #[test]
    fn only_an_unready_dependant_with_an_expression_awaits_any_change() {
        let db = ObjectKey::new("ns", "db");
        let mut object = kustomization("app", &["db"], None);
        assert!(!awaits_any_change(&object, &db));
        object.spec.depends_on[0].ready_expr = Some("true".into());
        assert!(awaits_any_change(&object, &db));
        assert!(!awaits_any_change(&object, &ObjectKey::new("ns", "other")));
        object.status = kustomization("app", &[], Some("main@sha1:2")).status;
        assert!(!awaits_any_change(&object, &db), "it is ready");
    }

    fn outcome(dependency: Option<Kustomization>) -> Result<(), String> {
        let store = Store::default();
        if let Some(dependency) = dependency {
            store.learn(dependency);
        }
        let object = kustomization("app", &["db"], None);
        let source = crate::kustomization::source::target(&object);
        check(&store, &object, &source, "main@sha1:2", Terms::default()).map_err(|error| error.to_string())
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

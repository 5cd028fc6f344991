//! Whether what a Kustomization depends on is ready (`spec.dependsOn`).

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_api::condition::{self, Condition};
use sluice_api::dependency::DependencyReference;
use sluice_model::condition::types;

use crate::dependency::{self, DependencyError, Dependent, Terms};
use crate::index::Target;
use crate::key::ObjectKey;
use crate::store::Store;

impl Dependent for Kustomization {
    fn depends_on(&self) -> &[DependencyReference] {
        &self.spec.depends_on
    }

    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map_or(&[], |status| &status.conditions)
    }

    fn missing(key: &ObjectKey) -> String {
        format!("dependency '{key}' not found")
    }
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
    let is_ready = |dependency: &Arc<Kustomization>| is_ready(dependency, source, revision);
    dependency::check(store, object, terms, is_ready)
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
    use crate::dependency::awaits_any_change;
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

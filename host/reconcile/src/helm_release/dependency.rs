//! Whether what a HelmRelease depends on is ready (`spec.dependsOn`).

use sluice_api::condition;
use sluice_api::{HelmRelease, HelmReleaseSpec};
use sluice_cluster::kube::ResourceExt as _;
use sluice_expression::ExpressionError;
use sluice_model::condition::types;

use crate::key::ObjectKey;
use crate::store::Store;

/// A dependency that is not ready; names it and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DependencyError {
    /// It does not exist.
    #[error("unable to get '{0}' dependency: it does not exist")]
    NotFound(ObjectKey),
    /// It exists and is not ready.
    #[error("dependency '{key}' is not ready{because}")]
    NotReady {
        /// Which one.
        key: ObjectKey,
        /// Empty, or why.
        because: &'static str,
    },
    /// `--no-cross-namespace-refs` forbids to look into an object of another namespace.
    #[error("can't access 'HelmRelease/{0}' in readyExpr, cross-namespace references have been blocked")]
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
pub fn keys(namespace: &str, spec: &HelmReleaseSpec) -> Vec<ObjectKey> {
    let key = |reference: &sluice_api::dependency::DependencyReference| {
        let named = reference.namespace.as_deref().filter(|name| !name.is_empty());
        ObjectKey::new(named.unwrap_or(namespace), &reference.name)
    };
    spec.depends_on.iter().map(key).collect()
}

/// How the operator wants dependencies checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// An expression comes on top of the built-in test, instead of replacing it.
    pub additive: bool,
    /// Expressions see objects of their own namespace only (T1).
    pub own_namespace: bool,
}

/// Checks all dependencies.
///
/// # Errors
/// The first that is not ready.
pub fn check(store: &Store<HelmRelease>, object: &HelmRelease, terms: Terms) -> Result<(), DependencyError> {
    let namespace = object.namespace().unwrap_or_default();
    let keys = keys(&namespace, &object.spec);
    for (key, reference) in keys.into_iter().zip(&object.spec.depends_on) {
        let expression = reference.ready_expr.as_deref().filter(|text| !text.is_empty());
        if terms.own_namespace && key.namespace != namespace && expression.is_some() {
            return Err(DependencyError::Denied(key));
        }
        let dependency = store
            .get(&key)
            .ok_or_else(|| DependencyError::NotFound(key.clone()))?;
        if let Some(expression) = expression {
            check_expression(expression, object, &dependency, &key)?;
        }
        if (expression.is_none() || terms.additive) && !is_ready(&dependency) {
            return Err(DependencyError::NotReady { key, because: "" });
        }
    }
    Ok(())
}

fn check_expression(
    expression: &str,
    object: &HelmRelease,
    dependency: &HelmRelease,
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

/// Whether an object's own expression judges a dependency: it may look at anything of it, so that every change counts
/// as long as the object waits.
pub fn judges(object: &HelmRelease, dependency: &ObjectKey) -> bool {
    let conditions = object.status.as_ref().map(|status| status.conditions.as_slice());
    let is = |type_| condition::is_true(conditions.unwrap_or_default(), type_);
    let namespace = object.namespace().unwrap_or_default();
    let keys = keys(&namespace, &object.spec);
    let mut with_expression = keys
        .iter()
        .zip(&object.spec.depends_on)
        .filter(|(key, reference)| {
            *key == dependency && reference.ready_expr.as_ref().is_some_and(|text| !text.is_empty())
        });
    with_expression.next().is_some() && !is(types::READY) && !is(types::STALLED)
}

fn is_ready(dependency: &HelmRelease) -> bool {
    let Some(status) = &dependency.status else {
        return false;
    };
    status.observed_generation == dependency.metadata.generation
        && condition::is_true(&status.conditions, types::READY)
}

//! Whether what an object depends on is ready (`spec.dependsOn`), for all kinds that have dependencies.

use std::sync::Arc;

use serde::Serialize;
use sluice_api::condition::{self, Condition};
use sluice_api::dependency::DependencyReference;
use sluice_cluster::kube::ResourceExt;
use sluice_expression::ExpressionError;
use sluice_model::condition::types;

use crate::key::ObjectKey;
use crate::store::{Kind, Store};

/// A dependency that is not ready; names it and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DependencyError {
    /// It does not exist; in the words of the dependant's kind.
    #[error("{0}")]
    NotFound(String),
    /// It exists and is not ready, or not as its dependant needs it.
    #[error("dependency '{key}' is not ready{because}")]
    NotReady {
        /// Which one.
        key: ObjectKey,
        /// Empty, or why, with what stands before it.
        because: &'static str,
    },
    /// `--no-cross-namespace-refs` forbids to look into an object of another namespace.
    #[error("can't access '{kind}/{key}' in readyExpr, cross-namespace references have been blocked")]
    Denied {
        /// Kind of both objects.
        kind: String,
        /// Which one.
        key: ObjectKey,
    },
    /// The expression that tells its readiness failed.
    #[error("failed to evaluate dependency {name}: {source}", name = key.name)]
    Expression {
        /// Which one.
        key: ObjectKey,
        /// Why.
        source: ExpressionError,
    },
}

/// A kind whose objects depend on others of it.
pub trait Dependent: Kind + ResourceExt + Serialize {
    /// `spec.dependsOn`.
    fn depends_on(&self) -> &[DependencyReference];
    /// The conditions of its status.
    fn conditions(&self) -> &[Condition];
    /// What is told of a dependency that does not exist.
    fn missing(key: &ObjectKey) -> String;
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

fn expression(reference: &DependencyReference) -> Option<&str> {
    reference.ready_expr.as_deref().filter(|text| !text.is_empty())
}

/// The keys of an object's dependencies.
pub fn keys<K: Dependent>(object: &K) -> Vec<ObjectKey> {
    let own = object.namespace().unwrap_or_default();
    let key = |reference: &DependencyReference| {
        let named = reference.namespace.as_deref().filter(|name| !name.is_empty());
        ObjectKey::new(named.unwrap_or(&own), &reference.name)
    };
    object.depends_on().iter().map(key).collect()
}

/// Checks all dependencies; `is_ready` is the built-in test of the kind, which tells why not.
///
/// # Errors
/// The first that is not ready.
pub fn check<K: Dependent>(
    store: &Store<K>,
    object: &K,
    terms: Terms,
    is_ready: impl Fn(&Arc<K>) -> Result<(), &'static str>,
) -> Result<(), DependencyError> {
    let own = object.namespace().unwrap_or_default();
    for (key, reference) in keys(object).into_iter().zip(object.depends_on()) {
        if terms.own_namespace && key.namespace != own && judges(object, &key) {
            let kind = K::kind(&()).into_owned();
            return Err(DependencyError::Denied { kind, key });
        }
        let dependency = store
            .get(&key)
            .ok_or_else(|| DependencyError::NotFound(K::missing(&key)))?;
        let expression = expression(reference);
        if let Some(expression) = expression {
            check_expression(expression, object, &dependency, &key)?;
        }
        if (expression.is_none() || terms.additive)
            && let Err(because) = is_ready(&dependency)
        {
            return Err(DependencyError::NotReady { key, because });
        }
    }
    Ok(())
}

fn check_expression<K: Dependent>(
    expression: &str,
    object: &K,
    dependency: &K,
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
pub fn awaits_any_change<K: Dependent>(object: &K, dependency: &ObjectKey) -> bool {
    let is = |type_| condition::is_true(object.conditions(), type_);
    judges(object, dependency) && !is(types::READY) && !is(types::STALLED)
}

/// Whether an object has an expression for a dependency.
pub fn judges<K: Dependent>(object: &K, dependency: &ObjectKey) -> bool {
    let mut dependencies = keys(object).into_iter().zip(object.depends_on());
    dependencies.any(|(key, reference)| key == *dependency && expression(reference).is_some())
}

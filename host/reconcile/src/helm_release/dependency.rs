//! Whether what a HelmRelease depends on is ready (`spec.dependsOn`).

use std::sync::Arc;

use sluice_api::HelmRelease;
use sluice_api::condition::{self, Condition};
use sluice_api::dependency::DependencyReference;
use sluice_model::condition::types;

use crate::dependency::{self, DependencyError, Dependent, Terms};
use crate::key::ObjectKey;
use crate::store::Store;

impl Dependent for HelmRelease {
    fn depends_on(&self) -> &[DependencyReference] {
        &self.spec.depends_on
    }

    fn conditions(&self) -> &[Condition] {
        self.status.as_ref().map_or(&[], |status| &status.conditions)
    }

    fn missing(key: &ObjectKey) -> String {
        format!("unable to get '{key}' dependency: it does not exist")
    }
}

/// Checks all dependencies.
///
/// # Errors
/// The first that is not ready.
pub fn check(store: &Store<HelmRelease>, object: &HelmRelease, terms: Terms) -> Result<(), DependencyError> {
    dependency::check(store, object, terms, is_ready)
}

fn is_ready(dependency: &Arc<HelmRelease>) -> Result<(), &'static str> {
    let status = dependency.status.as_ref().ok_or("")?;
    let is_current = status.observed_generation == dependency.metadata.generation;
    let is_ready = is_current && condition::is_true(&status.conditions, types::READY);
    is_ready.then_some(()).ok_or("")
}

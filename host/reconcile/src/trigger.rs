//! Who becomes due when an object changes: the observers of the informers.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_api::{GitRepository, HelmChart, HelmRelease, HelmRepository, Kustomization, Plugin, condition};
use sluice_fetch::helm::is_oci;
use sluice_model::condition::types;

use crate::dependency;
use crate::engine::Engine;
use crate::helm_chart;
use crate::helm_release;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::kustomization::source::Source;
use crate::kustomization::{build, decryption, source};
use crate::queue::{Queue, Reason};
use crate::request::reason_of_change;
use crate::store::{Kind, Observer};

fn wake_itself<K: Kind>(queue: &Queue, key: &ObjectKey, old: Option<&Arc<K>>, new: Option<&Arc<K>>) {
    let reason = match new {
        Some(new) => reason_of_change(old.map(AsRef::as_ref), new.as_ref()),
        None => Some(Reason::Spec),
    };
    if let Some(reason) = reason {
        queue.add(key.clone(), reason);
    }
}

/// Watches GitRepositories: a new artifact wakes its consumers.
pub struct GitRepositories(pub Arc<Engine>);

impl Observer<GitRepository> for GitRepositories {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<GitRepository>>, new: Option<&Arc<GitRepository>>) {
        wake_itself(&self.0.queues.git_repositories, key, old, new);
        wake_consumers(&self.0, key, old, new);
    }
}

/// Watches sources that others reconcile: a new artifact wakes its consumers.
pub struct Sources(pub Arc<Engine>);

impl<K: Source> Observer<K> for Sources {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<K>>, new: Option<&Arc<K>>) {
        wake_consumers(&self.0, key, old, new);
    }
}

/// Watches HelmRepositories: a new index wakes its charts, and so does a change of a registry, which has none.
pub struct HelmRepositories(pub Arc<Engine>);

impl Observer<HelmRepository> for HelmRepositories {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<HelmRepository>>, new: Option<&Arc<HelmRepository>>) {
        wake_itself(&self.0.queues.helm_repositories, key, old, new);
        wake_consumers(&self.0, key, old, new);
        let generation = |object: &Arc<HelmRepository>| object.metadata.generation;
        if new.is_some_and(|new| is_oci(&new.spec) && old.map(generation) != Some(generation(new))) {
            wake_charts(&self.0, &Target::new("HelmRepository", key.clone()));
        }
    }
}

/// Watches HelmCharts: keeps their references, and wakes the releases of one with a new artifact.
pub struct HelmCharts(pub Arc<Engine>);

impl Observer<HelmChart> for HelmCharts {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<HelmChart>>, new: Option<&Arc<HelmChart>>) {
        // where others reconcile it, it is watched for the HelmReleases that use it
        if self.0.options.serves("HelmChart") {
            let target = new.map(|object| helm_chart::target(object));
            self.0.chart_sources.set(key, target);
            wake_itself(&self.0.queues.helm_charts, key, old, new);
        }
        wake_consumers(&self.0, key, old, new);
    }
}

/// A new artifact makes every consumer of its source due.
fn wake_consumers<K: Source>(engine: &Engine, key: &ObjectKey, old: Option<&Arc<K>>, new: Option<&Arc<K>>) {
    let artifact = |object: Option<&Arc<K>>| {
        let artifact = object.and_then(|object| object.artifact())?;
        Some((
            artifact.revision.clone(),
            artifact.digest.clone(),
            artifact.url.clone(),
        ))
    };
    let (before, now) = (artifact(old), artifact(new));
    let source = Target::new(K::kind(&()), key.clone());
    if now.is_none() || before == now {
        let is_ready = |object: Option<&Arc<K>>| object.is_some_and(|object| object.is_ready());
        if now.is_some() && is_ready(new) && !is_ready(old) {
            // a release waits for a source that is ready, also with what it had before
            for user in engine.helm_references.users(&source) {
                engine.queues.helm_releases.add(user, Reason::Dependency);
            }
        }
        return;
    }
    for user in engine.references.users(&source) {
        engine.queues.kustomizations.add(user, Reason::Revision);
    }
    for user in engine.helm_references.users(&source) {
        engine.queues.helm_releases.add(user, Reason::Revision);
    }
    wake_charts(engine, &source);
}

fn wake_charts(engine: &Engine, source: &Target) {
    for chart in engine.chart_sources.users(source) {
        engine.queues.helm_charts.add(chart, Reason::Revision);
    }
}

/// Watches Kustomizations: keeps their references, and wakes who waits for one that became ready.
pub struct Kustomizations(pub Arc<Engine>);

impl Kustomizations {
    fn index(&self, key: &ObjectKey, object: Option<&Arc<Kustomization>>) {
        let targets = object.map(|object| {
            let dependencies = dependency::keys(object.as_ref())
                .into_iter()
                .map(|key| Target::new("Kustomization", key));
            std::iter::once(source::target(object))
                .chain(dependencies)
                .chain(decryption::target(&self.0.options, object))
                .collect::<Vec<_>>()
        });
        self.0.references.set(key, targets.unwrap_or_default());
    }
}

impl Kustomizations {
    /// An expression may look at anything of its dependency: whoever did not find it ready looks again. A dependant
    /// that is being worked on may have looked at the state before.
    fn wake_who_judges(&self, key: &ObjectKey) {
        let (stores, queue) = (&self.0.stores, &self.0.queues.kustomizations);
        for user in self
            .0
            .references
            .users(&Target::new("Kustomization", key.clone()))
        {
            let Some(object) = stores.kustomizations.get(&user) else {
                continue;
            };
            if dependency::awaits_any_change(object.as_ref(), key)
                || (queue.is_active(&user) && dependency::judges(object.as_ref(), key))
            {
                queue.add(user, Reason::Dependency);
            }
        }
    }
}

/// What dependants look at.
fn readiness(object: Option<&Arc<Kustomization>>) -> Option<(bool, Option<i64>, Option<String>)> {
    let status = object?.status.as_ref()?;
    let ready = condition::is_true(&status.conditions, types::READY);
    Some((
        ready,
        status.observed_generation,
        status.last_applied_revision.clone(),
    ))
}

impl Observer<Kustomization> for Kustomizations {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<Kustomization>>, new: Option<&Arc<Kustomization>>) {
        self.index(key, new);
        wake_itself(&self.0.queues.kustomizations, key, old, new);
        let (before, now) = (readiness(old), readiness(new));
        if before != now && now.as_ref().is_some_and(|(ready, ..)| *ready) {
            for user in self
                .0
                .references
                .users(&Target::new("Kustomization", key.clone()))
            {
                self.0.queues.kustomizations.add(user, Reason::Dependency);
            }
        } else if new.is_some() {
            self.wake_who_judges(key);
        }
    }
}

/// Watches HelmReleases: keeps their references, and wakes who waits for one that became ready.
pub struct HelmReleases(pub Arc<Engine>);

impl HelmReleases {
    fn index(&self, key: &ObjectKey, object: Option<&Arc<HelmRelease>>) {
        let targets = object.map(|object| helm_release::targets(object));
        self.0.helm_references.set(key, targets.unwrap_or_default());
    }
}

impl Observer<HelmRelease> for HelmReleases {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<HelmRelease>>, new: Option<&Arc<HelmRelease>>) {
        self.index(key, new);
        wake_itself(&self.0.queues.helm_releases, key, old, new);
        let readiness = |object: Option<&Arc<HelmRelease>>| {
            let status = object?.status.as_ref()?;
            let ready = condition::is_true(&status.conditions, types::READY);
            Some((ready, status.observed_generation))
        };
        let (before, now) = (readiness(old), readiness(new));
        let became_ready = before != now && now.is_some_and(|(ready, _)| ready);
        for user in self
            .0
            .helm_references
            .users(&Target::new("HelmRelease", key.clone()))
        {
            let judges = || {
                let object = self.0.stores.helm_releases.get(&user)?;
                dependency::awaits_any_change(object.as_ref(), key).then_some(())
            };
            if became_ready || (new.is_some() && judges().is_some()) {
                self.0.queues.helm_releases.add(user, Reason::Dependency);
            }
        }
    }
}

/// Watches Plugins: another renderer makes every Kustomization due.
pub struct Plugins(pub Arc<Engine>);

impl Observer<Plugin> for Plugins {
    fn changed(&self, key: &ObjectKey, old: Option<&Arc<Plugin>>, new: Option<&Arc<Plugin>>) {
        wake_itself(&self.0.queues.plugins, key, old, new);
        let use_of = |object: Option<&Arc<Plugin>>| {
            let digest = object.and_then(|object| object.status.as_ref()?.digest.clone());
            let spec =
                object.map(|object| (object.spec.allowed_namespaces.clone(), object.spec.limits.clone()));
            (digest, spec)
        };
        if key.name == build::RENDERER && old.is_some() && use_of(old) != use_of(new) {
            for object in self.0.stores.kustomizations.list() {
                self.0
                    .queues
                    .kustomizations
                    .add(ObjectKey::of(object.as_ref()), Reason::Reference);
            }
        }
    }
}

/// Watches kinds that nothing reconciles: they are only read.
pub struct Nobody;

impl<K: Kind> Observer<K> for Nobody {
    fn changed(&self, _: &ObjectKey, _: Option<&Arc<K>>, _: Option<&Arc<K>>) {}
}

/// The kinds of these definitions that no reconciler of this version serves, for the log at start.
pub fn unserved(options: &crate::Options) -> BTreeMap<&'static str, &'static str> {
    const SERVED: [&str; 8] = [
        "GitRepository",
        "HelmRepository",
        "HelmChart",
        "Kustomization",
        "HelmRelease",
        "Alert",
        "Provider",
        "Plugin",
    ];
    sluice_api::KINDS
        .iter()
        .filter_map(|info| {
            if !SERVED.contains(&info.kind) {
                return Some((info.kind, "has no reconciler in this version"));
            }
            (!options.serves(info.kind)).then_some((info.kind, "is not among --kinds"))
        })
        .collect()
}

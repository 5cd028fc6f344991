//! The source of a HelmRelease's chart: which object, whether it may be used, whether it is ready, and its artifact.

use bytes::Bytes;
use sluice_api::condition;
use sluice_api::helm_chart_template::ChartKind;
use sluice_api::{Condition, HelmRelease};
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::Artifact;
use sluice_model::condition::{reasons, types};

use super::failure::Failure;
use crate::engine::{Engine, Options};
use crate::feature::EXTERNAL_ARTIFACT;
use crate::fetched::FetchError;
use crate::index::Target;
use crate::key::ObjectKey;
use crate::kustomization::source::Source;
use crate::store::Store;

/// The name of the HelmChart that is made for an object.
pub(super) fn chart_name(object: &HelmRelease) -> String {
    format!("{}-{}", object.namespace().unwrap_or_default(), object.name_any())
}

/// The bytes of the packed chart.
///
/// # Errors
/// They cannot be fetched, or are others than the source's status says.
pub(super) async fn chart_bytes(
    engine: &Engine,
    object: &HelmRelease,
    artifact: &Artifact,
) -> Result<Bytes, FetchError> {
    let kind = target(object).map(|target| target.kind).unwrap_or_default();
    engine.artifact_bytes(&kind, artifact).await
}

/// The object that holds the chart; none when the spec names none, which the API server does not let pass.
pub(super) fn target(object: &HelmRelease) -> Option<Target> {
    let own = object.namespace().unwrap_or_default();
    let or_own = |namespace: Option<&String>| match namespace.filter(|name| !name.is_empty()) {
        Some(namespace) => namespace.clone(),
        None => own.clone(),
    };
    if let Some(reference) = &object.spec.chart_ref {
        let key = ObjectKey::new(or_own(reference.namespace.as_ref()), &reference.name);
        return Some(Target::new(reference.kind.to_string(), key));
    }
    let template = object.spec.chart.as_ref()?;
    let namespace = or_own(template.spec.source_ref.namespace.as_ref());
    Some(Target::new(
        "HelmChart",
        ObjectKey::new(namespace, chart_name(object)),
    ))
}

/// Checks the cross-namespace rule and the feature gate before anything is read (T1).
pub(super) fn check_access(own: &str, target: &Target, options: &Options) -> Result<(), Failure> {
    let (kind, key) = (&target.kind, &target.key);
    if options.no_cross_namespace_refs && own != key.namespace {
        let text = format!("cross-namespace references are not allowed: cannot access {kind} {key}");
        return Err(Failure::stalled(reasons::ACCESS_DENIED, text));
    }
    if kind == EXTERNAL_ARTIFACT && !options.features.is_on(EXTERNAL_ARTIFACT) {
        let text = format!("can't access '{kind}/{key}', {EXTERNAL_ARTIFACT} feature gate is disabled");
        return Err(Failure::stalled(reasons::ACCESS_DENIED, text));
    }
    Ok(())
}

/// What is looked at in a source.
struct Seen {
    artifact: Option<sluice_api::Artifact>,
    /// Generation and the one that was observed; none where the publisher reports none.
    generations: Option<(Option<i64>, Option<i64>)>,
    conditions: Vec<Condition>,
}

macro_rules! seen {
    ($store:expr, $key:expr) => {
        seen_in($store, $key).map(|object| {
            let status = object.status.clone().unwrap_or_default();
            Seen {
                artifact: status.artifact,
                generations: Some((object.metadata.generation, status.observed_generation)),
                conditions: status.conditions,
            }
        })
    };
}

fn seen_in<K: Source>(store: &Store<K>, key: &ObjectKey) -> Option<std::sync::Arc<K>> {
    store.get(key)
}

fn look(engine: &Engine, target: &Target) -> Result<Option<Seen>, Failure> {
    let (stores, key) = (&engine.stores, &target.key);
    Ok(match target.kind.as_str() {
        "HelmChart" => seen!(&stores.helm_charts, key),
        "OCIRepository" => seen!(&stores.oci_repositories, key),
        "ExternalArtifact" => stores.external_artifacts.get(key).map(|object| {
            let status = object.status.clone().unwrap_or_default();
            Seen {
                artifact: status.artifact,
                generations: None,
                conditions: Vec::new(),
            }
        }),
        kind => {
            let text = format!("spec.chartRef.kind '{kind}' is not served by this version of Sluice");
            return Err(Failure::stalled(reasons::ARTIFACT_FAILED, text));
        }
    })
}

/// The current artifact of a source that is ready: of its latest generation, not stalled. A source whose last fetch
/// failed is used with what it has.
pub(super) fn artifact(engine: &Engine, target: &Target) -> Result<Artifact, Failure> {
    let Target { kind, key } = target;
    let Some(seen) = look(engine, target)? else {
        let text = format!("could not get Source object: {kind} '{key}' not found");
        return Err(Failure::waiting(reasons::ARTIFACT_FAILED, text));
    };
    let not_ready =
        |why: &str| Failure::waiting("SourceNotReady", format!("{kind} '{key}' is not ready: {why}"));
    if let Some((generation, observed)) = seen.generations
        && generation != observed
    {
        let ready = condition::find(&seen.conditions, types::READY);
        let failed = ready.filter(|ready| ready.status == condition::ConditionStatus::False);
        let why = failed.map_or("latest generation of object has not been reconciled", |it| {
            it.message.as_str()
        });
        return Err(not_ready(why));
    }
    let stalled = condition::find(&seen.conditions, types::STALLED);
    if let Some(stalled) = stalled.filter(|it| it.status == condition::ConditionStatus::True) {
        return Err(not_ready(&stalled.message));
    }
    let artifact = seen
        .artifact
        .ok_or_else(|| not_ready("does not have an artifact"))?;
    Artifact::try_from(&artifact).map_err(|error| not_ready(&error.to_string()))
}

/// Whether the revision of a source names the digest of its content, so that the chart's version is to carry it.
pub(super) fn tracks_digest(target: &Target, artifact: &Artifact) -> bool {
    match target.kind.as_str() {
        kind if kind == ChartKind::OciRepository.as_str() => true,
        kind if kind == ChartKind::ExternalArtifact.as_str() => artifact.revision.contains(':'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(spec: serde_json::Value) -> HelmRelease {
        serde_json::from_value(
            json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "web", "namespace": "apps"}, "spec": spec}),
        )
        .expect("a HelmRelease")
    }

    #[test]
    fn a_chart_template_stands_for_a_chart_beside_its_repository() {
        let template = json!({"interval": "1m", "chart": {"spec": {"chart": "web",
            "sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "sources"}}}});
        let found = target(&object(template)).expect("a target");
        assert_eq!(
            found,
            Target::new("HelmChart", ObjectKey::new("sources", "apps-web"))
        );
        let reference = json!({"interval": "1m", "chartRef": {"kind": "OCIRepository", "name": "web"}});
        let found = target(&object(reference)).expect("a target");
        assert_eq!(found, Target::new("OCIRepository", ObjectKey::new("apps", "web")));
    }
}

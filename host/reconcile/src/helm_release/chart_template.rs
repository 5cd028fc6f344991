//! `spec.chart`: the HelmChart that is made for a release, kept as the template has it, and deleted when it is of no use.

use serde_json::{Value, json};
use sluice_api::HelmRelease;
use sluice_api::helm_chart_template::HelmChartTemplate;
use sluice_apply::{ApplyOptions, Intent, IntentError, Owner, apply};
use sluice_cluster::DeleteOptions;
use sluice_health::verdict;
use sluice_model::condition::reasons;
use sluice_model::{Inventory, Object, ObjectId, Severity};

use super::failure::Failure;
use super::{GROUP, MANAGER, Shared, source};
use crate::key::ObjectKey;

const VERSION: &str = "v1";
const SOURCES: &str = "source.toolkit.fluxcd.io";

/// Status names the chart: nothing else is recorded.
struct Named;

#[async_trait::async_trait]
impl Intent for Named {
    async fn record(&self, _: &Inventory) -> Result<(), IntentError> {
        Ok(())
    }
}

/// The chart that the spec's template stands for; none where the spec refers to one.
fn wanted(object: &HelmRelease) -> Option<(ObjectKey, &HelmChartTemplate)> {
    let template = object
        .spec
        .chart
        .as_ref()
        .filter(|_| object.spec.chart_ref.is_none())?;
    Some((source::target(object)?.key, template))
}

fn chart(key: &ObjectKey, object: &HelmRelease, template: &HelmChartTemplate) -> Option<Object> {
    let spec = &template.spec;
    let mut chart_spec = json!({
        "chart": spec.chart,
        "version": spec.version,
        "sourceRef": {"kind": spec.source_ref.kind, "name": spec.source_ref.name},
        "interval": spec.interval.as_ref().unwrap_or(&object.spec.interval),
        "reconcileStrategy": spec.reconcile_strategy,
    });
    if !spec.values_files.is_empty() {
        chart_spec["valuesFiles"] = json!(spec.values_files);
    }
    if spec.ignore_missing_values_files == Some(true) {
        chart_spec["ignoreMissingValuesFiles"] = json!(true);
    }
    if let Some(verify) = &spec.verify {
        chart_spec["verify"] = json!(verify);
    }
    let mut chart = json!({
        "apiVersion": format!("{SOURCES}/{VERSION}"),
        "kind": "HelmChart",
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": chart_spec,
    });
    if let Some(metadata) = &template.metadata {
        for (field, map) in [
            ("labels", &metadata.labels),
            ("annotations", &metadata.annotations),
        ] {
            if !map.is_empty() {
                chart["metadata"][field] = json!(map);
            }
        }
    }
    Object::from_value(chart)
}

impl Shared {
    /// Brings the HelmChart of the object up to date; `known` is the one in status, and the new one is given.
    pub(super) async fn keep_chart(
        &self,
        object: &HelmRelease,
        known: Option<&str>,
    ) -> Result<Option<String>, Failure> {
        let wanted = wanted(object);
        let name = wanted.as_ref().map(|(key, _)| key.to_string());
        if let Some(known) = known.filter(|known| name.as_deref() != Some(*known)) {
            self.delete_chart(object, known).await?;
        }
        let Some((key, template)) = wanted else {
            return Ok(None);
        };
        let own = ObjectKey::of(object);
        if self.engine.options.no_cross_namespace_refs && own.namespace != key.namespace {
            let text = format!("cross-namespace references are not allowed: cannot access HelmChart {key}");
            return Err(Failure::stalled(reasons::ACCESS_DENIED, text));
        }
        let owner = Owner {
            group_prefix: GROUP.into(),
            name: own.name,
            namespace: own.namespace,
        };
        let options = ApplyOptions::new(MANAGER, owner, verdict);
        let objects = chart(&key, object, template).into_iter().collect();
        let applied = apply(&self.engine.cluster, objects, &options, &Named)
            .await
            .map_err(|error| {
                let text = format!("failed to run server-side apply: {}", error.message());
                self.tell(object, Severity::Trace, ("HelmChartSyncErr", &text), None);
                Failure::retry(reasons::FAILED, text).quiet()
            })?;
        for change in applied
            .changes
            .changes
            .iter()
            .filter(|change| change.action.is_change())
        {
            let reference = &template.spec.source_ref;
            let text = format!(
                "{} {} with SourceRef '{}/{}/{}'",
                capitalised(change.action.as_str()),
                change.id.subject(),
                reference.kind,
                key.namespace,
                reference.name
            );
            let reason = format!("HelmChart{}", capitalised(change.action.as_str()));
            self.tell(object, Severity::Trace, (&reason, &text), None);
        }
        Ok(name)
    }

    /// Deletes the HelmChart that was made for the object.
    pub(super) async fn delete_chart(&self, object: &HelmRelease, known: &str) -> Result<(), Failure> {
        let Some((namespace, name)) = known.split_once('/') else {
            return Ok(());
        };
        let id = ObjectId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            group: SOURCES.into(),
            kind: "HelmChart".into(),
        };
        let failed = |error| {
            Failure::retry(
                reasons::FAILED,
                format!("failed to delete HelmChart '{known}': {error}"),
            )
        };
        let live = match self.engine.cluster.get_metadata(&id, VERSION).await {
            Ok(live) => live,
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        let options = DeleteOptions {
            uid: live
                .metadata()
                .and_then(|it| it.get("uid").and_then(Value::as_str).map(ToOwned::to_owned)),
            ..DeleteOptions::default()
        };
        match self.engine.cluster.delete(&id, VERSION, &options).await {
            Ok(()) => {
                let text = format!("deleted HelmChart '{known}'");
                self.tell(object, Severity::Trace, ("HelmChartDeleted", &text), None);
                Ok(())
            }
            Err(error) if error.is_absent() => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_says_what_the_template_says() {
        let object: HelmRelease = serde_json::from_value(json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": "web", "namespace": "apps"},
            "spec": {"interval": "1m", "chart": {"metadata": {"labels": {"team": "a"}}, "spec": {"chart": "web",
                "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}}}}))
        .expect("a HelmRelease");
        let (key, template) = wanted(&object).expect("a chart");
        let chart = chart(&key, &object, template).expect("a map").into_value();
        assert_eq!(
            chart["metadata"],
            json!({"name": "apps-web", "namespace": "apps", "labels": {"team": "a"}})
        );
        assert_eq!(
            chart["spec"],
            json!({"chart": "web", "version": "1.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"},
                "interval": "1m", "reconcileStrategy": "ChartVersion"})
        );
    }
}

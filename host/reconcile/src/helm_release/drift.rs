//! Objects that differ from their release: found by dry-run, told, and put right where the spec asks for it.

use std::collections::HashMap;

use serde_json::{Map, Value};
use sluice_api::HelmReleaseSpec;
use sluice_apply::{Action, IgnoreError, IgnoreRule, IgnoreRules, IgnoreTarget, Preview, preview};
use sluice_cluster::Fingerprint;
use sluice_model::{Object, ObjectId};
use sluice_release::{Release, Resources as _, read_manifest};

use super::MANAGER;
use super::resources::ReleaseResources;

/// Set to `disabled` on an object, wanted or live, to leave it out.
const DRIFT_DETECTION: &str = "helm.toolkit.fluxcd.io/driftDetection";

/// What differs.
#[derive(Debug, Default)]
pub(super) struct Drift {
    /// A line for each object.
    pub(super) lines: Vec<String>,
    /// The objects as they should be.
    pub(super) objects: Vec<Object>,
    /// Those of them that do not exist.
    missing: Vec<ObjectId>,
    /// How the objects of the release stood when they were looked at.
    pub(super) seen: HashMap<ObjectId, Fingerprint>,
}

impl Drift {
    /// Whether an object does not exist.
    pub(super) fn is_missing(&self, object: &Object) -> bool {
        self.missing.contains(&object.id())
    }
}

/// Fields that are left alone (`spec.driftDetection.ignore`).
pub(super) fn rules(spec: &HelmReleaseSpec) -> Result<IgnoreRules, IgnoreError> {
    let rules = spec.drift_detection.iter().flat_map(|it| &it.ignore);
    let text = |field: Option<&String>| field.cloned().unwrap_or_default();
    let rule = |rule: &sluice_api::patch::IgnoreRule| IgnoreRule {
        paths: rule.paths.clone(),
        target: rule.target.as_ref().map(|target| IgnoreTarget {
            group: text(target.group.as_ref()),
            version: text(target.version.as_ref()),
            kind: text(target.kind.as_ref()),
            name: text(target.name.as_ref()),
            namespace: text(target.namespace.as_ref()),
            label_selector: text(target.label_selector.as_ref()),
            annotation_selector: text(target.annotation_selector.as_ref()),
        }),
    };
    IgnoreRules::compile(&rules.map(rule).collect::<Vec<_>>())
}

/// Compares the cluster with the objects of a release; `resources` knows which fields are left alone.
///
/// # Errors
/// Objects that could not be looked at, when none of the others differs.
pub(super) async fn find(resources: &ReleaseResources, release: &Release) -> Result<Drift, String> {
    let objects = read_manifest(&release.manifest).map_err(|error| error.to_string())?;
    let options = resources.options();
    let marked = resources.marked(&objects);
    let previews = preview(&resources.waits.place.cluster, marked.clone(), &options, &|_| {}).await;
    let mut drift = Drift::default();
    for found in previews.objects {
        if let Some(live) = &found.live {
            let print = Fingerprint::of(live, MANAGER);
            drift.seen.insert(found.id.clone(), print);
        }
        let Some(line) = line(&found) else { continue };
        let same = |object: &&Object| {
            let (id, namespace) = (object.id(), object.namespace());
            let is_here = namespace == found.id.namespace || namespace.is_empty();
            is_here && (&id.name, &id.group, &id.kind) == (&found.id.name, &found.id.group, &found.id.kind)
        };
        let Some(object) = marked.iter().find(same) else {
            continue;
        };
        if is_excluded(object) || found.live.as_ref().is_some_and(is_excluded) {
            continue;
        }
        drift.lines.push(line);
        if found.action == Action::Created {
            drift.missing.push(object.id());
        }
        drift.objects.push(object.clone());
    }
    if drift.objects.is_empty() && !previews.errors.is_empty() {
        let errors: Vec<String> = previews.errors.iter().map(ToString::to_string).collect();
        return Err(errors.join("\n"));
    }
    Ok(drift)
}

/// Applies what differs again; no revision is made.
pub(super) async fn correct(resources: &ReleaseResources, drift: &Drift) -> Result<(), String> {
    let (_, applied) = resources.apply(&drift.objects).await;
    applied.map_err(|error| error.0)
}

fn is_excluded(object: &Object) -> bool {
    let disabled = |value: Option<&str>| value.is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    disabled(object.label(DRIFT_DETECTION)) || disabled(object.annotation(DRIFT_DETECTION))
}

/// How an object differs, as Flux writes it; none when it does not.
fn line(preview: &Preview) -> Option<String> {
    let subject = preview.id.subject();
    match (preview.action, &preview.live, &preview.merged) {
        (Action::Created, ..) => Some(format!("{subject} removed")),
        (Action::Configured, Some(live), Some(merged)) => {
            let mut count = Count::default();
            count.objects(&live.0, &merged.0, true);
            let Count {
                added,
                changed,
                removed,
            } = count;
            Some(format!(
                "{subject} changed ({added} additions, {changed} changes, {removed} removals)"
            ))
        }
        (Action::Configured, ..) => Some(format!("{subject} changed (0 additions, 1 changes, 0 removals)")),
        _ => None,
    }
}

/// Operations of the JSON patch from one object to another.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    added: usize,
    changed: usize,
    removed: usize,
}

impl Count {
    /// At the top only what is compared counts: of metadata labels and annotations, and no status.
    fn objects(&mut self, from: &Map<String, Value>, to: &Map<String, Value>, top: bool) {
        for (key, value) in to {
            match from.get(key) {
                _ if top && key == "status" => {}
                Some(before) if top && key == "metadata" => {
                    for field in ["labels", "annotations"] {
                        self.values(&before[field], &value[field]);
                    }
                }
                Some(before) => self.values(before, value),
                None => self.added += 1,
            }
        }
        let gone = from
            .keys()
            .filter(|key| !to.contains_key(*key) && (!top || *key != "status"));
        self.removed += gone.count();
    }

    fn values(&mut self, from: &Value, to: &Value) {
        match (from, to) {
            (Value::Object(from), Value::Object(to)) => self.objects(from, to, false),
            (Value::Array(from), Value::Array(to)) => {
                for (from, to) in from.iter().zip(to) {
                    self.values(from, to);
                }
                self.added += to.len().saturating_sub(from.len());
                self.removed += from.len().saturating_sub(to.len());
            }
            (Value::Null, Value::Null) => {}
            (Value::Null, _) => self.added += 1,
            (_, Value::Null) => self.removed += 1,
            (from, to) => self.changed += usize::from(from != to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn operations_are_counted_as_a_patch_has_them() {
        let object = |value: Value| Object::from_value(value).expect("a map");
        let live = object(
            json!({"kind": "A", "metadata": {"resourceVersion": "1", "labels": {"a": "1", "x": "y"}},
            "data": {"a": "1", "gone": "1"}, "list": [1, 2], "status": {"x": 1}}),
        );
        let merged = object(
            json!({"kind": "A", "metadata": {"resourceVersion": "2", "labels": {"a": "2", "x": "y"}},
            "data": {"a": "1", "b": "2"}, "list": [1], "new": {}}),
        );
        let mut count = Count::default();
        count.objects(&live.0, &merged.0, true);
        assert_eq!(
            count,
            Count {
                added: 2,
                changed: 1,
                removed: 2
            }
        );
    }

    #[test]
    fn an_object_may_leave_itself_out() {
        let object = |value: Value| Object::from_value(value).expect("a map");
        assert!(is_excluded(&object(
            json!({"metadata": {"annotations": {DRIFT_DETECTION: "Disabled"}}})
        )));
        assert!(is_excluded(&object(
            json!({"metadata": {"labels": {DRIFT_DETECTION: "disabled"}}})
        )));
        assert!(!is_excluded(&object(json!({"metadata": {}}))));
    }
}

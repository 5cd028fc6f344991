//! SortOrderTransformer: the order of the output.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::kustomization::SortOptions;
use crate::resid::IdRef;
use crate::resmap::ResMap;

/// Kinds that come first in the legacy order.
pub(crate) static ORDER_FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that come last in the legacy order.
pub(crate) static ORDER_LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts as `sortOptions` says.
pub(crate) fn sort(objects: &mut ResMap, options: &SortOptions) -> Result<()> {
    let wrong = |reason: String| Error::Transform {
        transformer: "SortOrderTransformer",
        reason,
    };
    match (options.order.as_str(), &options.legacy_sort_options) {
        ("fifo", None) => Ok(()),
        ("fifo", Some(_)) => Err(wrong(
            "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'".into(),
        )),
        ("legacy", Some(legacy)) => {
            let texts = |list: &[String]| list.iter().map(String::clone).collect::<Vec<_>>();
            let (first, last) = (texts(&legacy.order_first), texts(&legacy.order_last));
            sort_legacy(objects, &refs(&first), &refs(&last))
        }
        ("legacy", None) => sort_legacy(objects, ORDER_FIRST, ORDER_LAST),
        _ => Err(wrong("the field 'sortOptions.order' must be one of [fifo, legacy]".into())),
    }
}

fn refs(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// Sorts by kind's rank, then by gvk, then by id.
pub(crate) fn sort_legacy(objects: &mut ResMap, first: &[&str], last: &[&str]) -> Result<()> {
    let ranks = ranks(first, last);
    let mut keyed: Vec<_> = objects
        .take()
        .into_iter()
        .map(|resource| (key(&resource.id(), &ranks), resource))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    objects
        .append_all(keyed.into_iter().map(|(_, resource)| resource).collect())
        .map_err(|error| error.within("SortOrderTransformer: Failed to append to resources"))
}

fn ranks<'k>(first: &[&'k str], last: &[&'k str]) -> HashMap<&'k str, i64> {
    let number = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
    let mut ranks = HashMap::new();
    for (at, kind) in first.iter().enumerate() {
        ranks.insert(*kind, number(at) - number(first.len()));
    }
    for (at, kind) in last.iter().enumerate() {
        ranks.insert(*kind, number(at) + 1);
    }
    ranks
}

/// What is compared, in this order. Core Namespaces sort before those of other groups.
type Key = (i64, bool, String, String);

fn key(id: &IdRef<'_>, ranks: &HashMap<&str, i64>) -> Key {
    let or = |text: &str, none: &str| {
        if text.is_empty() {
            none.to_owned()
        } else {
            text.to_owned()
        }
    };
    let gvk = format!(
        "{}_{}_{}",
        or(id.group, "~G"),
        or(id.version, "~V"),
        or(id.kind, "~K")
    );
    let core_namespace = id.kind == "Namespace" && id.group.is_empty();
    let dotted = format!(
        "{}.{}.{}",
        or(id.kind, "[noKind]"),
        or(id.version, "[noVer]"),
        or(id.group, "[noGrp]")
    );
    let within = format!("{dotted}|{}|{}", or(id.namespace, "~X"), or(id.name, "~N"));
    (
        ranks.get(id.kind).copied().unwrap_or(0),
        !core_namespace && id.kind == "Namespace",
        gvk,
        within,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource;

    fn sorted(ids: &[(&str, &str, &str)], options: &SortOptions) -> Result<Vec<String>> {
        let resource = |(api_version, kind, name): &(&str, &str, &str)| {
            let text = format!("{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: {name}}}}}");
            let limits = sluice_yaml::Limits::default();
            Resource::new(
                sluice_yaml::parse_document(text.as_bytes(), &limits)
                    .expect("YAML")
                    .expect("a document"),
            )
        };
        let mut map = ResMap::from_resources(ids.iter().map(resource).collect())?;
        sort(&mut map, options)?;
        Ok(map
            .resources()
            .iter()
            .map(|resource| resource.id().name.to_owned())
            .collect())
    }

    #[test]
    fn legacy_order_e66() {
        let options = SortOptions {
            order: "legacy".into(),
            ..SortOptions::default()
        };
        let ids = [
            (
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "f",
            ),
            ("apps/v1", "Deployment", "d"),
            ("x/v1", "Custom", "e"),
            ("v1", "ConfigMap", "c"),
            ("v1", "ConfigMap", "b"),
            ("v1", "Namespace", "a"),
        ];
        assert_eq!(
            sorted(&ids, &options).expect("sorts"),
            ["a", "b", "c", "d", "e", "f"]
        );
    }

    #[test]
    fn options_are_checked() {
        assert!(
            sorted(
                &[],
                &SortOptions {
                    order: "nope".into(),
                    ..SortOptions::default()
                }
            )
            .is_err()
        );
    }
}

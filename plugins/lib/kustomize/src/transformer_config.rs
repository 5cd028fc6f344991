//! The tables that tell transformers which fields to change: kustomize's defaults and a user's `configurations`.

use std::rc::Rc;

use serde_json::Value;

mod crds;
mod defaults;

pub(crate) use crds::from_crds;

use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpecs, Reason, merge_all};
use crate::kustomization::decode::{Decode, Place, record};
use crate::resid::Gvk;

record!(
    /// The form of a back reference in files.
    RawBackReference {
        /// Group of what is referred to.
        group: String = "group",
        /// Version.
        version: String = "version",
        /// Kind.
        kind: String = "kind",
        /// Fields that hold its name.
        field_specs: FieldSpecs = "fieldSpecs",
    }
    embeds ["group", "version", "kind"]
);

record!(
    /// The form of a configuration in files.
    RawConfig {
        /// Fields to prefix.
        name_prefix: FieldSpecs = "namePrefix",
        /// Fields to suffix.
        name_suffix: FieldSpecs = "nameSuffix",
        /// Fields that hold a namespace.
        namespace: FieldSpecs = "namespace",
        /// Fields of commonLabels.
        common_labels: FieldSpecs = "commonLabels",
        /// Fields of all labels.
        labels: FieldSpecs = "labels",
        /// Fields of labels with includeTemplates.
        template_labels: FieldSpecs = "templateLabels",
        /// Fields of commonAnnotations.
        common_annotations: FieldSpecs = "commonAnnotations",
        /// Fields that hold names of other objects.
        name_reference: Vec<RawBackReference> = "nameReference",
        /// Fields in which vars are replaced.
        var_reference: FieldSpecs = "varReference",
        /// Fields that hold images.
        images: FieldSpecs = "images",
        /// Fields that hold replica counts.
        replicas: FieldSpecs = "replicas",
    }
);

/// The fields by which others refer to objects of a kind by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BackReference {
    pub target: Gvk,
    pub referrers: FieldSpecs,
}

/// All tables of a build, or of a part of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TransformerConfig {
    pub name_prefix: FieldSpecs,
    pub name_suffix: FieldSpecs,
    pub namespace: FieldSpecs,
    pub common_labels: FieldSpecs,
    pub labels: FieldSpecs,
    pub template_labels: FieldSpecs,
    pub common_annotations: FieldSpecs,
    pub name_reference: Vec<BackReference>,
    pub var_reference: FieldSpecs,
    pub images: FieldSpecs,
    pub replicas: FieldSpecs,
}

impl TransformerConfig {
    /// kustomize's own tables.
    pub fn defaults() -> Rc<Self> {
        let mut config = defaults::tables();
        config.sort();
        Rc::new(config)
    }

    /// Reads a file of `configurations`; unknown fields are errors.
    pub fn parse(bytes: &[u8], file: &str, limits: &sluice_yaml::Limits) -> Result<Self> {
        let wrong = |field: String, reason: String| Error::Config {
            what: "configuration",
            file: file.into(),
            field,
            reason,
        };
        let value: Value = sluice_yaml::read_value(bytes, true, limits)
            .map_err(|error| wrong(String::new(), error.to_string()))?;
        let raw = RawConfig::decode(&value, &Place::root("TransformerConfig", true).lenient())
            .map_err(|error| wrong(error.field, error.reason))?;
        Ok(raw.into())
    }

    /// This one's tables with those of another one added.
    pub fn merge(&mut self, other: &Self) -> Result<(), Reason> {
        let named = |name: &str, result: Result<(), Reason>| {
            result.map_err(|reason| format!("failed to merge {name} fieldSpec: {reason}"))
        };
        named("NamePrefix", merge_all(&mut self.name_prefix, &other.name_prefix))?;
        named("NameSuffix", merge_all(&mut self.name_suffix, &other.name_suffix))?;
        named("NameSpace", merge_all(&mut self.namespace, &other.namespace))?;
        named(
            "CommonAnnotations",
            merge_all(&mut self.common_annotations, &other.common_annotations),
        )?;
        named(
            "CommonLabels",
            merge_all(&mut self.common_labels, &other.common_labels),
        )?;
        named("Labels", merge_all(&mut self.labels, &other.labels))?;
        named(
            "TemplateLabels",
            merge_all(&mut self.template_labels, &other.template_labels),
        )?;
        named(
            "VarReference",
            merge_all(&mut self.var_reference, &other.var_reference),
        )?;
        named(
            "NameReference",
            merge_references(&mut self.name_reference, &other.name_reference),
        )?;
        named("Images", merge_all(&mut self.images, &other.images))?;
        named("Replicas", merge_all(&mut self.replicas, &other.replicas))?;
        self.sort();
        Ok(())
    }

    /// Several kinds may claim one field: the order of kinds decides. Within a table of fields order has no effect.
    fn sort(&mut self) {
        self.name_reference
            .sort_by_cached_key(|reference| order_key(&reference.target));
    }
}

/// Lays one shared table over another; the same table twice costs nothing.
pub(crate) fn merge_shared(
    base: &mut Rc<TransformerConfig>,
    other: &Rc<TransformerConfig>,
) -> Result<(), Reason> {
    if Rc::ptr_eq(base, other) || base == other {
        return Ok(());
    }
    if **base == TransformerConfig::default() {
        *base = Rc::clone(other);
        return Ok(());
    }
    Rc::make_mut(base).merge(other)
}

pub(crate) fn merge_references(list: &mut Vec<BackReference>, more: &[BackReference]) -> Result<(), Reason> {
    for reference in more {
        match list.iter_mut().find(|known| known.target == reference.target) {
            Some(known) => merge_all(&mut known.referrers, &reference.referrers)?,
            None => list.push(reference.clone()),
        }
    }
    Ok(())
}

impl From<RawConfig> for TransformerConfig {
    fn from(raw: RawConfig) -> Self {
        let back = |raw: RawBackReference| BackReference {
            target: Gvk::owned(raw.group, raw.version, raw.kind),
            referrers: raw.field_specs,
        };
        Self {
            name_prefix: raw.name_prefix,
            name_suffix: raw.name_suffix,
            namespace: raw.namespace,
            common_labels: raw.common_labels,
            labels: raw.labels,
            template_labels: raw.template_labels,
            common_annotations: raw.common_annotations,
            name_reference: raw.name_reference.into_iter().map(back).collect(),
            var_reference: raw.var_reference,
            images: raw.images,
            replicas: raw.replicas,
        }
    }
}

/// kustomize's order of kinds: the well-known ones first, webhooks last, ties by group, version and kind.
fn order_key(gvk: &Gvk) -> (i32, String) {
    use crate::transformers::sort_order::{ORDER_FIRST, ORDER_LAST};
    let position = |list: &[&str]| {
        list.iter()
            .position(|kind| *kind == gvk.kind)
            .and_then(|at| i32::try_from(at).ok())
    };
    let count = i32::try_from(ORDER_FIRST.len()).unwrap_or(i32::MAX);
    let rank = match (position(ORDER_FIRST), position(ORDER_LAST)) {
        (Some(at), _) => at - count,
        (_, Some(at)) => at + 1,
        _ => 0,
    };
    let or = |text: &str, none: &str| {
        if text.is_empty() {
            none.to_owned()
        } else {
            text.to_owned()
        }
    };
    (
        rank,
        format!(
            "{}_{}_{}",
            or(&gvk.group, "~G"),
            or(&gvk.version, "~V"),
            or(&gvk.kind, "~K")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_merge_into_nothing_unchanged() {
        let defaults = TransformerConfig::defaults();
        let mut empty = TransformerConfig::default();
        empty.merge(&defaults).expect("no conflict");
        assert_eq!(empty.common_labels.len(), defaults.common_labels.len());
        assert_eq!(empty.name_reference.len(), defaults.name_reference.len());
    }

    #[test]
    fn user_tables_are_added_e84() {
        let text = "images:\n- path: spec/image\n  kind: MyKind\nnameReference:\n- kind: Secret\n  version: v1\n  fieldSpecs:\n  - path: spec/x\n    kind: MyKind\n";
        let user = TransformerConfig::parse(text.as_bytes(), "c.yaml", &sluice_yaml::Limits::default())
            .expect("valid");
        let mut merged = TransformerConfig::clone(&TransformerConfig::defaults());
        let before = merged.images.len();
        merged.merge(&user).expect("no conflict");
        assert_eq!(merged.images.len(), before + 1);
        assert!(TransformerConfig::parse(b"nope: []", "c.yaml", &sluice_yaml::Limits::default()).is_err());
    }
}

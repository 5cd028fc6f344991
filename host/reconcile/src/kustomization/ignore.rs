//! `spec.ignore` as rules of the apply stage.

use sluice_api::KustomizationSpec;
use sluice_apply::{IgnoreError, IgnoreRule, IgnoreRules, IgnoreTarget};

/// Fields that are no drift and are not written over.
///
/// # Errors
/// An expression, selector or pointer that cannot be read.
pub fn rules(spec: &KustomizationSpec) -> Result<IgnoreRules, IgnoreError> {
    let rules: Vec<IgnoreRule> = spec.ignore.iter().map(rule).collect();
    IgnoreRules::compile(&rules)
}

fn rule(rule: &sluice_api::patch::IgnoreRule) -> IgnoreRule {
    let target = rule.target.as_ref().map(|target| IgnoreTarget {
        group: text(target.group.as_ref()),
        version: text(target.version.as_ref()),
        kind: text(target.kind.as_ref()),
        name: text(target.name.as_ref()),
        namespace: text(target.namespace.as_ref()),
        label_selector: text(target.label_selector.as_ref()),
        annotation_selector: text(target.annotation_selector.as_ref()),
    });
    IgnoreRule {
        paths: rule.paths.clone(),
        target,
    }
}

fn text(field: Option<&String>) -> String {
    field.cloned().unwrap_or_default()
}

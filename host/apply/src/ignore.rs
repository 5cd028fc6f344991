//! Fields that the owner does not care about (`spec.ignore`): no drift, and not written over when something else is.
//!
//! A rule names JSON pointers (RFC 6901) and the objects they count for. Matching fields are left out of the
//! comparison. When the object is written all the same, each such field that differs is left out of the payload if
//! another manager applies it, else it is sent as it stands, so that it is neither reverted nor lost.

mod pointer;
mod selector;

use regex::Regex;
use serde_json::Value;
use sluice_model::Object;

use pointer::Pointer;
use selector::LabelSelector;

/// Fields to ignore, as a user writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreRule {
    /// JSON pointers.
    pub paths: Vec<String>,
    /// Whose fields; none for every object.
    pub target: Option<IgnoreTarget>,
}

/// Selects objects. Empty fields match everything; the first five are regular expressions for the whole text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreTarget {
    /// API group.
    pub group: String,
    /// API version without the group.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// A selector over labels.
    pub label_selector: String,
    /// A selector over annotations, in the syntax of label selectors.
    pub annotation_selector: String,
}

/// A rule cannot be used; only a change of spec helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to read ignore rule: {field} {text:?}: {reason}")]
pub struct IgnoreError {
    /// For example `target.name`.
    pub field: &'static str,
    /// What stands there.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Rules that are ready for use.
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    rules: Vec<(Target, Vec<Pointer>)>,
}

#[derive(Debug, Clone, Default)]
struct Target {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    labels: Option<LabelSelector>,
    annotations: Option<LabelSelector>,
}

impl IgnoreRules {
    /// Reads the rules.
    ///
    /// # Errors
    /// An expression, selector or pointer that cannot be read.
    pub fn compile(rules: &[IgnoreRule]) -> Result<Self, IgnoreError> {
        let compiled = rules.iter().map(|rule| {
            let target = rule
                .target
                .as_ref()
                .map_or_else(|| Ok(Target::default()), Target::compile)?;
            let paths = rule
                .paths
                .iter()
                .map(|path| Pointer::parse(path))
                .collect::<Result<_, _>>()?;
            Ok((target, paths))
        });
        Ok(Self {
            rules: compiled.collect::<Result<_, _>>()?,
        })
    }

    fn pointers<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = &'a Pointer> {
        let matching = self.rules.iter().filter(|(target, _)| target.matches(object));
        matching.flat_map(|(_, pointers)| pointers)
    }

    /// Copies of both without the fields that are ignored in `merged`; none when there are none.
    pub(crate) fn without(&self, live: &Object, merged: &Object) -> Option<(Object, Object)> {
        let pointers: Vec<&Pointer> = self.pointers(merged).collect();
        if pointers.is_empty() {
            return None;
        }
        let strip = |object: &Object| {
            let mut value = object.clone().into_value();
            for pointer in &pointers {
                pointer.remove(&mut value);
            }
            Object::from_value(value).unwrap_or_else(|| object.clone())
        };
        Some((strip(live), strip(merged)))
    }

    /// What to send instead of `desired` so that ignored fields stay as they are.
    pub(crate) fn payload(&self, desired: Object, live: &Object, merged: &Object, manager: &str) -> Object {
        let pointers: Vec<&Pointer> = self.pointers(merged).collect();
        if pointers.is_empty() {
            return desired;
        }
        let (live_value, merged_value) = (live.clone().into_value(), merged.clone().into_value());
        let mut payload = desired.clone().into_value();
        for pointer in pointers {
            let stands = pointer.find(&live_value);
            if stands == pointer.find(&merged_value) {
                continue;
            }
            match stands {
                Some(value) if !applied_by_another(live, &live_value, pointer, manager) => {
                    pointer.replace(&mut payload, value);
                }
                _ => pointer.remove(&mut payload),
            }
        }
        Object::from_value(payload).unwrap_or(desired)
    }
}

fn applied_by_another(live: &Object, value: &Value, pointer: &Pointer, manager: &str) -> bool {
    let entries = live
        .metadata()
        .and_then(|metadata| metadata.get("managedFields"))
        .and_then(Value::as_array);
    entries.into_iter().flatten().any(|entry| {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
        let another =
            text("operation") == "Apply" && text("subresource").is_empty() && text("manager") != manager;
        another
            && entry
                .get("fieldsV1")
                .is_some_and(|fields| pointer.is_in(fields, value))
    })
}

impl Target {
    fn compile(target: &IgnoreTarget) -> Result<Self, IgnoreError> {
        Ok(Self {
            group: regex("target.group", &target.group)?,
            version: regex("target.version", &target.version)?,
            kind: regex("target.kind", &target.kind)?,
            name: regex("target.name", &target.name)?,
            namespace: regex("target.namespace", &target.namespace)?,
            labels: LabelSelector::parse("target.labelSelector", &target.label_selector)?,
            annotations: LabelSelector::parse("target.annotationSelector", &target.annotation_selector)?,
        })
    }

    fn matches(&self, object: &Object) -> bool {
        let is = |regex: &Option<Regex>, text: &str| regex.as_ref().is_none_or(|regex| regex.is_match(text));
        let selected = |selector: &Option<LabelSelector>, get: &dyn Fn(&str) -> Option<String>| {
            selector.as_ref().is_none_or(|selector| selector.matches(get))
        };
        is(&self.group, object.group())
            && is(&self.version, object.version())
            && is(&self.kind, object.kind())
            && is(&self.name, object.name())
            && is(&self.namespace, object.namespace())
            && selected(&self.labels, &|key| object.label(key).map(ToOwned::to_owned))
            && selected(&self.annotations, &|key| {
                object.annotation(key).map(ToOwned::to_owned)
            })
    }
}

fn regex(field: &'static str, text: &str) -> Result<Option<Regex>, IgnoreError> {
    if text.is_empty() {
        return Ok(None);
    }
    let fail = |error: regex::Error| IgnoreError {
        field,
        text: text.to_owned(),
        reason: error.to_string(),
    };
    Regex::new(&format!("^(?:{text})$")).map(Some).map_err(fail)
}

#[cfg(test)]
mod tests;

//! Selectors of patches and replacements: anchored regular expressions over the parts of an id, label selectors beside.

use regex::Regex;

use crate::error::{Error, Result};
use crate::kustomization::Selector;
use crate::label_selector::LabelSelector;
use crate::resid::IdRef;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// One part of a selector.
#[derive(Debug, Clone)]
enum Pattern {
    Any,
    Literal(String),
    Regex(Regex),
}

impl Pattern {
    fn new(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        {
            return Ok(Self::Literal(text.to_owned()));
        }
        Regex::new(&format!("^(?:{})$", literal_braces(text)))
            .map(Self::Regex)
            .map_err(|error| Error::Selector {
                selector: text.into(),
                reason: error.to_string(),
            })
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => literal == text,
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// Go takes a brace that begins no repetition for itself.
fn literal_braces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for (at, char) in text.char_indices() {
        let is_repetition = || {
            let inner = text[at + 1..].split_once('}').map(|(inner, _)| inner);
            inner.is_some_and(|inner| {
                inner.starts_with(|c: char| c.is_ascii_digit())
                    && inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b',')
                    && inner.bytes().filter(|byte| *byte == b',').count() < 2
            })
        };
        // `\\p{..}` and `\\x{..}` are classes and characters.
        let is_class =
            text[..at].ends_with("\\p") || text[..at].ends_with("\\P") || text[..at].ends_with("\\x");
        if char == '{' && !escaped && !is_class && !is_repetition() {
            out.push('\\');
        }
        escaped = char == '\\' && !escaped;
        out.push(char);
    }
    out
}

/// The part of a selector that looks at ids.
#[derive(Debug, Clone)]
pub(crate) struct IdPatterns {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    is_empty: bool,
}

impl IdPatterns {
    pub fn new(selector: &Selector) -> Result<Self> {
        let parts = [
            &selector.group,
            &selector.version,
            &selector.kind,
            &selector.name,
            &selector.namespace,
        ];
        Ok(Self {
            group: Pattern::new(&selector.group)?,
            version: Pattern::new(&selector.version)?,
            kind: Pattern::new(&selector.kind)?,
            name: Pattern::new(&selector.name)?,
            namespace: Pattern::new(&selector.namespace)?,
            is_empty: parts.iter().all(|part| part.is_empty()),
        })
    }

    /// True when the selector names no part of an id.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    fn matches_gvk(&self, id: &IdRef<'_>) -> bool {
        self.group.matches(id.group) && self.version.matches(id.version) && self.kind.matches(id.kind)
    }

    /// True when all parts match, the namespace as it is written.
    pub fn matches(&self, id: &IdRef<'_>) -> bool {
        self.matches_gvk(id) && self.name.matches(id.name) && self.namespace.matches(id.namespace)
    }

    /// True when the object's kind of today and any of its first and current name and namespace match.
    fn matches_resource(&self, resource: &Resource) -> bool {
        let (now, first) = (resource.id(), resource.original_id());
        let namespace = self.namespace.matches(first.effective_namespace())
            || self.namespace.matches(now.effective_namespace());
        namespace && (self.name.matches(first.name) || self.name.matches(now.name)) && self.matches_gvk(&now)
    }
}

/// A whole selector.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    ids: IdPatterns,
    labels: LabelSelector,
    annotations: LabelSelector,
}

impl Selection {
    pub fn new(selector: &Selector) -> Result<Self> {
        Ok(Self {
            ids: IdPatterns::new(selector)?,
            labels: LabelSelector::parse(&selector.label_selector)?,
            annotations: LabelSelector::parse(&selector.annotation_selector)?,
        })
    }

    fn matches(&self, resource: &Resource) -> bool {
        self.ids.matches_resource(resource) && self.matches_metadata(resource)
    }

    /// The label and annotation selectors alone.
    pub fn matches_metadata(&self, resource: &Resource) -> bool {
        self.labels.matches_field(resource, "labels")
            && self.annotations.matches_field(resource, "annotations")
    }

    /// Positions of the selected objects.
    pub fn select(&self, objects: &ResMap) -> Vec<usize> {
        let list = objects.resources();
        (0..list.len()).filter(|at| self.matches(&list[*at])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(kind: &str, name: &str) -> IdPatterns {
        let selector = Selector {
            kind: kind.into(),
            name: name.into(),
            ..Selector::default()
        };
        IdPatterns::new(&selector).expect("a selector")
    }

    #[test]
    fn parts_are_anchored_e72() {
        let id = IdRef::new("apps/v1", "Deployment", "my-app", "");
        assert!(patterns("Deploy.*", "").matches(&id));
        assert!(!patterns("Deploy", "").matches(&id));
        assert!(patterns("", "my-app|other").matches(&id));
        assert!(!patterns("", "app").matches(&id));
    }

    #[test]
    fn bad_expressions_are_errors() {
        let selector = Selector {
            name: "(".into(),
            ..Selector::default()
        };
        assert!(matches!(IdPatterns::new(&selector), Err(Error::Selector { .. })));
    }
}

//! PrefixTransformer and SuffixTransformer: `namePrefix` and `nameSuffix`.

use sluice_yaml::{Kind, Tag};

use super::Transformer;
use crate::error::Result;
use crate::fieldspec::{Create, FieldSpecs};
use crate::node::set_scalar;
use crate::resid::{Gvk, IdRef};
use crate::resmap::ResMap;
use crate::session::Session;

/// Which end of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affix {
    Prefix,
    Suffix,
}

/// Adds text to names.
pub(crate) struct NameAffixTransformer {
    pub affix: Affix,
    pub text: String,
    pub field_specs: FieldSpecs,
}

/// Kinds whose names are never changed.
static SKIPPED: [Gvk; 3] = [
    Gvk::fixed("", "", "CustomResourceDefinition"),
    Gvk::fixed("apiregistration.k8s.io", "", "APIService"),
    Gvk::fixed("", "", "Namespace"),
];

fn is_skipped(id: &IdRef<'_>) -> bool {
    SKIPPED.iter().any(|gvk| gvk.selects(id))
}

impl Transformer for NameAffixTransformer {
    fn kind(&self) -> &'static str {
        match self.affix {
            Affix::Prefix => "PrefixTransformer",
            Affix::Suffix => "SuffixTransformer",
        }
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        let create = Create {
            kind: Kind::Scalar,
            tag: || Tag::Str,
        };
        for resource in objects.resources_mut() {
            if is_skipped(&resource.original_id()) {
                continue;
            }
            for spec in &self.field_specs {
                if !spec.gvk.selects(&resource.original_id()) {
                    continue;
                }
                if spec.path == "metadata/name" && !self.text.is_empty() {
                    let history = match self.affix {
                        Affix::Prefix => &mut resource.prefixes,
                        Affix::Suffix => &mut resource.suffixes,
                    };
                    history.extend(self.text.split(',').map(str::to_owned));
                    resource.store_previous_id();
                }
                spec.apply(resource.node_mut(), Some(create), &mut |field| {
                    let text = match self.affix {
                        Affix::Prefix => format!("{}{}", self.text, field.value),
                        Affix::Suffix => format!("{}{}", field.value, self.text),
                    };
                    set_scalar(field, text, Tag::None).map_err(|error| error.to_string())
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_kinds_e76() {
        assert!(is_skipped(&IdRef::new("v1", "Namespace", "a", "")));
        assert!(is_skipped(&IdRef::new(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "a",
            ""
        )));
        assert!(!is_skipped(&IdRef::new("other/v1", "APIService", "a", "")));
    }
}

//! LabelTransformer: `labels` and `commonLabels`.

use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use crate::error::Result;
use crate::fieldspec::{Create, FieldSpec, FieldSpecs};
use crate::kustomization::args::StringMap;
use crate::node::set_field;
use crate::resmap::ResMap;
use crate::session::Session;

/// Sets labels in the fields of the specs.
pub(crate) struct LabelTransformer {
    pub labels: StringMap,
    pub field_specs: FieldSpecs,
}

impl Transformer for LabelTransformer {
    fn kind(&self) -> &'static str {
        "LabelTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        set_entries(objects, &self.labels, &self.field_specs)
    }
}

/// Sets all entries in the maps that the specs lead to; missing maps are made where a spec says so.
pub(super) fn set_entries(objects: &mut ResMap, entries: &StringMap, specs: &[FieldSpec]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let create = Create {
        kind: Kind::Mapping,
        tag: || Tag::Map,
    };
    for resource in objects.resources_mut() {
        let id = resource.id();
        let selected: Vec<&FieldSpec> = specs.iter().filter(|spec| spec.gvk.selects(&id)).collect();
        for spec in selected {
            let node = resource.node_mut();
            spec.apply_to_selected(node, Some(create), &mut |field| {
                entries.iter().try_for_each(|(key, text)| {
                    set_field(field, key, Node::string(text.as_str())).map_err(|error| error.to_string())
                })
            })?;
        }
    }
    Ok(())
}

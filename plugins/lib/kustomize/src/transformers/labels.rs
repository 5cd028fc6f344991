//! LabelTransformer: `labels` and `commonLabels`.

use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use crate::error::Result;
use crate::fieldspec::{Create, FieldSpec, FieldSpecs};
use crate::kustomization::args::StringMap;
use crate::node::{WrongKind, set_field};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::session::Session;
use crate::shared_text::{SharedTexts, mark};

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

/// Sets all entries in the maps that the specs lead to; missing maps are made where a spec says so. New entries of one
/// key share their text from then on.
pub(super) fn set_entries(objects: &mut ResMap, entries: &StringMap, specs: &[FieldSpec]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    for resource in objects.resources_mut() {
        let id = resource.id();
        let selected: Vec<&FieldSpec> = specs.iter().filter(|spec| spec.gvk.selects(&id)).collect();
        set_in_resource(resource, entries, &selected)?;
    }
    Ok(())
}

fn set_in_resource(resource: &mut Resource, entries: &StringMap, specs: &[&FieldSpec]) -> Result<()> {
    let create = Create {
        kind: Kind::Mapping,
        tag: || Tag::Map,
    };
    let mut shared = std::mem::take(&mut resource.shared);
    let mut numbers: Vec<Option<u32>> = vec![None; entries.len()];
    let mut result = Ok(());
    for spec in specs {
        result = spec.apply_to_selected(resource.node_mut(), Some(create), &mut |field| {
            for ((key, text), number) in entries.iter().zip(&mut numbers) {
                set_entry(field, key, text, number, &mut shared).map_err(|error| error.to_string())?;
            }
            Ok(())
        });
        if result.is_err() {
            break;
        }
    }
    resource.shared = shared;
    resource.settle_shared();
    result
}

fn set_entry(
    field: &mut Node,
    key: &str,
    text: &str,
    number: &mut Option<u32>,
    shared: &mut SharedTexts,
) -> Result<(), WrongKind> {
    let is_new = field.is_map() && field.get(key).is_none();
    set_field(field, key, Node::string(text))?;
    if let Some(added) = field.get_mut(key).filter(|_| is_new) {
        match number {
            Some(number) => mark(added, *number),
            None => *number = Some(shared.start(added)),
        }
    }
    Ok(())
}

//! Validators: transformers that may look at all objects and change none.

use sluice_yaml::Node;

use super::Target;
use crate::accumulator::Accumulator;
use crate::error::{Error, Result};
use crate::node::set_meta_map;
use crate::resmap::ResMap;
use crate::resource::Resource;

/// The one label that a validator may set.
const VALIDATED_BY: &str = "validated-by";

impl Target<'_> {
    pub(super) fn run_validators(&self, gathered: &mut Accumulator) -> Result<()> {
        for validator in self.plugin_transformers(&self.kustomization.validators)? {
            let before = gathered.objects.resources().to_vec();
            validator
                .transformer
                .transform(&mut gathered.objects, self.session())?;
            check_unchanged(&before, &gathered.objects).map_err(|reason| Error::Transform {
                transformer: "validators",
                reason: format!("validator shouldn't modify the resource map: {reason}"),
            })?;
        }
        Ok(())
    }
}

/// Compares by id, so that the order does not count.
fn check_unchanged(before: &[Resource], objects: &ResMap) -> Result<(), String> {
    let after = objects.resources();
    if before.len() != after.len() {
        return Err("lists have different number of entries".into());
    }
    for old in before {
        let id = old.id();
        let mut same = after.iter().filter(|new| id.equals(&new.id()));
        match (same.next(), same.next()) {
            (Some(new), None) if is_unchanged(old, new) => {}
            (Some(_), None) => return Err(format!("nodes unequal: {id}")),
            (None, _) => return Err(format!("id in self missing from other; id: {id}")),
            (Some(_), Some(_)) => return Err(format!("id in self matches several in other; id: {id}")),
        }
    }
    Ok(())
}

fn is_unchanged(old: &Resource, new: &Resource) -> bool {
    let mut labels = new.meta_map("labels");
    if labels.remove(VALIDATED_BY).is_none() {
        return old.has_notes_of(new) && is_same(old.node(), new.node());
    }
    let mut without = new.node().clone();
    // The label was read, so there is a map.
    let _ = set_meta_map(&mut without, "labels", &labels);
    old.has_notes_of(new) && is_same(old.node(), &without)
}

/// kustomize compares its nodes with all they hold. Here nodes that were read and nodes that were made differ.
fn is_same(old: &Node, new: &Node) -> bool {
    old.kind == new.kind
        && old.tag == new.tag
        && old.tagged == new.tagged
        && old.style == new.style
        && old.value == new.value
        && (old.line == 0) == (new.line == 0)
        && old.content.len() == new.content.len()
        && old
            .content
            .iter()
            .zip(&new.content)
            .all(|(old, new)| is_same(old, new))
}

//! Replacements that copy all annotations of an object: with them goes what kustomize keeps there while it builds.

use std::collections::HashMap;
use std::rc::Rc;

use crate::kustomization::{Replacement, TargetSelector};
use crate::node::split_path_smart;
use crate::origin::Origin;
use crate::resmap::ResMap;

/// True when all annotations of an object are read or written at once.
pub(super) fn are_copied(replacement: &Replacement, targets: &[TargetSelector]) -> bool {
    let source = replacement.source.iter().map(|source| &source.field_path);
    let written = targets.iter().flat_map(|target| &target.field_paths);
    source.chain(written).any(|path| {
        let parts = split_path_smart(path, '.');
        match parts.as_slice() {
            [metadata] => metadata == "metadata",
            [metadata, annotations] => metadata == "metadata" && annotations == "annotations",
            _ => false,
        }
    })
}

/// Writes into the annotations of all objects what kustomize holds in them.
pub(super) fn show(objects: &mut ResMap) {
    for resource in objects.resources_mut() {
        resource.show_build_annotations();
    }
}

/// Takes it out again: an object now has what its annotations say.
pub(super) fn restore(objects: &mut ResMap) {
    let origins: HashMap<String, Rc<Origin>> = objects
        .resources()
        .iter()
        .filter_map(|resource| resource.origin.as_ref())
        .map(|origin| (origin.text(), Rc::clone(origin)))
        .collect();
    for resource in objects.resources_mut() {
        resource.restore_build_annotations(|text| origins.get(text).cloned());
    }
}

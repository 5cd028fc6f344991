//! PatchTransformer: `patches`, each of either kind.

use sluice_yaml::{EmitOptions, Limits, Node, Schema, Value};

use super::Transformer;
use super::hash::{is_hashed_by_data, is_hashed_whole};
use crate::error::{Error, Result};
use crate::json_patch::{JsonPatch, numbers_to_floats};
use crate::kustomization::{Patch, PatchOptions};
use crate::loader::Loader;
use crate::merge::strategic_merge;
use crate::node::{self, is_null, meta_map, set_field, set_meta_map, top_text};
use crate::objects::parse_objects;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::Selection;
use crate::session::Session;

/// One entry of `patches`.
pub(crate) struct PatchTransformer {
    /// For messages.
    source: String,
    operation: Operation,
    target: Option<Selection>,
}

enum Operation {
    Strategic(Vec<Resource>),
    Json(JsonPatch),
    Nothing,
}

impl PatchTransformer {
    /// Loads and reads the patch.
    pub fn new(patch: &Patch, loader: &Loader<'_>) -> Result<Self> {
        let inline = patch.patch.trim();
        let wrong = |reason: &str| Error::Patch {
            patch: describe(patch),
            reason: reason.into(),
        };
        let text = match (inline.is_empty(), patch.path.is_empty()) {
            (true, true) => return Err(wrong("must specify one of patch and path")),
            (false, false) => return Err(wrong("patch and path can't be set at the same time")),
            (false, true) => inline.as_bytes().to_vec(),
            (true, false) => loader.load(&patch.path).map_err(|error| {
                error.within(format!("failed to get the patch file from path({})", patch.path))
            })?,
        };
        let limits = &loader.session().options.limits.yaml;
        let operation =
            Operation::parse(&text, patch.options.as_ref(), limits).map_err(|reason| wrong(&reason))?;
        let target = patch.target.as_ref().map(Selection::new).transpose()?;
        let mut transformer = Self {
            source: describe(patch),
            operation,
            target,
        };
        transformer.prepare();
        Ok(transformer)
    }

    /// With a target, kustomize writes the patch's labels and annotations as text before it applies it.
    fn prepare(&mut self) {
        if self.target.is_none() {
            return;
        }
        if let Operation::Strategic(patches) = &mut self.operation {
            patches.iter_mut().for_each(write_metadata_as_text);
        }
    }

    #[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
    fn error(&self, reason: impl ToString) -> Error {
        Error::Patch {
            patch: self.source.clone(),
            reason: reason.to_string(),
        }
    }

    fn merge(&self, patches: &[Resource], objects: &mut ResMap, session: &Session<'_>) -> Result<()> {
        if let Some(target) = &self.target {
            return match patches {
                [] => Ok(()),
                [patch] => merge_into_all(objects, &target.select(objects), patch, session)
                    .map_err(|error| error.within(self.source.clone())),
                _ => Err(self.error(
                    "Multiple Strategic-Merge Patches in one `patches` entry is not allowed to set `patches.target` field",
                )),
            };
        }
        for patch in patches {
            let at = objects
                .position_of(&patch.original_id())
                .map_err(|reason| Error::Patch {
                    patch: format!(
                        "{}: no resource matches strategic merge patch \"{}\"",
                        self.source,
                        patch.original_id()
                    ),
                    reason,
                })?;
            apply_strategic(
                &mut objects.resources_mut()[at],
                patch.node().clone(),
                patch,
                session,
            )
            .map_err(|error| error.within(self.source.clone()))?;
        }
        Ok(())
    }

    fn apply_json(&self, patch: &JsonPatch, objects: &mut ResMap) -> Result<()> {
        let Some(target) = &self.target else {
            return Err(self.error("must specify a target for JSON patch"));
        };
        for at in target.select(objects) {
            let resource = &mut objects.resources_mut()[at];
            resource.store_previous_id();
            apply_json_patch(resource, patch).map_err(|error| error.within(self.source.clone()))?;
            if write_annotations(resource).is_err() {
                // kustomize does not look whether it could put its annotations back.
                resource.drop_build_annotations();
            }
        }
        Ok(())
    }
}

impl Transformer for PatchTransformer {
    fn kind(&self) -> &'static str {
        "PatchTransformer"
    }

    fn transform(&self, objects: &mut ResMap, session: &Session<'_>) -> Result<()> {
        match &self.operation {
            Operation::Strategic(patches) => self.merge(patches, objects, session),
            Operation::Json(patch) => self.apply_json(patch, objects),
            Operation::Nothing => Ok(()),
        }
    }
}

impl Operation {
    /// Text is a strategic merge patch when it holds objects, a JSON patch when it is a list of operations.
    fn parse(
        text: &[u8],
        options: Option<&PatchOptions>,
        limits: &sluice_yaml::Limits,
    ) -> Result<Self, String> {
        let strategic_error = match parse_objects(text, limits) {
            Ok(nodes) if nodes.is_empty() => return Ok(Self::Nothing),
            Ok(nodes) => {
                let mut patches: Vec<Resource> = nodes.into_iter().map(Resource::of_patch).collect();
                if let Some(options) = options {
                    patches.iter_mut().for_each(|patch| allow(patch, options));
                }
                return Ok(Self::Strategic(patches));
            }
            Err(error) => error,
        };
        match JsonPatch::parse(text, limits) {
            Ok(Some(patch)) => Ok(Self::Json(patch)),
            Ok(None) => Ok(Self::Nothing),
            Err(json_error) => Err(format!(
                "unable to parse SM or JSON patch: as SM: {strategic_error}; as JSON: {json_error}"
            )),
        }
    }
}

/// Notes what a patch may change. kustomize does so in its annotations, which become text then.
fn allow(patch: &mut Resource, options: &PatchOptions) {
    patch.allow_name_change |= options.allow_name_change;
    patch.allow_kind_change |= options.allow_kind_change;
    if options.allow_name_change || options.allow_kind_change {
        let annotations = meta_map(patch.node(), "annotations");
        // The patch has a name, so its metadata is a map.
        let _ = set_meta_map(patch.node_mut(), "annotations", &annotations);
    }
}

/// Names a patch without telling what is in it.
fn describe(patch: &Patch) -> String {
    if !patch.path.is_empty() {
        return format!("[path: {:?}]", patch.path);
    }
    let on = patch.target.as_ref().map_or(String::new(), |target| {
        format!(" for {} {}", target.kind, target.name)
    });
    format!("[inline patch{on}]")
}

/// kustomize copies a patch's labels and annotations as text where it lays the patch over a list of objects.
pub(super) fn write_metadata_as_text(patch: &mut Resource) {
    let (labels, annotations) = (
        meta_map(patch.node(), "labels"),
        meta_map(patch.node(), "annotations"),
    );
    // The patch has a name, so its metadata is a map.
    let _ = set_meta_map(patch.node_mut(), "labels", &labels);
    let _ = set_meta_map(patch.node_mut(), "annotations", &annotations);
}

/// Lays a patch over several objects.
pub(super) fn merge_into_all(
    objects: &mut ResMap,
    selected: &[usize],
    patch: &Resource,
    session: &Session<'_>,
) -> Result<()> {
    for at in selected {
        let resource = &mut objects.resources_mut()[*at];
        let mut node = patch.node().clone();
        // The object's apiVersion, which reads as null when it has none.
        let api_version = Node::scalar(top_text(resource.node(), "apiVersion"));
        let fits = set_field(&mut node, "apiVersion", api_version);
        fits.map_err(|error| patch.field_error("apiVersion", error))?;
        let kind = Node::scalar(top_text(patch.node(), "kind"));
        let fits = set_field(&mut node, "kind", kind);
        fits.map_err(|error| patch.field_error("kind", error))?;
        apply_strategic(resource, node, patch, session)?;
    }
    let mut list = objects.take();
    list.retain(|resource| !resource.is_empty());
    objects.append_all(list)
}

/// Lays a patch over one object; name, namespace and kind stay unless the patch may change them.
pub(super) fn apply_strategic(
    resource: &mut Resource,
    patch: Node,
    flags: &Resource,
    session: &Session<'_>,
) -> Result<()> {
    let id = resource.id();
    let (name, namespace, kind) = (id.name.to_owned(), id.namespace.to_owned(), id.kind.to_owned());
    let described = id.to_string();
    if flags.allow_name_change || flags.allow_kind_change {
        resource.store_previous_id();
    }
    if replaces_root(&patch) {
        // kustomize keeps the object here: it looks only whether the merge left one.
        return Ok(());
    }
    if needs_annotations(&patch) {
        resource.ensure_annotations();
    }
    if drops_annotations(&patch) {
        resource.drop_build_annotations();
    }
    // They are annotations of the patch, which are merged into those of the object.
    resource.allow_name_change |= flags.allow_name_change;
    resource.allow_kind_change |= flags.allow_kind_change;
    let merged =
        strategic_merge(&session.openapi.borrow(), resource.take_node(), patch).map_err(|reason| {
            Error::Patch {
                patch: format!("strategic merge patch of {described}"),
                reason,
            }
        })?;
    resource.put_node(merged);
    if resource.is_empty() {
        return Ok(());
    }
    resource.absorb_annotations();
    resource.settle_shared();
    restore_id(resource, flags, [kind, name, namespace]);
    Ok(())
}

/// Sets kind, name and namespace as kustomize does: even where they did not change, which takes the types away that they
/// had, and without a look at whether there is a place for them.
fn restore_id(resource: &mut Resource, flags: &Resource, [kind, name, namespace]: [String; 3]) {
    let node = resource.node_mut();
    if !flags.allow_kind_change {
        let _ = set_field(node, "kind", Node::scalar(kind));
    }
    if !flags.allow_name_change {
        let _ = node::set_meta_text(node, "name", name);
    }
    let _ = node::set_namespace(node, namespace);
}

fn replaces_root(patch: &Node) -> bool {
    patch.get("$patch").is_some_and(|value| value.value == "replace")
}

/// True for patches that leave nothing of the annotations, in which kustomize keeps its own notes.
fn drops_annotations(patch: &Node) -> bool {
    let wipes = |node: &Node| is_null(node) || node.get("$patch").is_some_and(|value| value.value != "merge");
    patch
        .get("metadata")
        .is_some_and(|metadata| wipes(metadata) || metadata.get("annotations").is_some_and(wipes))
}

/// True for patches whose outcome depends on whether there is a map of annotations, such as kustomize has for its own: a
/// text cannot be laid over it, and a directive is looked at.
fn needs_annotations(patch: &Node) -> bool {
    let annotations = patch
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    annotations.is_some_and(|found| !is_null(found) && (found.is_scalar() || found.get("$patch").is_some()))
}

/// Applies a JSON patch: the object goes through JSON, so that numbers and texts come out in their normal form.
pub(super) fn apply_json_patch(resource: &mut Resource, patch: &JsonPatch) -> Result<()> {
    resource.ensure_annotations();
    let shown = patch.reads("/metadata/annotations");
    if shown {
        resource.show_build_annotations();
    }
    let described = resource.id().to_string();
    let wrong = |reason: String| Error::Object {
        object: described.clone(),
        reason,
    };
    let mut data =
        sluice_yaml::to_json(resource.node(), Schema::V3).map_err(|error| wrong(error.to_string()))?;
    patch.apply(&mut data).map_err(wrong)?;
    if !data.is_object() {
        return Err(wrong(
            "json: cannot unmarshal array into Go value of type map[string]interface {}".into(),
        ));
    }
    numbers_to_floats(&mut data);
    let kind = data.get("kind").and_then(Value::as_str).unwrap_or_default();
    let whole = resource.needs_hash && !is_hashed_by_data(kind);
    let adds = whole && !shown && !patch.replaces("/metadata/annotations");
    if adds {
        resource.add_build_annotations(&mut data);
    }
    let mut node = sluice_yaml::from_json(&data);
    if whole || begins_with_tab(&data) {
        node = write_and_read(&node).map_err(|error| wrong(error.to_string()))?;
    }
    resource.put_node(Some(node));
    resource.shared.clear();
    if shown || adds {
        resource.hide_build_annotations();
    } else if patch.replaces("/metadata/annotations") {
        resource.forget_notes();
    }
    if resource.node().get("metadata").is_some_and(is_null) {
        // kustomize puts its annotations back only where there is a place for them.
        resource.drop_build_annotations();
    }
    resource.absorb_annotations();
    Ok(())
}

/// What kustomize has after a JSON patch, positions included: the object was written as YAML and read again.
fn write_and_read(node: &Node) -> Result<Node, sluice_yaml::Error> {
    let text = sluice_yaml::emit_node(node, &EmitOptions::KYAML)?;
    let read = sluice_yaml::parse_document(text.as_bytes(), &Limits::default())?;
    Ok(read.unwrap_or_else(Node::null))
}

/// Whether there is a text of several lines that begins with a tab. kustomize writes the patched object as YAML and reads
/// it again, which such a text does not survive when it is written literally.
fn begins_with_tab(data: &Value) -> bool {
    match data {
        Value::String(text) => text.starts_with('\t') && text.contains('\n'),
        Value::Array(items) => items.iter().any(begins_with_tab),
        Value::Object(entries) => entries.values().any(begins_with_tab),
        _ => false,
    }
}

/// Writes all annotations as text, as kustomize does after a JSON patch.
pub(super) fn write_annotations(resource: &mut Resource) -> Result<()> {
    let annotations = resource.meta_map("annotations");
    resource.change("metadata/annotations", |node| {
        set_meta_map(node, "annotations", &annotations)
    })?;
    if is_hashed_whole(resource) {
        resource.settle_annotations();
    }
    Ok(())
}

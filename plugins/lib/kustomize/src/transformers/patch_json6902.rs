//! PatchJson6902Transformer: the legacy `patchesJson6902`.

use super::Transformer;
use super::patch::{apply_json_patch, write_annotations};
use crate::error::{Error, Result};
use crate::json_patch::JsonPatch;
use crate::kustomization::Selector;
use crate::loader::Loader;
use crate::resmap::ResMap;
use crate::selector::Selection;
use crate::session::Session;

/// A JSON patch with its target.
pub(crate) struct PatchJson6902Transformer {
    target: Selection,
    patch: JsonPatch,
    name: String,
}

impl PatchJson6902Transformer {
    /// Loads and reads the patch.
    pub fn new(target: Option<&Selector>, path: &str, inline: &str, loader: &Loader<'_>) -> Result<Self> {
        let name = target
            .map(|target| format!("{} {}", target.kind, target.name))
            .unwrap_or_default();
        let wrong = |reason: String| Error::Patch {
            patch: format!("[patchesJson6902 for {name}]"),
            reason,
        };
        let Some(selector) = target.filter(|target| !target.name.is_empty()) else {
            return Err(wrong("must specify the target name".into()));
        };
        let text = match (path.is_empty(), inline.is_empty()) {
            (true, true) => return Err(wrong("empty file path and empty jsonOp".into())),
            (false, false) => return Err(wrong("must specify a file path or jsonOp, not both".into())),
            (true, false) => inline.as_bytes().to_vec(),
            (false, true) => loader.load(path)?,
        };
        let patch = JsonPatch::parse(&text, &loader.session().options.limits.yaml).map_err(wrong)?;
        let patch = patch.filter(|patch| !patch.is_empty());
        let patch = patch.ok_or_else(|| wrong(format!("patch appears to be empty; file={path}")))?;
        Ok(Self {
            target: Selection::new(selector)?,
            patch,
            name,
        })
    }
}

impl Transformer for PatchJson6902Transformer {
    fn kind(&self) -> &'static str {
        "PatchJson6902Transformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        for at in self.target.select(objects) {
            let resource = &mut objects.resources_mut()[at];
            apply_json_patch(resource, &self.patch)
                .and_then(|()| write_annotations(resource))
                .map_err(|error| error.within(format!("[patchesJson6902 for {}]", self.name)))?;
        }
        Ok(())
    }
}

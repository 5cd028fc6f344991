//! PatchStrategicMergeTransformer: the legacy `patchesStrategicMerge`.

use super::Transformer;
use super::patch::{merge_into_all, write_metadata_as_text};
use crate::error::{Error, Result};
use crate::loader::Loader;
use crate::objects::parse_objects;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::session::Session;

/// Patches that apply to the objects of their own ids.
pub(crate) struct PatchStrategicMergeTransformer {
    patches: Vec<Resource>,
}

impl PatchStrategicMergeTransformer {
    /// Reads patches, each a path or the text itself, and the text `more`.
    pub fn new(paths: &[String], more: &str, loader: &Loader<'_>) -> Result<Self> {
        let limits = &loader.session().options.limits.yaml;
        let wrong = |reason: &str| Error::Patch {
            patch: "[patchesStrategicMerge]".into(),
            reason: reason.into(),
        };
        if paths.is_empty() && more.is_empty() {
            return Err(wrong("empty file path and empty patch content"));
        }
        let mut nodes = Vec::new();
        for path in paths {
            // For legacy reasons the path may be the patch itself.
            match parse_objects(path.as_bytes(), limits) {
                Ok(inline) => nodes.extend(inline),
                Err(_) => {
                    let bytes = loader.load(path)?;
                    nodes.extend(parse_objects(&bytes, limits).map_err(|error| error.in_file(path))?);
                }
            }
        }
        if !more.is_empty() {
            nodes.extend(
                parse_objects(more.as_bytes(), limits).map_err(|error| error.in_file("[inline patch]"))?,
            );
        }
        if nodes.is_empty() {
            return Err(wrong("patch appears to be empty"));
        }
        let mut patches: Vec<Resource> = nodes.into_iter().map(Resource::of_patch).collect();
        patches.iter_mut().for_each(write_metadata_as_text);
        Ok(Self { patches })
    }
}

impl Transformer for PatchStrategicMergeTransformer {
    fn kind(&self) -> &'static str {
        "PatchStrategicMergeTransformer"
    }

    fn transform(&self, objects: &mut ResMap, session: &Session<'_>) -> Result<()> {
        for patch in &self.patches {
            let at = objects
                .position_of(&patch.original_id())
                .map_err(|reason| Error::Patch {
                    patch: "[patchesStrategicMerge]".into(),
                    reason,
                })?;
            merge_into_all(objects, &[at], patch, session)?;
        }
        Ok(())
    }
}

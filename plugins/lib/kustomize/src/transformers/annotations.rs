//! AnnotationsTransformer: `commonAnnotations`.

use super::Transformer;
use super::labels::set_entries;
use crate::error::Result;
use crate::fieldspec::FieldSpecs;
use crate::kustomization::args::StringMap;
use crate::resmap::ResMap;
use crate::session::Session;

/// Sets annotations in the fields of the specs.
pub(crate) struct AnnotationsTransformer {
    pub annotations: StringMap,
    pub field_specs: FieldSpecs,
}

impl Transformer for AnnotationsTransformer {
    fn kind(&self) -> &'static str {
        "AnnotationsTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        set_entries(objects, &self.annotations, &self.field_specs)
    }
}

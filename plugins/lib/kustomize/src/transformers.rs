//! The builtin transformers, a file each.

pub(crate) mod annotations;
pub(crate) mod hash;
pub(crate) mod images;
pub(crate) mod labels;
pub(crate) mod name_affix;
pub(crate) mod namespace;
mod node_json;
pub(crate) mod patch;
pub(crate) mod patch_json6902;
pub(crate) mod patch_strategic_merge;
pub(crate) mod replacements;
pub(crate) mod replicas;
pub(crate) mod sort_order;
pub(crate) mod structured_data;
pub(crate) mod value_add;

use crate::error::Result;
use crate::resmap::ResMap;
use crate::session::Session;

/// Changes objects.
pub(crate) trait Transformer {
    /// The kind by which a config names it.
    fn kind(&self) -> &'static str;

    /// Changes the objects in place.
    fn transform(&self, objects: &mut ResMap, session: &Session<'_>) -> Result<()>;
}

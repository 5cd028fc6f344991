//! What templates see: `.Chart`, `.Capabilities`, `.Files`, `.Values`.

mod capabilities;
mod chart;
mod files;
mod values;

pub use capabilities::{Capabilities, KubeVersion, KubeVersionError};
pub(crate) use chart::metadata;
pub(crate) use files::chart_files;
pub(crate) use values::VALUES;

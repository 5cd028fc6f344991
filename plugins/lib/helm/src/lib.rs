//! `helm template` as a pure function: a chart in a tree, values and a release become manifests, hooks and notes, byte for
//! byte as helm 4.3 prints them.

mod data;
mod error;
mod functions;
mod hook;
mod manifest;
mod name_template;
mod options;
mod output;
mod record;
mod render;
mod reuse;
mod sprig;
mod template;
mod trace;
mod user_values;

pub use data::{Capabilities, KubeVersion, KubeVersionError};
pub use error::{Error, Needed};
pub use functions::{Cluster, NoCluster};
pub use hook::Hook;
pub use manifest::{Content, Head, HeadError, Manifest, ManifestError, Sorted, split};
pub use options::{Layer, Options, Release, Reuse, SCHEMA};
pub use sluice_chart::{Entry, EntryKind, Files, FilesError, MemoryFiles};
pub use sluice_go_template::Limits;
pub use template::{Environment, Rendered, Unrendered, load_only, template};

//! Helm charts as helm 4 has them: loaded from a tree of files or an archive, dependencies by conditions and tags, values
//! coalesced, schemas checked. Rendering is in `sluice-helm`.

mod archive;
mod chart;
mod chart_file;
mod coalesce;
pub mod decode;
mod dependencies;
mod directory;
mod error;
mod files;
mod glob;
mod ignore;
mod import_values;
mod limits;
mod load;
mod memory;
mod metadata;
mod name;
mod package;
mod schema;
pub mod values;

pub use chart::{Chart, Crd, File};
pub use coalesce::{CoalesceError, Coalescer};
pub use decode::DecodeError;
pub use dependencies::{MissingDependencies, check_dependencies, is_compatible, process_dependencies};
pub use error::{ArchiveError, LoadError, ValuesError};
pub use files::{Entry, EntryKind, Files, FilesError, base_name, extension, join};
pub use glob::Glob;
pub use ignore::{IgnoreError, IgnoreRules};
pub use limits::{LimitError, Limits};
pub use load::{Loaded, load, load_archive};
pub use memory::MemoryFiles;
pub use metadata::{Dependency, ImportValues, Maintainer, Metadata, ValidationError};
pub use name::{NameError, check_release_name};
pub use package::{PackageError, package};
pub use schema::{SchemaError, check_by_validator, check_one, check_schemas};

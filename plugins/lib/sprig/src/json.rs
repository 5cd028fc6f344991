//! JSON as Go's `encoding/json` reads and writes template values.

mod plain;
mod read;
mod text;
mod tree;
mod write;

pub use read::{JsonError, Target, read, read_first};
pub use tree::{Rules, Tree, from_json, to_tree};
pub use write::{Style, write};

/// Deepest nesting that is read or written. Go stops at 10,000, which no guest's stack holds.
const MAX_DEPTH: usize = 500;

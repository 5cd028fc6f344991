//! How to compile.

use std::path::PathBuf;

/// Options of [`build`](crate::build). The default suits an author's crate.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Cargo profile; none takes `plugin` where the workspace defines it, else `release`.
    pub profile: Option<String>,
    /// Target folder; none takes `components` below the workspace's own target folder.
    pub target_dir: Option<PathBuf>,
    /// Never use the network.
    pub offline: bool,
    /// Fail when Cargo.lock would change.
    pub locked: bool,
    /// Show cargo's progress on standard error; compiler messages are shown in any case.
    pub verbose: bool,
}

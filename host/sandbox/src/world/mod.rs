//! The worlds of the contract: what each may import, and the adapter of each version.

pub mod notifier;
pub mod receiver;
pub mod renderer;
pub mod source;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::grants::Interface;

/// A world of the contract; a component may serve several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum World {
    /// Fetches sources.
    Source,
    /// Renders manifests.
    Renderer,
    /// Delivers events.
    Notifier,
    /// Parses webhooks.
    Receiver,
}

impl World {
    /// All worlds.
    pub const ALL: [Self; 4] = [Self::Source, Self::Renderer, Self::Notifier, Self::Receiver];

    /// The kind of plugin, which is also the name of the interface it exports.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Renderer => "renderer",
            Self::Notifier => "notifier",
            Self::Receiver => "receiver",
        }
    }

    /// As in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source-plugin",
            Self::Renderer => "renderer-plugin",
            Self::Notifier => "notifier-plugin",
            Self::Receiver => "receiver-plugin",
        }
    }

    /// The interfaces that are powers of this world.
    pub(crate) fn powers(self) -> &'static [Interface] {
        match self {
            Self::Source => &[Interface::Http, Interface::Git, Interface::Oci],
            Self::Renderer => &[Interface::Cluster],
            Self::Notifier => &[Interface::Http],
            Self::Receiver => &[],
        }
    }

    /// Whether this world's plugins may import `files`.
    pub(crate) fn has_files(self) -> bool {
        matches!(self, Self::Source | Self::Renderer)
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

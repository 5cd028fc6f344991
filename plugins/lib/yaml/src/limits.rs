//! Bounds on what one input may cost.

/// Bounds of one parse. The alias expansion ratio of go-yaml is always enforced on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest input in bytes.
    pub max_bytes: usize,
    /// Deepest nesting of collections. go-yaml stops at 10,000; walking that deep needs more stack than a guest has, and
    /// no manifest comes near.
    pub max_depth: usize,
    /// Most nodes of all documents together, aliases expanded.
    pub max_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_depth: 256,
            max_nodes: 4_000_000,
        }
    }
}

/// Deepest nesting that walks over trees follow. A tree read by default limits, changed a little, stays below.
pub(crate) const MAX_WALK_DEPTH: usize = 320;

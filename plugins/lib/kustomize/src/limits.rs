//! Bounds on what one build may cost.

/// Bounds of one build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most kustomizations inside of each other.
    pub max_depth: usize,
    /// Most kustomizations and files of objects read in all (a base read twice counts twice).
    pub max_loads: usize,
    /// Most objects at any time.
    pub max_objects: usize,
    /// Largest printed output in bytes.
    pub max_output: usize,
    /// Most values written by replacements.
    pub max_replacements: usize,
    /// Bounds of each YAML text.
    pub yaml: sluice_yaml::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_depth: 50,
            max_loads: 100_000,
            max_objects: 200_000,
            max_output: 256 << 20,
            max_replacements: 1_000_000,
            // A guest's stack holds about this nesting of a merge; the deepest real schemas have a fifth of it.
            yaml: sluice_yaml::Limits {
                max_depth: 256,
                ..sluice_yaml::Limits::default()
            },
        }
    }
}

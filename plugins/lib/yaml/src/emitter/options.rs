//! How documents are written.

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmitOptions {
    /// Spaces of a level, 2 to 9 (anything else means 2). go-yaml v3's own default is 4.
    pub indent: u8,
    /// `- ` counts as indentation: sequences are not indented below their key.
    pub compact_sequences: bool,
    /// Columns after which text is wrapped at the next space; `None` never wraps.
    pub width: Option<usize>,
}

impl EmitOptions {
    /// kyaml's encoder: indent 2, compact sequences, no wrapping.
    pub const KYAML: Self = Self {
        indent: 2,
        compact_sequences: true,
        width: None,
    };
    /// `toYamlPretty`: indent 2, sequences indented, no wrapping.
    pub const PRETTY: Self = Self {
        indent: 2,
        compact_sequences: false,
        width: None,
    };
    /// `yaml.Marshal` of v3: indent 4, sequences indented, no wrapping.
    pub const V3: Self = Self {
        indent: 4,
        compact_sequences: false,
        width: None,
    };
    /// v2: indent 2, wrapped behind column 80. Its sequences below keys are never indented.
    pub(crate) const V2: Self = Self {
        indent: 2,
        compact_sequences: true,
        width: Some(80),
    };
}

/// Whose `Marshal` to follow for data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// `sigs.k8s.io/yaml.Marshal`: JSON first, then v2 (helm's `toYaml`, kustomize's output).
    Sigs,
    /// `go.yaml.in/yaml/v3` (helm's `toYamlPretty`, kyaml's `Marshal`).
    V3(EmitOptions),
    /// `go.yaml.in/yaml/v2` of a `MapSlice` whose keys were sorted by their bytes (the digest of values in Flux).
    MapSlice,
}

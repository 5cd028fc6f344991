//! The default plugins, embedded by the build script.

/// A default plugin.
pub struct Builtin {
    /// Its name.
    pub name: &'static str,
    /// Of the component, as the build computed it.
    pub digest: &'static str,
    /// The component.
    pub component: &'static [u8],
}

/// All of them.
pub const BUILTIN: &[Builtin] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

#[cfg(test)]
mod tests {
    #[test]
    fn every_default_is_a_component() {
        assert!(super::BUILTIN.len() >= 3);
        for builtin in super::BUILTIN {
            // binary format: magic, then layer 1 for components (component model, "Binary")
            assert_eq!(&builtin.component[..8], b"\0asm\x0d\0\x01\0", "{}", builtin.name);
            let digest = sluice_model::Digest::of(builtin.component);
            assert_eq!(builtin.digest, digest.to_string(), "{}", builtin.name);
        }
    }
}

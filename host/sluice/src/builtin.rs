//! The default plugins, embedded by the build script.

/// Name and component of each.
pub const BUILTIN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

#[cfg(test)]
mod tests {
    #[test]
    fn every_default_is_a_component() {
        assert!(super::BUILTIN.len() >= 3);
        for (name, bytes) in super::BUILTIN {
            // binary format: magic, then layer 1 for components (component model, "Binary")
            assert_eq!(&bytes[..8], b"\0asm\x0d\0\x01\0", "{name}");
        }
    }
}

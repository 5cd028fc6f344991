//! Reading the config of a call.

use serde::de::DeserializeOwned;

use crate::types::Error;

/// The config as a value of the plugin's own type. The host has checked it against the plugin's schema before.
///
/// # Errors
/// `invalid-config` that names what does not fit and where.
pub fn parse<T: DeserializeOwned>(config: &str) -> Result<T, Error> {
    serde_json::from_str(config)
        .map_err(|error| Error::invalid_config(format!("failed to parse config: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_does_not_fit() {
        let error = parse::<Vec<u8>>("{}").expect_err("a map is no list");
        assert!(matches!(error, Error::InvalidConfig(text) if text.contains("expected a sequence")));
    }
}

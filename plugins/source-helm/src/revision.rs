//! Which version of a chart is current, and what is needed to get exactly that one.

use serde::{Deserialize, Serialize};
use sluice_plugin::Error;
use sluice_semver::Version;

use crate::config::Config;
use crate::error::{METADATA, REFERENCE, invalid};

/// What the host keeps between resolving a chart and fetching it. The host itself reads `name`, `packaged` and
/// `upstream`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// Name of the chart.
    pub name: String,
    /// Version of the artifact.
    pub version: String,
    /// Whether the chart is packed here, not taken as it is.
    pub packaged: bool,
    /// Version in the repository.
    #[serde(default)]
    pub upstream: String,
    /// Address of the packed chart, as the index has it.
    #[serde(default)]
    pub url: String,
}

impl Pin {
    /// The pin of a version that a repository has.
    ///
    /// # Errors
    /// The version cannot carry the metadata that the config asks for.
    pub fn of_repository(config: &Config, name: &str, upstream: &str, url: &str) -> Result<Self, Error> {
        Ok(Self {
            name: name.to_owned(),
            version: with_metadata(upstream, &config.version_metadata)?,
            packaged: config.repackages(),
            upstream: upstream.to_owned(),
            url: url.to_owned(),
        })
    }

    /// As text.
    ///
    /// # Errors
    /// Never for what is built here.
    pub fn to_text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(Error::failed)
    }

    /// From text.
    ///
    /// # Errors
    /// The text is no pin.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(Error::failed)
    }
}

/// A version with other build metadata; the version itself when there is none to set.
///
/// # Errors
/// It is no semantic version.
pub fn with_metadata(version: &str, metadata: &str) -> Result<String, Error> {
    if metadata.is_empty() {
        return Ok(version.to_owned());
    }
    let parsed = Version::parse(version).map_err(|error| {
        let problem = error.go_message();
        invalid(
            METADATA,
            format!("failed to parse version from chart metadata as SemVer: {problem}"),
        )
    })?;
    let Version {
        major,
        minor,
        patch,
        pre,
        ..
    } = &parsed;
    let pre = if pre.is_empty() {
        String::new()
    } else {
        format!("-{pre}")
    };
    Ok(format!("{major}.{minor}.{patch}{pre}+{metadata}"))
}

/// Checks the name of a chart in a repository: words of lower case letters, digits and dashes, joined by slashes or dots.
///
/// # Errors
/// It is something else.
pub fn check_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(invalid(REFERENCE, "no name set for remote chart reference"));
    }
    let word = |byte: u8| byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let sound = bytes
        .iter()
        .all(|byte| word(*byte) || matches!(byte, b'/' | b'.'))
        && word(bytes[0])
        && bytes
            .windows(2)
            .all(|pair| word(pair[0]) || word(pair[1]) || pair == b"/.")
        && bytes.windows(3).all(|three| three.iter().any(|byte| word(*byte)));
    if sound {
        return Ok(());
    }
    Err(invalid(
        REFERENCE,
        format!(
            "invalid chart name '{name}': a valid name must be lower case letters and numbers and MAY be separated with \
             dashes (-), slashes (/) or periods (.)"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// H6: the name of a chart is no path out of its repository.
    #[test]
    fn h6_names_are_words() {
        for name in ["web", "web-2", "team/web", "a.b", "a/.b", "-a", "a/"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "", "..", "../x", "/a", "a//b", "a/../b", "A", "a b", "a_b", ".a", "a..b", "a\n",
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn metadata_replaces_what_was_there() {
        assert_eq!(with_metadata("v1.2-rc.1+old", "3").as_deref(), Ok("1.2.0-rc.1+3"));
        assert_eq!(with_metadata("v1.2", "").as_deref(), Ok("v1.2"));
        assert!(with_metadata("x", "3").is_err());
    }
}

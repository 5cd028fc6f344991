//! A version, parsed loosely and compared by precedence.

use std::cmp::Ordering;
use std::fmt;

use crate::scan::{self, Numbers};

/// Longest text that is a version.
const MAX_BYTES: usize = 256;

/// The text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid semantic version {text:?}")]
pub struct ParseVersionError {
    /// What was given, cut to 256 characters.
    pub text: String,
}

/// A semantic version. Comparison is by precedence: build metadata does not count, so two versions may be equal and
/// differ in text.
#[derive(Debug, Clone)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// Without the dash; empty for a release.
    pub pre: String,
    original: String,
}

impl Version {
    /// Parses loosely: a leading `v`, missing minor and patch numbers and leading zeros are fine.
    ///
    /// # Errors
    /// The text is no version.
    pub fn parse(text: &str) -> Result<Self, ParseVersionError> {
        Self::read(text).ok_or_else(|| ParseVersionError {
            text: text.chars().take(MAX_BYTES).collect(),
        })
    }

    /// As [`parse`](Self::parse), but all three numbers must be there: how Flux reads tags.
    ///
    /// # Errors
    /// The text is no version, or has fewer than two dots.
    pub fn parse_tag(text: &str) -> Result<Self, ParseVersionError> {
        if text.split('.').count() < 3 {
            return Err(ParseVersionError {
                text: text.chars().take(MAX_BYTES).collect(),
            });
        }
        Self::parse(text)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let spelled =
            scan::version(text, Numbers::Digits).filter(|spelled| spelled.whole.len() == text.len())?;
        let number = |part: Option<&str>| part.map_or(Some(0), |part| part.parse().ok());
        let zero_led = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if spelled.pre.split('.').any(zero_led) {
            return None;
        }
        Some(Self {
            major: number(Some(spelled.major))?,
            minor: number(spelled.minor)?,
            patch: number(spelled.patch)?,
            pre: spelled.pre.to_owned(),
            original: text.to_owned(),
        })
    }

    /// The text it was parsed from.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Whether it names a prerelease.
    pub fn is_prerelease(&self) -> bool {
        !self.pre.is_empty()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.original)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_pre(&self.pre, &other.pre),
            })
    }
}

/// Semantic Versioning 2.0, item 11: identifier by identifier, numbers below words, the shorter one below.
pub(crate) fn compare_pre(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.split('.'), right.split('.'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(left), Some(right)) if left == right => Ordering::Equal,
            (Some(left), Some(right)) => compare_identifier(left, right),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

fn compare_identifier(left: &str, right: &str) -> Ordering {
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(left), Ok(right)) => left.cmp(&right),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect(text)
    }

    #[test]
    fn parses_loosely() {
        assert_eq!(version("v1"), version("1.0.0"));
        assert_eq!(version("2025.02.03-rc.1").minor, 2);
        assert_eq!(version("1.2.3+b.1"), version("1.2.3+c"));
        for text in [
            "",
            "v",
            "1.2.3.4",
            "1.2-",
            "1.2.3-01",
            "V1",
            "1.2.3+",
            " 1",
            "1.x",
            "18446744073709551616.0.0",
        ] {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
        assert!(Version::parse_tag("1.2").is_err());
        assert_eq!(Version::parse_tag("v1.2.3").expect("a tag").original(), "v1.2.3");
    }

    /// The example of Semantic Versioning 2.0, item 11.
    #[test]
    fn orders_by_precedence() {
        let ordered = [
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.0.1",
            "1.10.0",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }
}

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
    problem: Problem,
}

/// What is wrong, as Masterminds/semver tells it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("invalid semantic version")]
    Syntax,
    #[error("version string is too long (max {MAX_BYTES} bytes)")]
    TooLong,
    #[error("version segment starts with 0")]
    ZeroLed,
    #[error("error parsing version segment: strconv.ParseUint: parsing {0:?}: value out of range")]
    Range(String),
}

impl ParseVersionError {
    fn new(text: &str, problem: Problem) -> Self {
        let text = text.chars().take(MAX_BYTES).collect();
        Self { text, problem }
    }

    /// The words of Masterminds/semver, which do not repeat the text.
    pub fn go_message(&self) -> String {
        self.problem.to_string()
    }
}

/// A semantic version. Comparison is by precedence: build metadata does not count, so two versions may be equal and
/// differ in text.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// First number.
    pub major: u64,
    /// Second number.
    pub minor: u64,
    /// Third number.
    pub patch: u64,
    /// Without the dash; empty for a release.
    pub pre: String,
    /// Without the plus; empty for none.
    pub metadata: String,
    original: String,
}

impl Version {
    /// Parses loosely: a leading `v`, missing minor and patch numbers and leading zeros are fine.
    ///
    /// # Errors
    /// The text is no version.
    pub fn parse(text: &str) -> Result<Self, ParseVersionError> {
        Self::read(text).map_err(|problem| ParseVersionError::new(text, problem))
    }

    /// As [`parse`](Self::parse), but all three numbers must be there: how Flux reads tags.
    ///
    /// # Errors
    /// The text is no version, or has fewer than two dots.
    pub fn parse_tag(text: &str) -> Result<Self, ParseVersionError> {
        if text.split('.').count() < 3 {
            return Err(ParseVersionError::new(text, Problem::Syntax));
        }
        Self::parse(text)
    }

    fn read(text: &str) -> Result<Self, Problem> {
        if text.len() > MAX_BYTES {
            return Err(Problem::TooLong);
        }
        let spelled = scan::version(text, Numbers::Digits)
            .filter(|spelled| spelled.whole.len() == text.len())
            .ok_or(Problem::Syntax)?;
        let number = |part: Option<&str>| {
            let range = |part: &str| part.parse().map_err(|_| Problem::Range(part.to_owned()));
            part.map_or(Ok(0), range)
        };
        let version = Self {
            major: number(Some(spelled.major))?,
            minor: number(spelled.minor)?,
            patch: number(spelled.patch)?,
            pre: spelled.pre.to_owned(),
            metadata: spelled.metadata.to_owned(),
            original: text.to_owned(),
        };
        let zero_led = |part: &str| {
            part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if version.pre.split('.').any(zero_led) {
            return Err(Problem::ZeroLed);
        }
        Ok(version)
    }

    /// The normal form: all three numbers, prerelease and build metadata, no `v`.
    pub fn normal(&self) -> String {
        let mut text = format!("{}.{}.{}", self.major, self.minor, self.patch);
        for (mark, part) in [('-', &self.pre), ('+', &self.metadata)] {
            if !part.is_empty() {
                text.push(mark);
                text.push_str(part);
            }
        }
        text
    }

    /// The version with other numbers, without prerelease and metadata; a leading `v` stays.
    #[must_use]
    pub fn with_numbers(&self, major: u64, minor: u64, patch: u64) -> Self {
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        Self {
            major,
            minor,
            patch,
            pre: String::new(),
            metadata: String::new(),
            original: format!("{prefix}{major}.{minor}.{patch}"),
        }
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

    #[test]
    fn says_what_masterminds_says() {
        for (text, wanted) in [
            ("x", "invalid semantic version"),
            ("1.2.3-01", "version segment starts with 0"),
            (
                "99999999999999999999",
                "error parsing version segment: strconv.ParseUint: parsing \"99999999999999999999\": value out of range",
            ),
        ] {
            let error = Version::parse(text).expect_err(text);
            assert_eq!(error.go_message(), wanted, "{text}");
        }
        let long = Version::parse(&"1".repeat(257)).expect_err("too long");
        assert_eq!(long.go_message(), "version string is too long (max 256 bytes)");
        assert_eq!(version("v1.2-rc+b").normal(), "1.2.0-rc+b");
        assert_eq!(version("v1.2-rc").with_numbers(1, 3, 0).original(), "v1.3.0");
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

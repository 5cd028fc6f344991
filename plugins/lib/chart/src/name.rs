//! Names of releases.

use thiserror::Error;

/// A name that helm does not give to a release.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Empty.
    #[error("release name \"\": no name provided")]
    Missing,
    /// Too long, or with other characters than lower case letters, digits, dashes and dots.
    #[error(
        "release name {0:?}: invalid release name, must match regex \
         ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ and the length must not be longer than 53"
    )]
    Invalid(String),
}

const LONGEST: usize = 53;

/// Checks the name of a release: labels of lower case letters, digits and inner dashes, joined by dots.
///
/// # Errors
/// Empty, longer than 53 bytes, or malformed.
pub fn check_release_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Missing);
    }
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        bytes.iter().all(inner) && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    if name.len() > LONGEST || !name.split('.').all(is_label) {
        return Err(NameError::Invalid(name.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dns_labels_joined_by_dots() {
        for good in ["a", "a-b.c1", "0"] {
            assert!(check_release_name(good).is_ok(), "{good}");
        }
        for bad in ["A", "-a", "a-", "a..b", ".a", "a_b", &"a".repeat(54), "a\n"] {
            assert!(
                matches!(check_release_name(bad), Err(NameError::Invalid(_))),
                "{bad}"
            );
        }
        assert_eq!(check_release_name(""), Err(NameError::Missing));
    }
}

//! Which values of a file are encrypted: by suffix, by expression over keys, or by expression over comments.

use regex::bytes::{Regex, RegexBuilder};

/// Largest compiled expression, in bytes (R9: expressions come from the file).
const MAX_REGEX: usize = 1 << 20;

/// The rule of a file; it has exactly one.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// All but values below keys with this suffix.
    UnencryptedSuffix(String),
    /// Only values below keys with this suffix.
    EncryptedSuffix(String),
    /// All but values below keys that match.
    UnencryptedKeys(Regex),
    /// Only values below keys that match.
    EncryptedKeys(Regex),
    /// All but values under comments that match.
    UnencryptedComments(Regex),
    /// Only values under comments that match.
    EncryptedComments(Regex),
}

/// Where a value stands: the keys above it, and the comments that were not followed by a value yet, level by level.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Keys from the root.
    pub path: Vec<String>,
    /// Comments of every open map and list.
    pub comments: Vec<Vec<Vec<u8>>>,
}

impl Place {
    /// The additional data of a value here.
    pub fn additional_data(&self) -> String {
        format!("{}:", self.path.join(":"))
    }

    /// For messages.
    pub fn name(&self) -> String {
        self.path.join(".")
    }
}

/// Compiles an expression of a file's metadata.
pub(crate) fn compile(field: &str, text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(MAX_REGEX).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => format!("{field} is too large an expression"),
        _ => format!("{field} is no regular expression"),
    })
}

impl Rule {
    /// Whether the rule looks at comments, which objects do not have.
    pub fn reads_comments(&self) -> bool {
        matches!(self, Self::UnencryptedComments(_) | Self::EncryptedComments(_))
    }

    /// Whether a value is encrypted. A comment that turns encryption on is not encrypted itself.
    pub fn covers(&self, place: &Place, is_comment: bool) -> bool {
        let keys = |hit: &dyn Fn(&str) -> bool| place.path.iter().any(|key| hit(key));
        match self {
            Self::UnencryptedSuffix(suffix) => !keys(&|key| key.ends_with(suffix.as_str())),
            Self::EncryptedSuffix(suffix) => keys(&|key| key.ends_with(suffix.as_str())),
            Self::UnencryptedKeys(regex) => !keys(&|key| regex.is_match(key.as_bytes())),
            Self::EncryptedKeys(regex) => keys(&|key| regex.is_match(key.as_bytes())),
            Self::UnencryptedComments(regex) => {
                !place.comments.iter().flatten().any(|text| regex.is_match(text))
            }
            Self::EncryptedComments(regex) => {
                let all: usize = place.comments.iter().map(Vec::len).sum();
                let last_has_some = place.comments.last().is_some_and(|level| !level.is_empty());
                let seen = if is_comment && last_has_some { all - 1 } else { all };
                place
                    .comments
                    .iter()
                    .flatten()
                    .take(seen)
                    .any(|text| regex.is_match(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &[&str], comments: &[&[&str]]) -> Place {
        Place {
            path: path.iter().map(|key| (*key).to_owned()).collect(),
            comments: comments
                .iter()
                .map(|level| level.iter().map(|text| text.as_bytes().to_vec()).collect())
                .collect(),
        }
    }

    #[test]
    fn rules_look_at_every_key_above() {
        let suffix = Rule::UnencryptedSuffix("_unencrypted".into());
        assert!(suffix.covers(&place(&["data", "a"], &[]), false));
        assert!(!suffix.covers(&place(&["data_unencrypted", "a"], &[]), false));
        let keys = Rule::EncryptedKeys(compile("encrypted_regex", "^(data|stringData)$").expect("compiles"));
        assert!(keys.covers(&place(&["stringData", "a"], &[]), false));
        assert!(!keys.covers(&place(&["metadata", "name"], &[]), false));
    }

    #[test]
    fn the_comment_that_turns_encryption_on_stays_plain() {
        let rule = Rule::EncryptedComments(compile("encrypted_comment_regex", "sops:enc").expect("compiles"));
        assert!(!rule.covers(&place(&[], &[&[" sops:enc"]]), true));
        assert!(rule.covers(&place(&[], &[&[" sops:enc", " next"]]), true));
        assert!(rule.covers(&place(&["a"], &[&[" sops:enc"]]), false));
        assert!(rule.covers(&place(&["a", "b"], &[&[" sops:enc"], &[]]), false));
        assert!(!rule.covers(&place(&["a"], &[&[]]), false));
    }

    /// R9: an expression of a file cannot cost more than its limit.
    #[test]
    fn r9_refuses_huge_expressions() {
        assert!(compile("encrypted_regex", "(a{1000}){1000}").is_err());
        assert!(compile("encrypted_regex", "(").is_err());
    }
}

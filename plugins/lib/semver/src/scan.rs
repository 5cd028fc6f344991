//! The text form of a version inside versions and constraints, found greedily from the left.

/// A version as it stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spelled<'a> {
    /// All of it, with the `v`.
    pub whole: &'a str,
    pub major: &'a str,
    pub minor: Option<&'a str>,
    pub patch: Option<&'a str>,
    /// After the dash; empty for none.
    pub pre: &'a str,
    /// After the plus; empty for none.
    pub metadata: &'a str,
}

/// What a number of a version may hold.
#[derive(Clone, Copy)]
pub(crate) enum Numbers {
    /// Digits.
    Digits,
    /// Digits and wildcards. The bar is in the pattern of Masterminds/semver by mistake; such a text is found here and
    /// then is no version.
    Wildcards,
}

impl Numbers {
    fn allows(self, byte: u8) -> bool {
        match self {
            Self::Digits => byte.is_ascii_digit(),
            Self::Wildcards => byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|'),
        }
    }
}

/// The longest version at the start of a text.
pub(crate) fn version(text: &str, numbers: Numbers) -> Option<Spelled<'_>> {
    let start = usize::from(text.starts_with('v'));
    let number = |at: usize| {
        let length = text.as_bytes()[at..]
            .iter()
            .take_while(|byte| numbers.allows(**byte))
            .count();
        (length > 0).then(|| &text[at..at + length])
    };
    let dotted = |at: usize| {
        if text[at..].starts_with('.') {
            number(at + 1)
        } else {
            None
        }
    };
    let major = number(start)?;
    let mut at = start + major.len();
    let minor = dotted(at);
    at += minor.map_or(0, |minor| minor.len() + 1);
    let patch = if minor.is_some() { dotted(at) } else { None };
    at += patch.map_or(0, |patch| patch.len() + 1);
    let pre = identifiers(text, at, '-');
    at += if pre.is_empty() { 0 } else { pre.len() + 1 };
    let metadata = identifiers(text, at, '+');
    at += if metadata.is_empty() {
        0
    } else {
        metadata.len() + 1
    };
    Some(Spelled {
        whole: &text[..at],
        major,
        minor,
        patch,
        pre,
        metadata,
    })
}

/// Identifiers with dots between them, after a mark; empty when there are none.
fn identifiers(text: &str, at: usize, mark: char) -> &str {
    let Some(rest) = text[at..].strip_prefix(mark) else {
        return "";
    };
    let bytes = rest.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let mut end = bytes.iter().take_while(|byte| plain(byte)).count();
    while end > 0 && bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(plain) {
        end += 1 + bytes[end + 1..].iter().take_while(|byte| plain(byte)).count();
    }
    &rest[..end]
}

/// The text after its leading white space (that of regular expressions: no others).
pub(crate) fn skip_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', '\x0c'])
}

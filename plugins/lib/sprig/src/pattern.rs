//! Regular expressions in Go's syntax (RE2), run by the `regex` crate: linear in the text whatever the pattern.

mod class;
mod escape;
mod expand;
mod search;
mod subject;
mod syntax;

use regex::bytes::{Regex, RegexBuilder};

/// Size of a compiled program, in bytes. Go's own limit is of the same order.
const PROGRAM_BYTES: usize = 10 << 20;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// Names of the groups; the first is the whole match.
    names: Vec<Vec<u8>>,
    is_empty: bool,
}

/// The pattern is wrong. The words are those of Go's `regexp/syntax`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {problem}: `{part}`")]
pub struct PatternError {
    problem: &'static str,
    part: String,
}

impl PatternError {
    fn new(problem: &'static str, part: &[u8]) -> Self {
        Self {
            problem,
            part: String::from_utf8_lossy(part).into_owned(),
        }
    }
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// The pattern is wrong, nests too deeply or is too large.
    pub fn compile(pattern: &[u8]) -> Result<Self, PatternError> {
        if let Some(bad) = first_bad_byte(pattern) {
            return Err(PatternError::new("invalid UTF-8", bad));
        }
        let translated = syntax::translate(pattern)?;
        let too_large = |_| PatternError::new("expression too large", pattern);
        let regex = RegexBuilder::new(&translated.text)
            .size_limit(PROGRAM_BYTES)
            .dfa_size_limit(PROGRAM_BYTES)
            .nest_limit(syntax::MAX_DEPTH * 6)
            .build()
            .map_err(too_large)?;
        Ok(Self {
            regex,
            names: translated.names,
            is_empty: pattern.is_empty(),
        })
    }
}

fn first_bad_byte(pattern: &[u8]) -> Option<&[u8]> {
    let valid = std::str::from_utf8(pattern).err()?.valid_up_to();
    pattern.get(valid..)
}

/// Go's `regexp.QuoteMeta`.
pub fn quote_meta(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() * 2);
    for &byte in text {
        if br"\.+*?()|[]{}^$".contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

//! Regular expressions as Go reads them (RE2), for lists that users wrote for Flux.
//!
//! The `regex` crate has the same guarantees and almost the same syntax. What differs is translated: `\d \w \s \b` are
//! ASCII in Go, `{` may be literal, `\Q…\E` quotes, brackets in a class are literal.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;
use parking_lot::Mutex;
use regex::bytes::{Regex, RegexBuilder};

const KEPT: NonZeroUsize = NonZeroUsize::MIN.saturating_add(511);
/// Bytes of a compiled expression: what one tenant can make the process hold for each.
const MAX_COMPILED: usize = 1 << 20;
const MAX_PATTERN: usize = 16 << 10;

/// The expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to compile regular expression: {reason}")]
pub struct CompileError {
    /// What is wrong.
    pub reason: String,
}

/// Compiled expressions by their text.
pub struct RegexCache(Mutex<LruCache<String, Result<Arc<Regex>, CompileError>>>);

impl Default for RegexCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(KEPT)))
    }
}

impl RegexCache {
    /// Whether the text has a match of the expression.
    ///
    /// # Errors
    /// The expression does not compile.
    pub fn is_match(&self, pattern: &str, text: &str) -> Result<bool, CompileError> {
        let known = self.0.lock().get(pattern).cloned();
        let compiled = known.unwrap_or_else(|| {
            let compiled = compile(pattern).map(Arc::new);
            self.0.lock().put(pattern.to_owned(), compiled.clone());
            compiled
        });
        Ok(compiled?.is_match(text.as_bytes()))
    }
}

/// Compiles an expression of Go's syntax.
///
/// # Errors
/// It is not valid, or too large.
pub fn compile(pattern: &str) -> Result<Regex, CompileError> {
    if pattern.len() > MAX_PATTERN {
        return Err(CompileError {
            reason: format!("longer than {MAX_PATTERN} bytes"),
        });
    }
    let translated = RegexBuilder::new(&translate(pattern))
        .size_limit(MAX_COMPILED)
        .octal(true)
        .build();
    translated.map_err(|error| CompileError {
        reason: error.to_string(),
    })
}

/// The same expression in the syntax of the `regex` crate.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        rest = match next {
            '\\' => escape(&rest[1..], &mut out, false),
            '[' => class(&rest[1..], &mut out),
            '{' if !is_repetition(rest) => {
                out.push_str(r"\{");
                &rest[1..]
            }
            other => {
                out.push(other);
                &rest[other.len_utf8()..]
            }
        };
    }
    out
}

/// What follows a backslash; gives what follows the escape.
fn escape<'a>(rest: &'a str, out: &mut String, in_class: bool) -> &'a str {
    let Some(next) = rest.chars().next() else {
        out.push('\\');
        return rest;
    };
    let after = &rest[next.len_utf8()..];
    match next {
        'Q' if !in_class => return quoted(after, out),
        'd' | 'w' | 's' | 'D' | 'W' | 'S' => push_ascii_class(next, in_class, out),
        'b' | 'B' if !in_class => out.extend(["(?-u:\\", if next == 'b' { "b)" } else { "B)" }]),
        'C' if !in_class => out.push_str("(?s-u:.)"),
        '<' | '>' => out.push(next),
        other => out.extend(['\\', other]),
    }
    after
}

fn push_ascii_class(letter: char, in_class: bool, out: &mut String) {
    let set = match letter.to_ascii_lowercase() {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        _ => r"\t\n\f\r ",
    };
    match (in_class, letter.is_ascii_uppercase()) {
        (true, false) => out.push_str(set),
        (false, false) => out.extend(["[", set, "]"]),
        (_, true) => out.extend(["[^", set, "]"]),
    }
}

/// Literal text up to `\E` or the end.
fn quoted<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let (literal, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
    out.push_str(&regex::escape(literal));
    after
}

/// A bracket expression after its `[`; gives what follows it.
fn class<'a>(mut rest: &'a str, out: &mut String) -> &'a str {
    out.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    if let Some(after) = rest.strip_prefix(']') {
        out.push_str(r"\]");
        rest = after;
    }
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        rest = match next {
            ']' => {
                out.push(']');
                return after;
            }
            '\\' => escape(after, out, true),
            '[' => named_class(rest, out),
            '&' | '~' => {
                out.push('\\');
                out.push(next);
                after
            }
            other => {
                out.push(other);
                after
            }
        };
    }
    rest
}

/// `[:alpha:]` inside a class, or a literal bracket.
fn named_class<'a>(rest: &'a str, out: &mut String) -> &'a str {
    if let Some(end) = rest.strip_prefix("[:").and_then(|name| name.find(":]")) {
        let (name, after) = rest.split_at(end + 4);
        out.push_str(name);
        return after;
    }
    out.push_str(r"\[");
    &rest[1..]
}

/// Whether a text starts with `{n}`, `{n,}` or `{n,m}`.
fn is_repetition(text: &str) -> bool {
    let Some((inner, _)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) else {
        return false;
    };
    let (low, high) = inner.split_once(',').unwrap_or((inner, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    !low.is_empty() && digits(low) && digits(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        let cases = [
            (
                r"^Dependencies.*",
                "Dependencies do not meet ready condition",
                true,
            ),
            (r"waiting.*socket", "x waiting on socket", true),
            (r"a{2}", "aa", true),
            (r"x{y}", "x{y}", true),
            (r"{", "a{b", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b\E", "axb", false),
            (r"\bfoo\b", "a foo b", true),
            (r"\d", "٣", false),
            (r"[^\d]", "٣", true),
            (r"^\w+$", "é", false),
            (r"^[\w.-]+$", "a.b-c", true),
            (r"[[:alpha:]]", "1x", true),
            (r"[a[]", "[", true),
            (r"[]a]+b", "]ab", true),
            (r"[a&&b]", "&", true),
            (r"\<x\>", "<x>", true),
            (r"(?i)failed", "It FAILED", true),
            (r"\x41\101", "AA", true),
            (r"^a\S\Db$", "axyb", true),
            (r"\pL", "é", true),
            (r"(?P<n>a|b)$", "xb", true),
        ];
        let cache = RegexCache::default();
        for (pattern, text, want) in cases {
            assert_eq!(cache.is_match(pattern, text), Ok(want), "{pattern} on {text}");
        }
    }

    #[test]
    fn refuses_what_is_invalid_or_too_large() {
        let huge = "a{1000}".repeat(1000);
        let long = "a".repeat(MAX_PATTERN + 1);
        for pattern in [
            "(",
            "[a",
            "*",
            r"\",
            "(?<",
            r"(a{1000}){1000}",
            &huge,
            &long,
            r"(?=x)",
        ] {
            assert!(compile(pattern).is_err(), "{}", &pattern[..pattern.len().min(20)]);
        }
    }
}

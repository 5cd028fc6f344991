//! Globs with the rules of Go's `path.Match`: stars and question marks take no slash.

use std::error::Error;
use std::fmt;

/// The glob is malformed: an open class, an empty class, a dangling backslash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadGlob;

impl fmt::Display for BadGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("syntax error in pattern")
    }
}

impl Error for BadGlob {}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Star,
    AnyChar,
    Char(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A compiled glob. The frequent shapes (a plain name, `*.ext`) are compared without a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Glob {
    /// No special characters.
    Exact(String),
    /// A star, then plain text.
    Suffix(String),
    /// Anything else.
    Tokens(Tokens),
}

/// The parts of a glob that needs a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens(Vec<Token>);

impl Glob {
    /// Compiles a glob.
    ///
    /// # Errors
    /// It is malformed; such a pattern matches nothing.
    pub fn new(text: &str) -> Result<Self, BadGlob> {
        let tokens = tokenize(text)?;
        let plain = |tokens: &[Token]| -> Option<String> {
            tokens
                .iter()
                .map(|token| {
                    if let Token::Char(c) = token {
                        Some(*c)
                    } else {
                        None
                    }
                })
                .collect()
        };
        if let Some(text) = plain(&tokens) {
            return Ok(Self::Exact(text));
        }
        if let Some((Token::Star, rest)) = tokens.split_first()
            && let Some(text) = plain(rest)
        {
            return Ok(Self::Suffix(text));
        }
        Ok(Self::Tokens(Tokens(tokens)))
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(text) => text == name,
            Self::Suffix(text) => name
                .strip_suffix(text.as_str())
                .is_some_and(|rest| !rest.contains('/')),
            Self::Tokens(Tokens(tokens)) => search(tokens, name),
        }
    }
}

fn tokenize(text: &str) -> Result<Vec<Token>, BadGlob> {
    let mut rest = text.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(c) = rest.next() {
        let token = match c {
            '*' if tokens.last() == Some(&Token::Star) => continue,
            '*' => Token::Star,
            '?' => Token::AnyChar,
            '[' => class(&mut rest)?,
            '\\' => Token::Char(rest.next().ok_or(BadGlob)?),
            c => Token::Char(c),
        };
        tokens.push(token);
    }
    Ok(tokens)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// What follows an opening bracket: a caret negates; ranges until the closing bracket, at least one.
fn class(rest: &mut Rest<'_>) -> Result<Token, BadGlob> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.next_if_eq(&']').is_some() {
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_char(rest)?;
        let high = if rest.next_if_eq(&'-').is_some() {
            class_char(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

/// One end of a range: a dash or closing bracket must be escaped, and something must follow.
fn class_char(rest: &mut Rest<'_>) -> Result<char, BadGlob> {
    let c = match rest.next() {
        None | Some('-' | ']') => return Err(BadGlob),
        Some('\\') => rest.next().ok_or(BadGlob)?,
        Some(c) => c,
    };
    rest.peek().map(|_| c).ok_or(BadGlob)
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::AnyChar => c != '/',
            Self::Char(wanted) => *wanted == c,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// Linear in the name for each star: only the last star is ever widened.
fn search(tokens: &[Token], name: &str) -> bool {
    let mut rest = name.chars();
    let mut at = 0;
    let mut widen: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        match tokens.get(at) {
            Some(Token::Star) => {
                widen = Some((at + 1, rest.clone()));
                at += 1;
                continue;
            }
            Some(token) => {
                let mut ahead = rest.clone();
                match ahead.next() {
                    None => return false,
                    Some(c) if token.takes(c) => {
                        rest = ahead;
                        at += 1;
                        continue;
                    }
                    Some(_) => {}
                }
            }
            None if rest.as_str().is_empty() => return true,
            None => {}
        }
        let Some((after, from)) = &mut widen else {
            return false;
        };
        if from.next().is_none_or(|c| c == '/') {
            return false;
        }
        at = *after;
        rest = from.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(glob: &str, name: &str) -> Result<bool, BadGlob> {
        Glob::new(glob).map(|glob| glob.matches(name))
    }

    #[test]
    fn follows_go() {
        let cases: [(&str, &str, Result<bool, BadGlob>); 26] = [
            ("abc", "abc", Ok(true)),
            ("*", "abc", Ok(true)),
            ("*c", "abc", Ok(true)),
            ("a*", "a", Ok(true)),
            ("a*b*c*d*e*", "axbxcxdxexxx", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Ok(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Ok(false)),
            ("ab[c]", "abc", Ok(true)),
            ("ab[b-d]", "abc", Ok(true)),
            ("ab[^c]", "abc", Ok(false)),
            ("ab[^e-g]", "abc", Ok(true)),
            ("a\\*b", "a*b", Ok(true)),
            ("a\\*b", "ab", Ok(false)),
            ("a?b", "a☺b", Ok(true)),
            ("a[^a]b", "a☺b", Ok(true)),
            ("[a-ζ]*", "α", Ok(true)),
            ("[\\]a]", "]", Ok(true)),
            ("[\\-x]", "-", Ok(true)),
            ("[x-]", "x", Err(BadGlob)),
            ("[-x]", "x", Err(BadGlob)),
            ("[]a]", "]", Err(BadGlob)),
            ("[a", "a", Err(BadGlob)),
            ("[^bc", "a", Err(BadGlob)),
            ("a\\", "a", Err(BadGlob)),
            ("a[", "b", Err(BadGlob)),
            ("*x", "xxx", Ok(true)),
        ];
        for (glob, name, wanted) in cases {
            assert_eq!(matches(glob, name), wanted, "{glob} {name}");
        }
        assert_eq!(matches("", ""), Ok(true));
        assert_eq!(matches("", "a"), Ok(false));
        assert_eq!(matches("**", "a"), Ok(true));
    }

    #[test]
    fn stars_stop_at_slashes_as_in_go() {
        let cases = [
            ("*.txt", "a.txt", true),
            ("*.txt", "a/b.txt", false),
            ("a*/b", "abc/b", true),
            ("a*b*c", "aXbYbZc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("\\*", "*", true),
            ("templates/.?*", "templates/.x", true),
            ("templates/.?*", "templates/.", false),
            ("", "", true),
            ("?", "/", false),
            ("*", "", true),
        ];
        for (pattern, name, want) in cases {
            assert_eq!(matches(pattern, name), Ok(want), "{pattern} {name}");
        }
        for bad in ["[", "[]", "[a", "[-]", "a\\", "[a-"] {
            assert!(Glob::new(bad).is_err(), "{bad}");
        }
    }

    /// R9: no pattern makes the search explode.
    #[test]
    fn r9_is_fast_on_hostile_globs() {
        let glob = format!("{}b", "a*".repeat(200));
        let name = "a".repeat(4000);
        assert_eq!(matches(&glob, &name), Ok(false));
    }
}

//! The shell patterns of Go's `path.Match`, which `.helmignore` and `--show-only` use.

use thiserror::Error;

/// A pattern that is not well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`: one character that is no slash.
    One,
    /// `*`: any characters that are no slashes.
    Many,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    tokens: Vec<Token>,
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// An open class, an empty one, or an escape of nothing.
    pub fn parse(pattern: &str) -> Result<Self, BadPattern> {
        let mut tokens = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(next) = rest.next() {
            tokens.push(match next {
                '*' => Token::Many,
                '?' => Token::One,
                '\\' => Token::Char(rest.next().ok_or(BadPattern)?),
                '[' => class(&mut rest)?,
                other => Token::Char(other),
            });
        }
        Ok(Self { tokens })
    }

    /// Whether the whole of `name` matches.
    pub fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut at) = (0, 0);
        // Where to go on when what follows the last `*` does not fit: one character later.
        let mut again: Option<(usize, usize)> = None;
        loop {
            let fits = match (self.tokens.get(token), name.get(at)) {
                (None, None) => return true,
                (Some(Token::Many), _) => {
                    again = Some((token, at));
                    token += 1;
                    continue;
                }
                (Some(token), Some(char)) => token.fits(*char),
                (None, Some(_)) | (Some(_), None) => false,
            };
            if fits {
                token += 1;
                at += 1;
                continue;
            }
            match again {
                Some((star, start)) if name.get(start).is_some_and(|char| *char != '/') => {
                    again = Some((star, start + 1));
                    token = star + 1;
                    at = start + 1;
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn fits(&self, char: char) -> bool {
        match self {
            Self::Char(own) => *own == char,
            Self::One => char != '/',
            Self::Many => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&char)) != *negated
            }
        }
    }
}

fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, BadPattern> {
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

fn class_char(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match rest.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => rest.next().ok_or(BadPattern),
        Some(char) => Ok(char),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
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
            assert_eq!(
                PathPattern::parse(pattern).unwrap().matches(name),
                want,
                "{pattern} {name}"
            );
        }
        for bad in ["[", "[]", "[a", "[-]", "a\\", "[a-"] {
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
    }
}

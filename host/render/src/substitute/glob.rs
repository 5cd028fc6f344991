//! Shell patterns of `${v#pattern}` and its kin: `*`, `?`, `[a-z]`, `[^a]`, `\c`. A star matches any characters,
//! slashes too.

enum Token {
    Any,
    One,
    Literal(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Token {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Literal(literal) => *literal == c,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// Which of the beginnings that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// The shortest that is not empty.
    Shortest,
    /// The longest.
    Longest,
}

/// A parsed pattern.
pub struct Pattern(Vec<Token>);

impl Pattern {
    /// Reads a pattern; none when it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let mut tokens = Vec::new();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => Token::Literal(chars.next()?),
                '[' => class(&mut chars)?,
                c => Token::Literal(c),
            });
        }
        Some(Self(tokens))
    }

    /// Most steps of a match with a text of this many bytes.
    pub fn cost(&self, bytes: usize) -> usize {
        (self.0.len() + 1).saturating_mul(bytes + 1)
    }

    /// Where the beginning of the text that matches ends, in bytes; none when no beginning does. All positions of the
    /// pattern are followed at once, so that time is bounded by [`Self::cost`] whatever the pattern (R9).
    pub fn prefix(&self, text: &str, length: Length) -> Option<usize> {
        let mut positions = vec![false; self.0.len() + 1];
        positions[0] = true;
        self.skip_stars(&mut positions);
        let mut next = positions.clone();
        let mut found = None;
        for (at, c) in text.char_indices() {
            next.fill(false);
            for (index, token) in self.0.iter().enumerate().filter(|(index, _)| positions[*index]) {
                if token.accepts(c) {
                    next[if matches!(token, Token::Any) {
                        index
                    } else {
                        index + 1
                    }] = true;
                }
            }
            self.skip_stars(&mut next);
            std::mem::swap(&mut positions, &mut next);
            if positions.last() == Some(&true) {
                found = Some(at + c.len_utf8());
                if length == Length::Shortest {
                    break;
                }
            }
            if !positions.contains(&true) {
                break;
            }
        }
        found
    }

    /// A star may match nothing.
    fn skip_stars(&self, positions: &mut [bool]) {
        for (index, token) in self.0.iter().enumerate() {
            if positions[index] && matches!(token, Token::Any) {
                positions[index + 1] = true;
            }
        }
    }
}

fn class(chars: &mut std::str::Chars<'_>) -> Option<Token> {
    let mut negated = false;
    if chars.as_str().starts_with('^') {
        negated = true;
        chars.next();
    }
    let mut ranges = Vec::new();
    loop {
        if chars.as_str().starts_with(']') && !ranges.is_empty() {
            chars.next();
            return Some(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let mut high = low;
        if chars.as_str().starts_with('-') {
            chars.next();
            high = class_char(chars)?;
        }
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut std::str::Chars<'_>) -> Option<char> {
    match chars.next()? {
        '-' | ']' => None,
        '\\' => chars.next(),
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_shortest_and_the_longest_beginning() {
        let ends = |pattern: &str, text: &str| {
            let pattern = Pattern::parse(pattern).expect("a pattern");
            [Length::Shortest, Length::Longest].map(|length| pattern.prefix(text, length))
        };
        for (pattern, text, want) in [
            ("*", "", [None, None]),
            ("*", "ab", [Some(1), Some(2)]),
            ("*/", "a/b/", [Some(2), Some(4)]),
            ("a*c", "abbcxc", [Some(4), Some(6)]),
            ("a*c", "abb", [None, None]),
            ("a?c", "abc", [Some(3), Some(3)]),
            ("[a-c]x", "bx", [Some(2), Some(2)]),
            ("[^a-c]x", "bx", [None, None]),
            ("\\*", "*", [Some(1), Some(1)]),
            ("?", "é!", [Some(2), Some(2)]),
            ("*.*.*", "a.b.c", [Some(4), Some(5)]),
            ("", "a", [None, None]),
        ] {
            assert_eq!(ends(pattern, text), want, "{pattern} {text}");
        }
        assert!(Pattern::parse("[").is_none());
        assert!(Pattern::parse("a\\").is_none());
    }

    /// R9: a pattern of stars ends.
    #[test]
    fn many_stars_end() {
        let pattern = Pattern::parse(&"*a".repeat(40)).expect("a pattern");
        assert_eq!(pattern.prefix(&"a".repeat(39), Length::Longest), None);
        assert_eq!(pattern.prefix(&"b".repeat(50_000), Length::Longest), None);
        assert_eq!(pattern.prefix(&"a".repeat(50_000), Length::Shortest), Some(40));
    }
}

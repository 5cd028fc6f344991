//! Shell patterns of `${v#pattern}` and its kin: `*`, `?`, `[a-z]`, `[^a]`, `\c`. A star matches any characters,
//! slashes too.

/// Most steps of one match: patterns with many stars are quadratic.
const MAX_STEPS: usize = 1 << 20;

enum Token {
    Any,
    One,
    Literal(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn accepts(&self, c: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Literal(literal) => *literal == c,
            Self::Class { negated, ranges } => ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&c)) != *negated,
        }
    }
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

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        for _ in 0..MAX_STEPS {
            match self.0.get(token) {
                Some(Token::Any) => {
                    retry = Some((token, at));
                    token += 1;
                    continue;
                }
                Some(one) if at < text.len() && one.accepts(text[at]) => {
                    (token, at) = (token + 1, at + 1);
                    continue;
                }
                None if at == text.len() => return true,
                _ => {}
            }
            let Some((star, from)) = retry else { return false };
            if from >= text.len() {
                return false;
            }
            retry = Some((star, from + 1));
            (token, at) = (star + 1, from + 1);
        }
        false
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
    fn matches_as_shells_do() {
        let matches = |pattern: &str, text: &str| Pattern::parse(pattern).map(|p| p.matches(text));
        for (pattern, text, want) in [
            ("*", "", true),
            ("*/", "a/b/", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("\\*", "*", true),
            ("*.*.*", "a.b.c", true),
        ] {
            assert_eq!(matches(pattern, text), Some(want), "{pattern} {text}");
        }
        assert_eq!(matches("[", "a"), None);
        assert_eq!(matches("a\\", "a"), None);
    }

    /// R9: a pattern of stars ends.
    #[test]
    fn many_stars_end() {
        let pattern = Pattern::parse(&"*a".repeat(40)).expect("a pattern");
        assert!(!pattern.matches(&"a".repeat(39)));
        assert!(!pattern.matches(&"b".repeat(5_000)));
    }
}

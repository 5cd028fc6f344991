//! The words of `${…}` expressions: a scanner that the grammar tells at each step what it may read.
//!
//! Envsubst's grammar has no fixed tokens: what ends a word depends on the operator before it, and escapes count in
//! some places only. So each step names what it reads, and the scanner answers with one token.

/// What a step reads besides a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reads {
    /// `${` begins an expression, and ends a word.
    pub open: bool,
    /// `}` ends an expression.
    pub close: bool,
    /// `$$` stands for `$`.
    pub dollars: bool,
    /// `\/` stands for `/`, and `\\` for `\`.
    pub slashes: bool,
}

/// One step's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// The text is over.
    End,
    /// `${`
    Open,
    /// `}`
    Close,
    /// A word, escapes replaced; never empty.
    Word(String),
    /// Something that this step does not read.
    Other,
}

/// Reads a text token by token.
pub struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// The character behind the next one.
    pub fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1)
    }

    /// Reads one token. `accepts` is asked for each character of a word with the word's length up to its end.
    pub fn next(&mut self, reads: Reads, accepts: impl Fn(char, usize) -> bool) -> Token {
        if self.rest.is_empty() {
            return Token::End;
        }
        if reads.open && self.rest.starts_with("${") {
            self.advance(2);
            return Token::Open;
        }
        if reads.close && self.rest.starts_with('}') {
            self.advance(1);
            return Token::Close;
        }
        let word = self.word(reads, accepts);
        if word.is_empty() {
            Token::Other
        } else {
            Token::Word(word)
        }
    }

    fn word(&mut self, reads: Reads, accepts: impl Fn(char, usize) -> bool) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if reads.open && self.rest.starts_with("${") {
                break;
            }
            if let Some(escaped) = self.escaped(reads) {
                word.push(escaped);
                self.advance(2);
                continue;
            }
            if !accepts(c, word.len() + c.len_utf8()) {
                break;
            }
            word.push(c);
            self.advance(c.len_utf8());
        }
        word
    }

    fn escaped(&self, reads: Reads) -> Option<char> {
        match self.rest.as_bytes() {
            [b'$', b'$', ..] if reads.dollars => Some('$'),
            [b'\\', b'/', ..] if reads.slashes => Some('/'),
            [b'\\', b'\\', ..] if reads.slashes => Some('\\'),
            _ => None,
        }
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_reads_only_what_it_names() {
        let mut scanner = Scanner::new("a$$b${c}\n}");
        let text = Reads {
            open: true,
            dollars: true,
            ..Reads::default()
        };
        assert_eq!(scanner.next(text, |_, _| true), Token::Word("a$b".into()));
        assert_eq!(scanner.next(text, |_, _| true), Token::Open);
        let name = Reads::default();
        assert_eq!(
            scanner.next(name, |c, _| c.is_alphabetic()),
            Token::Word("c".into())
        );
        assert_eq!(scanner.next(name, |c, _| c.is_alphabetic()), Token::Other);
        let close = Reads {
            close: true,
            ..Reads::default()
        };
        assert_eq!(scanner.next(close, |_, _| false), Token::Close);
        assert_eq!(scanner.next(name, |c, _| c == '\n'), Token::Word("\n".into()));
        assert_eq!(scanner.line(), 2);
        assert_eq!(scanner.next(close, |_, _| false), Token::Close);
        assert_eq!(scanner.next(text, |_, _| true), Token::End);
    }
}

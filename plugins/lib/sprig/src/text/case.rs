//! `camelcase`, `snakecase` and `kebabcase`, with the word rules of huandu/xstrings.

use super::rune::{self, Category, REPLACEMENT, decode, is_space, push};

/// `camelcase`, which is Pascal case: `http_server` becomes `HttpServer`.
pub fn pascal(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    // The letter that is not written yet; a leading connector is kept.
    let (mut pending, mut length) = (REPLACEMENT, 0);
    let mut lowers = false;
    while !rest.is_empty() {
        (pending, length) = decode(rest);
        rest = &rest[length..];
        if !is_connector(pending) {
            lowers = Category::Upper.has(pending);
            pending = rune::to_upper(pending);
            break;
        }
        push(&mut out, pending);
    }
    if rest.is_empty() {
        if length > 0 {
            push(&mut out, pending);
        }
        return out;
    }
    while !rest.is_empty() {
        let before = pending;
        (pending, length) = decode(rest);
        rest = &rest[length..];
        if is_connector(before) {
            if is_connector(pending) {
                push(&mut out, before);
                continue;
            }
            lowers = Category::Upper.has(pending);
            pending = rune::to_upper(pending);
            continue;
        }
        if lowers {
            if Category::Upper.has(pending) {
                pending = rune::to_lower(pending);
            } else {
                lowers = false;
            }
        }
        push(&mut out, before);
    }
    push(&mut out, pending);
    out
}

/// `snakecase` (`_`) and `kebabcase` (`-`).
pub fn join_words(text: &[u8], connector: char) -> Vec<u8> {
    let mut joiner = Joiner {
        out: Vec::with_capacity(text.len() + 8),
        connector,
        rest: text,
        kind: Kind::Invalid,
        word: &[],
    };
    if !text.is_empty() {
        joiner.run();
    }
    joiner.out
}

fn is_connector(found: char) -> bool {
    found == '-' || found == '_' || is_space(found)
}

/// A letter, but for the CJK characters that stand for words.
fn is_alphabet(found: char) -> bool {
    let is_ideograph =
        matches!(found, '\u{3400}'..='\u{4D85}' | '\u{4E00}'..='\u{9FCC}' | '\u{20000}'..='\u{2B81D}');
    !is_ideograph && Category::Letter.has(found)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Goes over the words, one ahead.
struct Joiner<'a> {
    out: Vec<u8>,
    connector: char,
    rest: &'a [u8],
    kind: Kind,
    word: &'a [u8],
}

impl Joiner<'_> {
    fn run(&mut self) {
        self.advance();
        while !self.rest.is_empty() {
            if self.kind != Kind::Connector {
                self.write();
            }
            let (before, word) = (self.kind, self.word);
            self.advance();
            match before {
                Kind::Number => self.finish_number(),
                Kind::Connector => self.write_word(before, word),
                Kind::Punctuation => {}
                _ => self.follow_letters(),
            }
        }
        self.write();
    }

    /// Letters behind a number belong to it: `2m3s`.
    fn finish_number(&mut self) {
        while matches!(self.kind, Kind::Alphabet | Kind::Number) {
            self.write();
            self.advance();
        }
        if self.kind != Kind::Invalid {
            self.connect();
        }
    }

    fn follow_letters(&mut self) {
        if self.kind != Kind::Number {
            self.connect();
            return;
        }
        if self.rest.is_empty() {
            return;
        }
        let number = self.word;
        self.advance();
        if self.kind != Kind::Alphabet {
            // The number is part of the word before it: `Bld4Floor`.
            self.write_word(Kind::Number, number);
            self.connect();
            return;
        }
        push(&mut self.out, self.connector);
        self.write_word(Kind::Number, number);
        self.finish_number();
    }

    /// Writes a connector, unless what follows separates by itself.
    fn connect(&mut self) {
        if !matches!(self.kind, Kind::Connector | Kind::Punctuation) {
            push(&mut self.out, self.connector);
        }
    }

    fn write(&mut self) {
        self.write_word(self.kind, self.word);
    }

    fn write_word(&mut self, kind: Kind, word: &[u8]) {
        if !matches!(kind, Kind::Upper | Kind::Connector) {
            self.out.extend_from_slice(word);
            return;
        }
        for found in rune::runes(word) {
            let written = if is_connector(found) {
                self.connector
            } else if Category::Upper.has(found) {
                rune::to_lower(found)
            } else {
                found
            };
            push(&mut self.out, written);
        }
    }

    fn advance(&mut self) {
        let (kind, length) = next_word(self.rest);
        self.kind = kind;
        (self.word, self.rest) = self.rest.split_at(length);
    }
}

/// The kind of the word that a text begins with, and its length.
fn next_word(text: &[u8]) -> (Kind, usize) {
    if text.is_empty() {
        return (Kind::Invalid, 0);
    }
    let (first, length) = next_valid(text, REPLACEMENT);
    let upper = |found: char| Category::Upper.has(found);
    let lower = |found: char| is_alphabet(found) && !upper(found);
    let number = |found: char| Category::Number.has(found);
    let punctuation = |found: char| Category::Punctuation.has(found);
    let while_true = |accepts: &dyn Fn(char) -> bool| run_length(text, length, first, accepts);
    match first {
        REPLACEMENT => (Kind::Invalid, length),
        _ if is_connector(first) => (Kind::Connector, while_true(&is_connector)),
        _ if punctuation(first) => (Kind::Punctuation, while_true(&punctuation)),
        _ if upper(first) => (Kind::Upper, upper_word(text, first, length)),
        _ if is_alphabet(first) => (Kind::Alphabet, while_true(&lower)),
        _ if number(first) => (Kind::Number, while_true(&number)),
        _ => {
            let other = |found: char| {
                !(is_connector(found) || is_alphabet(found) || number(found) || punctuation(found))
            };
            (Kind::Other, while_true(&other))
        }
    }
}

/// Length of the word when it goes on while runes are accepted. Bytes that are no UTF-8 count with the rune behind them.
fn run_length(text: &[u8], start: usize, first: char, accepts: &dyn Fn(char) -> bool) -> usize {
    let (mut at, mut before) = (start, first);
    while at < text.len() {
        let (found, length) = next_valid(&text[at..], before);
        if !accepts(found) {
            break;
        }
        at += length;
        before = found;
    }
    at
}

/// A word that begins with an upper case letter: `Status`, or `HTTP` of `HTTPStatus`.
fn upper_word(text: &[u8], first: char, length: usize) -> usize {
    if length >= text.len() {
        return length;
    }
    let (second, second_length) = next_valid(&text[length..], first);
    if !Category::Upper.has(second) {
        if !is_alphabet(second) {
            return length;
        }
        let lower = |found: char| is_alphabet(found) && !Category::Upper.has(found);
        return run_length(text, length + second_length, second, &lower);
    }
    let (mut at, mut last, mut before) = (length + second_length, second_length, second);
    while at < text.len() {
        let (found, found_length) = next_valid(&text[at..], before);
        before = found;
        if !Category::Upper.has(found) {
            break;
        }
        last = found_length;
        at += found_length;
    }
    if at < text.len() && is_alphabet(before) {
        at - last
    } else {
        at
    }
}

/// The next rune that is UTF-8, and the length up to its end; `before` when none is left.
fn next_valid(text: &[u8], before: char) -> (char, usize) {
    let mut at = 0;
    while at < text.len() {
        let (found, length) = decode(&text[at..]);
        at += length;
        if found != REPLACEMENT {
            return (found, at);
        }
    }
    (before, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn joins_words() {
        for (from, wanted) in [
            ("FirstName", "first_name"),
            ("HTTPServer", "http_server"),
            ("NoHTTPS", "no_https"),
            ("GO_PATH", "go_path"),
            ("GO PATH", "go_path"),
            ("http2xx", "http_2xx"),
            ("HTTP20xOK", "http_20x_ok"),
            ("Duration2m3s", "duration_2m3s"),
            ("Bld4Floor3rd", "bld4_floor_3rd"),
            ("a.B", "a.b"),
            ("", ""),
        ] {
            assert_eq!(text(join_words(from.as_bytes(), '_')), wanted, "{from}");
        }
        assert_eq!(text(join_words(b"HTTPServer", '-')), "http-server");
    }

    #[test]
    fn makes_pascal_case() {
        for (from, wanted) in [
            ("some_words", "SomeWords"),
            ("_complex__case_", "_Complex_Case_"),
            ("GOLANG_IS_GREAT", "GolangIsGreat"),
            ("x", "X"),
            ("no_https", "NoHttps"),
            ("_", "__"),
        ] {
            assert_eq!(text(pascal(from.as_bytes())), wanted, "{from}");
        }
    }
}

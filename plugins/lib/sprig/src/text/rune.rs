//! Runes: decoding that never fails, Go's categories and simple case mappings.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

/// What stands for bytes that are no UTF-8, as in Go.
pub const REPLACEMENT: char = '\u{FFFD}';

/// The first rune of some bytes and its length; a byte that is not UTF-8 is [`REPLACEMENT`] of length 1.
pub fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&lead) = bytes.first() else {
        return (REPLACEMENT, 0);
    };
    let length = match lead {
        0x00..=0x7F => return (char::from(lead), 1),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (REPLACEMENT, 1),
    };
    let decoded = bytes
        .get(..length)
        .and_then(|found| std::str::from_utf8(found).ok());
    match decoded.and_then(|text| text.chars().next()) {
        Some(found) => (found, length),
        None => (REPLACEMENT, 1),
    }
}

/// The runes of some bytes.
pub fn runes(bytes: &[u8]) -> impl Iterator<Item = char> {
    positioned(bytes).map(|(_, found, _)| found)
}

/// The runes of some bytes with their positions and lengths.
pub fn positioned(bytes: &[u8]) -> impl Iterator<Item = (usize, char, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (found, length) = decode(&bytes[at..]);
        let start = at;
        at += length;
        (length > 0).then_some((start, found, length))
    })
}

/// Appends a rune as UTF-8.
pub fn push(out: &mut Vec<u8>, found: char) {
    out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A general category, or a group of them.
#[derive(Debug, Clone, Copy)]
pub enum Category {
    /// `Lu`
    Upper,
    /// `Ll`
    Lower,
    /// `Lt`
    Title,
    /// `L`
    Letter,
    /// `Nd`
    Digit,
    /// `N`
    Number,
    /// `P`
    Punctuation,
}

impl Category {
    const NAMES: [&'static str; 7] = ["Lu", "Ll", "Lt", "L", "Nd", "N", "P"];

    /// Whether a rune is of this category.
    pub fn has(self, found: char) -> bool {
        static TABLES: OnceLock<[ClassUnicode; 7]> = OnceLock::new();
        let tables = TABLES.get_or_init(|| Self::NAMES.map(table));
        let ranges = tables[self as usize].ranges();
        let at = ranges.partition_point(|range| range.end() < found);
        ranges.get(at).is_some_and(|range| range.start() <= found)
    }
}

fn table(name: &str) -> ClassUnicode {
    let parsed = regex_syntax::parse(&format!("\\p{{{name}}}")).map(regex_syntax::hir::Hir::into_kind);
    match parsed {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        _ => ClassUnicode::empty(),
    }
}

/// `unicode.IsSpace`.
pub fn is_space(found: char) -> bool {
    match found {
        '\t' | '\n' | '\x0B' | '\x0C' | '\r' | ' ' | '\u{85}' | '\u{A0}' => true,
        _ => !found.is_ascii() && found.is_whitespace(),
    }
}

/// `unicode.ToUpper`: one rune for one rune.
pub fn to_upper(found: char) -> char {
    let mut mapped = found.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(only), None) => only,
        _ => small_iota(found),
    }
}

/// Letters with an iota below, whose full mapping is two letters and whose simple mapping one.
fn small_iota(found: char) -> char {
    let number = u32::from(found);
    let mapped = match number {
        0x1F80..=0x1FAF if number & 8 == 0 => number + 8,
        0x1FB3 | 0x1FC3 | 0x1FF3 => number + 9,
        _ => number,
    };
    char::from_u32(mapped).unwrap_or(found)
}

/// `unicode.ToLower`.
pub fn to_lower(found: char) -> char {
    found.to_lowercase().next().unwrap_or(found)
}

/// `unicode.ToTitle`.
pub fn to_title(found: char) -> char {
    match found {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian letters have upper case, but titles do not use it.
        '\u{10D0}'..='\u{10FA}' | '\u{10FD}'..='\u{10FF}' => found,
        _ => to_upper(found),
    }
}

/// Maps every rune; what is no UTF-8 becomes [`REPLACEMENT`].
pub fn map(bytes: &[u8], change: impl FnMut(char) -> char) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for found in runes(bytes).map(change) {
        push(&mut out, found);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_byte_is_a_rune() {
        assert_eq!(
            runes(b"a\xE2\x82b\xF5").collect::<String>(),
            "a\u{FFFD}\u{FFFD}b\u{FFFD}"
        );
        assert_eq!(runes("é\u{1F600}".as_bytes()).count(), 2);
        assert_eq!(decode(b""), (REPLACEMENT, 0));
    }

    #[test]
    fn case_maps_one_rune_to_one() {
        assert_eq!(to_upper('ß'), 'ß');
        assert_eq!(to_upper('ᾀ'), 'ᾈ');
        assert_eq!(to_lower('İ'), 'i');
        assert_eq!(to_title('ǆ'), 'ǅ');
        assert!(Category::Upper.has('É') && !Category::Upper.has('Ⅰ'));
        assert!(Category::Punctuation.has('_') && !Category::Punctuation.has('$'));
    }
}

//! Words of a text: initials, titles, changes of case word by word.

use super::rune::{self, Category, is_space, map, positioned, push};

/// `initials`: the first byte of every word, taken for a Latin-1 letter.
pub fn initials(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut after_gap = true;
    for &byte in text {
        let found = char::from(byte);
        if is_space(found) {
            after_gap = true;
        } else if after_gap {
            push(&mut out, found);
            after_gap = false;
        }
    }
    out
}

/// `nospace`: without white space; bytes are taken for Latin-1 letters as soon as one is removed.
pub fn without_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|byte| is_space(char::from(*byte))) {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    for found in text
        .iter()
        .map(|byte| char::from(*byte))
        .filter(|found| !is_space(*found))
    {
        push(&mut out, found);
    }
    out
}

/// `untitle`: the first letter of every word in lower case.
pub fn untitle(text: &[u8]) -> Vec<u8> {
    let mut after_gap = true;
    map(text, |found| {
        if is_space(found) {
            after_gap = true;
            found
        } else if std::mem::replace(&mut after_gap, false) {
            rune::to_lower(found)
        } else {
            found
        }
    })
}

/// `swapcase`: lower case letters at the start of a word become title case.
pub fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut after_gap = true;
    map(text, |found| {
        if Category::Upper.has(found) || Category::Title.has(found) {
            after_gap = false;
            rune::to_lower(found)
        } else if Category::Lower.has(found) {
            if std::mem::replace(&mut after_gap, false) {
                rune::to_title(found)
            } else {
                rune::to_upper(found)
            }
        } else {
            after_gap = is_space(found);
            found
        }
    })
}

/// `title`: Go's `strings.Title`.
pub fn title(text: &[u8]) -> Vec<u8> {
    let mut before = ' ';
    map(text, |found| {
        let starts = is_separator(before);
        before = found;
        if starts { rune::to_title(found) } else { found }
    })
}

fn is_separator(found: char) -> bool {
    if found.is_ascii() {
        return !(found.is_ascii_alphanumeric() || found == '_');
    }
    !Category::Letter.has(found) && !Category::Digit.has(found) && is_space(found)
}

/// `strings.TrimSpace`.
pub fn trim_space(text: &[u8]) -> &[u8] {
    trim_right(trim_left(text, is_space), is_space)
}

/// `strings.Trim`: without the runes of a set at both ends.
pub fn trim<'a>(text: &'a [u8], set: &[u8]) -> &'a [u8] {
    let set: Vec<char> = rune::runes(set).collect();
    let unwanted = |found: char| set.contains(&found);
    trim_right(trim_left(text, unwanted), unwanted)
}

fn trim_left(text: &[u8], unwanted: impl Fn(char) -> bool) -> &[u8] {
    let start = positioned(text).find(|(_, found, _)| !unwanted(*found));
    start.map_or(&[], |(at, _, _)| &text[at..])
}

fn trim_right(text: &[u8], unwanted: impl Fn(char) -> bool) -> &[u8] {
    let mut end = text.len();
    while end > 0 {
        let (found, length) = decode_last(&text[..end]);
        if !unwanted(found) {
            break;
        }
        end -= length;
    }
    &text[..end]
}

/// The last rune of some bytes and its length.
fn decode_last(text: &[u8]) -> (char, usize) {
    let earliest = text.len().saturating_sub(4);
    for start in (earliest..text.len()).rev() {
        let (found, length) = rune::decode(&text[start..]);
        if length == text.len() - start && (length > 1 || text[start] < 0x80) {
            return (found, length);
        }
    }
    (rune::REPLACEMENT, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_word_by_word() {
        assert_eq!(initials(b"First Try"), b"FT");
        assert_eq!(initials("été a".as_bytes()), "Ãa".as_bytes());
        assert_eq!(without_space(b"hello w o r l d"), b"helloworld");
        assert_eq!(untitle(b"Hello World"), b"hello world");
        assert_eq!(swap_case(b"This Is A.Test"), b"tHIS iS a.tEST");
        assert_eq!(
            title(b"hello wOrld it's foo-bar_baz"),
            b"Hello WOrld It'S Foo-Bar_baz"
        );
    }

    #[test]
    fn trims_runes_at_both_ends() {
        assert_eq!(trim_space("\u{2003} a b\u{85}\n".as_bytes()), b"a b");
        assert_eq!(trim("ééaéxé".as_bytes(), "éx".as_bytes()), b"a");
        assert_eq!(trim(b"  ", b" "), b"");
        assert_eq!(trim_space(b"\xFF a \xFF"), b"\xFF a \xFF");
    }
}

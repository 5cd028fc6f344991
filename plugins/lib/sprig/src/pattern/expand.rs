//! Replacement texts: `$1`, `${name}`, `$$`.

use super::Pattern;
use crate::text::rune::{self, Category};

/// A part of a replacement text.
pub(super) enum Part {
    Text(Vec<u8>),
    Group(usize),
}

impl Pattern {
    /// Takes a replacement text apart. A name goes on as long as there are letters, digits and underscores, so that `$1W` is
    /// the group `1W`; a group that does not exist is empty.
    pub(super) fn parts_of(&self, template: &[u8]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(at) = rest.iter().position(|byte| *byte == b'$') {
            parts.push(Part::Text(rest[..at].to_vec()));
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                parts.push(Part::Text(b"$".to_vec()));
                rest = after;
            } else if let Some((name, after)) = group_name(rest) {
                parts.extend(self.group_of(name).map(Part::Group));
                rest = after;
            } else {
                parts.push(Part::Text(b"$".to_vec()));
            }
        }
        parts.push(Part::Text(rest.to_vec()));
        parts
    }

    fn group_of(&self, name: &[u8]) -> Option<usize> {
        let is_number = name.iter().all(u8::is_ascii_digit) && (name.len() == 1 || name[0] != b'0');
        if is_number {
            let number: usize = std::str::from_utf8(name).ok()?.parse().ok()?;
            return (number < self.names.len()).then_some(number);
        }
        self.names.iter().position(|found| found == name)
    }
}

/// The name behind a `$`, and what follows.
fn group_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let braced = text.strip_prefix(b"{");
    let text = braced.unwrap_or(text);
    let is_word = |found: char| found == '_' || Category::Letter.has(found) || Category::Digit.has(found);
    let end = rune::positioned(text).find(|(_, found, _)| !is_word(*found));
    let (name, rest) = text.split_at(end.map_or(text.len(), |(at, _, _)| at));
    if name.is_empty() {
        return None;
    }
    match braced {
        None => Some((name, rest)),
        Some(_) => Some((name, rest.strip_prefix(b"}")?)),
    }
}

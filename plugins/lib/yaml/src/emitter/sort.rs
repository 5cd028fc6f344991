//! go-yaml's natural order of keys: letters behind everything else, numbers by value.

use crate::resolve::Schema;
use std::cmp::Ordering;

/// Sorts keys by go-yaml's order. That order is not transitive for all keys (`12` < `1a` < `9` < `12` in v2), for which
/// go-yaml prints one of several orders; here it depends on the keys alone.
pub(crate) fn sort_keys<T>(entries: &mut Vec<(&str, T)>, schema: Schema) {
    entries.sort_by(|a, b| a.0.cmp(b.0));
    if entries
        .windows(2)
        .all(|pair| !natural_less(pair[1].0, pair[0].0, schema))
    {
        return;
    }
    let taken = std::mem::take(entries);
    *entries = merge_sort(taken, &|a: &str, b: &str| natural_less(a, b, schema));
}

/// The standard sorts may panic on an order that is not total, so this one is spelled out.
fn merge_sort<'k, T>(
    mut entries: Vec<(&'k str, T)>,
    less: &impl Fn(&str, &str) -> bool,
) -> Vec<(&'k str, T)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = entries.split_off(entries.len() / 2);
    let mut left = merge_sort(entries, less).into_iter().peekable();
    let mut right = merge_sort(right, less).into_iter().peekable();
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let next = if less(b, a) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Whether `a` goes before `b`.
fn natural_less(a: &str, b: &str, schema: Schema) -> bool {
    let same = common_prefix(a, b);
    let (rest_a, rest_b) = (&a[same..], &b[same..]);
    let (Some(next_a), Some(next_b)) = (rest_a.chars().next(), rest_b.chars().next()) else {
        return rest_a.len() < rest_b.len();
    };
    match (next_a.is_alphabetic(), next_b.is_alphabetic()) {
        (true, true) => return next_a < next_b,
        (false, false) => {}
        (letter_a, letter_b) => {
            let after_digit = schema == Schema::V3 && a[..same].ends_with(is_digit);
            return if after_digit { letter_a } else { letter_b };
        }
    }
    let zeros = next_a == '0' || next_b == '0';
    let start = if zeros && ends_with_significant_digits(&a[..same]) {
        1
    } else {
        0
    };
    let (number_a, length_a) = number(rest_a, start);
    let (number_b, length_b) = number(rest_b, start);
    match (number_a.cmp(&number_b), length_a.cmp(&length_b)) {
        (Ordering::Equal, Ordering::Equal) => next_a < next_b,
        (Ordering::Equal, order) | (order, _) => order == Ordering::Less,
    }
}

/// Length in bytes of the characters both texts begin with.
fn common_prefix(a: &str, b: &str) -> usize {
    let mut same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !a.is_char_boundary(same) {
        same -= 1;
    }
    same
}

fn is_digit(found: char) -> bool {
    found.is_ascii_digit()
}

/// Whether a text ends with digits that are not all zeros.
fn ends_with_significant_digits(text: &str) -> bool {
    text.bytes()
        .rev()
        .take_while(u8::is_ascii_digit)
        .any(|digit| digit != b'0')
}

/// The number a text begins with, on top of `start`, and its length.
fn number(text: &str, start: i64) -> (i64, usize) {
    let digits = text.bytes().take_while(u8::is_ascii_digit);
    digits.fold((start, 0), |(value, length), digit| {
        (
            value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0')),
            length + 1,
        )
    })
}

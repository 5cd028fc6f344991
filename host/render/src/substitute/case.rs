//! Letter case as Go maps it: one character becomes one character (Unicode's simple mappings).

/// The upper case of a character.
pub fn upper(c: char) -> char {
    // letters with iota below, whose full mapping is two letters
    let simple = match c {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => Some(8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => Some(9),
        _ => None,
    };
    match simple {
        Some(distance) => char::from_u32(u32::from(c) + distance).unwrap_or(c),
        None => single(c.to_uppercase()).unwrap_or(c),
    }
}

/// The lower case of a character.
pub fn lower(c: char) -> char {
    if c == '\u{130}' {
        'i'
    } else {
        single(c.to_lowercase()).unwrap_or(c)
    }
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    let first = mapped.next()?;
    mapped.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_becomes_two() {
        let upper_all = |text: &str| text.chars().map(upper).collect::<String>();
        let lower_all = |text: &str| text.chars().map(lower).collect::<String>();
        assert_eq!(upper_all("straße éᾳŉ"), "STRAßE Éᾼŉ");
        assert_eq!(lower_all("İΣÉ"), "iσé");
    }
}

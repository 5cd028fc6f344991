//! Formats of `printf`.

use crate::random::Random;

/// A format with any verbs, flags, widths, precisions and indexes of arguments.
pub fn format(random: &mut Random) -> String {
    let mut out = String::new();
    for _ in 0..random.between(1, 3) {
        out.push_str(random.pick(&["", "", "a", " ", "é", "%%", "|"]));
        out.push('%');
        out.push_str(random.pick(&[
            "", "", "", "", "+", "-", "#", " ", "0", "+#", "-0", "[1]", "[2]", "[9]", "[", "[x]",
        ]));
        out.push_str(random.pick(&["", "", "", "1", "5", "12", "*", "[2]*", "0"]));
        out.push_str(random.pick(&["", "", "", ".", ".0", ".2", ".10", ".*", ".[1]*"]));
        out.push_str(random.pick(&[
            "v", "v", "d", "s", "q", "t", "x", "X", "f", "e", "g", "G", "E", "F", "b", "o", "O", "c", "U",
            "T", "p", "w", "z", "", "%", "!", "é",
        ]));
    }
    out
}

//! Numbers as the library that helm uses prints them in English: in groups of three, and powers of ten above a million.

/// Digits, sign and fraction of a count.
pub(super) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number of a schema or of values.
pub(super) fn number(number: f64) -> String {
    // The shortest digits that read back, as `1.5e-7`.
    let text = format!("{number:e}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return grouped(&number.to_string());
    }
    let sign = if exponent < 0 { "⁻" } else { "" };
    let power: String = format!("{:02}", exponent.abs())
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .map(|digit| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][digit as usize])
        .collect();
    format!("{digits}×10{sign}{power}")
}

fn grouped(text: &str) -> String {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", whole),
    };
    let mut out = String::from(sign);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{count, number};

    /// What helm 4.3.1 prints.
    #[test]
    fn numbers_are_printed_as_helm_prints_them() {
        for (given, want) in [
            (0.0, "0"),
            (-5.0, "-5"),
            (12.5, "12.5"),
            (1000.0, "1,000"),
            (-12345.0, "-12,345"),
            (999_999.5, "999,999.5"),
            (123_456.789_123_4, "123,456.7891234"),
            (0.0001, "0.0001"),
            (0.000_123_45, "0.00012345"),
            (1e-5, "1×10⁻⁰⁵"),
            (1e6, "1×10⁰⁶"),
            (-1_234_567.0, "-1.234567×10⁰⁶"),
            (1e100, "1×10¹⁰⁰"),
            (5e-324, "5×10⁻³²⁴"),
        ] {
            assert_eq!(number(given), want);
        }
        assert_eq!(count(2000), "2,000");
        assert_eq!(count(123), "123");
    }
}

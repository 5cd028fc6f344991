//! Floating-point numbers as `strconv.FormatFloat` writes them.

use super::printer::Printer;

/// No `f64` has more significant digits; what a larger precision asks for are zeros.
const MOST_DIGITS: usize = 1100;

/// `strconv.FormatFloat(number, 'g', -1, 64)`: what `{{ number }}` prints.
pub fn format_float(number: f64) -> String {
    let mut out = Vec::new();
    append(&mut out, number, b'g', None);
    String::from_utf8(out).unwrap_or_default()
}

/// The shortest text that reads back, as `1.5e-7`. Two texts may be as near; Go takes the one with the even digit.
pub fn shortest(number: f64) -> String {
    const MAY_BE_TIED: usize = 16;
    let text = format!("{number:e}");
    let digits = text
        .bytes()
        .take_while(|byte| *byte != b'e')
        .filter(u8::is_ascii_digit)
        .count();
    if digits < MAY_BE_TIED {
        return text;
    }
    let precision = digits - 1;
    let rounded = format!("{number:.precision$e}");
    if rounded.parse() == Ok(number) {
        rounded
    } else {
        text
    }
}

/// A number's digits without trailing zeros: 0.DIGITS × 10^point.
struct Decimal {
    digits: Vec<u8>,
    point: i32,
}

impl Decimal {
    /// From Rust's scientific notation, which is exact for a precision and shortest without one.
    fn new(number: f64, digits: Option<usize>) -> Self {
        let text = match digits {
            None => shortest(number),
            Some(count) => {
                let precision = count.clamp(1, MOST_DIGITS) - 1;
                format!("{number:.precision$e}")
            }
        };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let point = if digits.is_empty() { 0 } else { exponent + 1 };
        Self { digits, point }
    }

    fn len(&self) -> usize {
        self.digits.len()
    }

    fn digit(&self, at: i64) -> u8 {
        usize::try_from(at)
            .ok()
            .and_then(|at| self.digits.get(at).copied())
            .unwrap_or(b'0')
    }

    fn scientific(&self, out: &mut Vec<u8>, precision: usize, letter: u8) {
        out.push(self.digit(0));
        if precision > 0 {
            out.push(b'.');
            let have = self.len().clamp(1, precision + 1);
            out.extend_from_slice(self.digits.get(1..have).unwrap_or_default());
            out.resize(out.len() + precision + 1 - have, b'0');
        }
        let exponent = if self.digits.is_empty() { 0 } else { self.point - 1 };
        out.push(letter);
        append_exponent(out, exponent);
    }

    fn fixed(&self, out: &mut Vec<u8>, precision: usize) {
        if self.point > 0 {
            out.extend((0..i64::from(self.point)).map(|at| self.digit(at)));
        } else {
            out.push(b'0');
        }
        if precision > 0 {
            out.push(b'.');
            out.extend((0..precision).map(|at| self.digit(i64::from(self.point) + at as i64)));
        }
    }

    /// `%g`: scientific where the exponent is small or not below the precision.
    fn general(&self, out: &mut Vec<u8>, precision: Option<usize>, letter: u8) {
        let have = self.len() as i32;
        let wanted = precision.map_or(self.len(), |precision| precision.max(1));
        let mut threshold = i32::try_from(wanted).unwrap_or(i32::MAX);
        if threshold > have && have >= self.point {
            threshold = have;
        }
        if precision.is_none() {
            threshold = 6;
        }
        let exponent = self.point - 1;
        if exponent < -4 || exponent >= threshold {
            self.scientific(out, wanted.min(self.len()).saturating_sub(1), letter);
        } else {
            self.fixed(out, usize::try_from(have - self.point).unwrap_or(0));
        }
    }
}

/// Sign and at least two digits.
fn append_exponent(out: &mut Vec<u8>, exponent: i32) {
    out.push(if exponent < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", exponent.unsigned_abs()).as_bytes());
}

/// `strconv.AppendFloat`; no precision means the shortest text that reads back as the number.
fn append(out: &mut Vec<u8>, number: f64, verb: u8, precision: Option<usize>) {
    if number.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if number.is_infinite() {
        out.extend_from_slice(if number > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    if number.is_sign_negative() {
        out.push(b'-');
    }
    let number = number.abs();
    match verb {
        b'b' => append_binary(out, number),
        b'x' | b'X' => append_hexadecimal(out, number, verb, precision),
        b'e' | b'E' => {
            let decimal = Decimal::new(number, precision.map(|precision| precision + 1));
            let shortest = decimal.len().saturating_sub(1);
            decimal.scientific(out, precision.unwrap_or(shortest), verb);
        }
        b'f' => append_fixed(out, number, precision),
        _ => {
            let digits = precision.map(|precision| precision.max(1));
            let letter = if verb == b'G' { b'E' } else { b'e' };
            Decimal::new(number, digits).general(out, precision, letter);
        }
    }
}

fn append_fixed(out: &mut Vec<u8>, number: f64, precision: Option<usize>) {
    match precision {
        None => {
            let decimal = Decimal::new(number, None);
            let fraction = decimal.len() as i64 - i64::from(decimal.point);
            decimal.fixed(out, usize::try_from(fraction).unwrap_or(0));
        }
        Some(precision) => {
            let known = precision.min(MOST_DIGITS);
            out.extend_from_slice(format!("{number:.known$}").as_bytes());
            out.resize(out.len() + precision - known, b'0');
        }
    }
}

/// Mantissa with the hidden bit, and the exponent of its last bit.
fn parts(number: f64) -> (u64, i32) {
    let bits = number.to_bits();
    let mantissa = bits & ((1 << 52) - 1);
    match (bits >> 52) & 0x7ff {
        0 => (mantissa, 1 - 1023),
        exponent => (mantissa | 1 << 52, exponent as i32 - 1023),
    }
}

fn append_binary(out: &mut Vec<u8>, number: f64) {
    let (mantissa, exponent) = parts(number);
    out.extend_from_slice(format!("{mantissa}p{:+}", exponent - 52).as_bytes());
}

fn append_hexadecimal(out: &mut Vec<u8>, number: f64, verb: u8, precision: Option<usize>) {
    const ONE: u64 = 1 << 60;
    let (mut mantissa, mut exponent) = parts(number);
    if mantissa == 0 {
        exponent = 0;
    }
    mantissa <<= 60 - 52;
    while mantissa != 0 && mantissa & ONE == 0 {
        mantissa <<= 1;
        exponent -= 1;
    }
    if let Some(precision) = precision.filter(|precision| *precision < 15) {
        let shift = precision * 4;
        let extra = (mantissa << shift) & (ONE - 1);
        mantissa >>= 60 - shift;
        if extra | (mantissa & 1) > ONE / 2 {
            mantissa += 1;
        }
        mantissa <<= 60 - shift;
        if mantissa & (ONE << 1) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    out.extend_from_slice(&[b'0', verb, b'0' + ((mantissa >> 60) & 1) as u8]);
    mantissa <<= 4;
    let digit = |mantissa: u64| {
        let table = if verb == b'X' {
            b"0123456789ABCDEF"
        } else {
            b"0123456789abcdef"
        };
        table[(mantissa >> 60) as usize]
    };
    match precision {
        None if mantissa != 0 => {
            out.push(b'.');
            while mantissa != 0 {
                out.push(digit(mantissa));
                mantissa <<= 4;
            }
        }
        Some(precision) if precision > 0 => {
            out.push(b'.');
            for _ in 0..precision {
                out.push(digit(mantissa));
                mantissa <<= 4;
            }
        }
        _ => {}
    }
    out.push(if verb == b'X' { b'P' } else { b'p' });
    append_exponent(out, exponent);
}

impl Printer<'_> {
    /// A float under a verb; false for a verb that floats do not have.
    pub(super) fn float(&mut self, number: f64, verb: char) -> bool {
        let (verb, precision) = match verb {
            'v' => (b'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, None),
            'f' | 'e' | 'E' => (verb as u8, Some(6)),
            'F' => (b'f', Some(6)),
            _ => return false,
        };
        let precision = self.flags.precision.or(precision);
        let mut text = Vec::with_capacity(24);
        append(&mut text, number, verb, precision);
        if !matches!(text.first(), Some(b'-' | b'+')) {
            text.insert(0, b'+');
        }
        if self.flags.space && text[0] == b'+' && !self.flags.plus {
            text[0] = b' ';
        }
        if matches!(text[1], b'I' | b'N') {
            let unsigned = text[1] == b'N' && !self.flags.space && !self.flags.plus;
            self.pad_with_blanks(&text[usize::from(unsigned)..]);
            return true;
        }
        if self.flags.sharp && verb != b'b' {
            keep_zeros(&mut text, verb, precision);
        }
        self.signed(&text);
        true
    }

    /// Writes a number that starts with its sign; zeros stand between the sign and the digits.
    fn signed(&mut self, text: &[u8]) {
        let flags = self.flags;
        if !flags.plus && text[0] == b'+' {
            self.pad(&text[1..]);
            return;
        }
        match flags.width {
            Some(width) if flags.zero && !flags.minus && width > text.len() => {
                self.write_byte(text[0]);
                self.write_padding(width - text.len());
                self.write(&text[1..]);
            }
            _ => self.pad(text),
        }
    }
}

/// The sharp flag: a decimal point always, and the zeros that `%g` drops.
fn keep_zeros(text: &mut Vec<u8>, verb: u8, precision: Option<usize>) {
    let mut missing = match verb {
        b'g' | b'G' | b'x' => precision.map_or(6, |precision| precision as i64),
        _ => 0,
    };
    let hexadecimal = matches!(verb, b'x' | b'X');
    let is_exponent =
        |byte: &u8| matches!(byte, b'p' | b'P') || (!hexadecimal && matches!(byte, b'e' | b'E'));
    let end = text
        .iter()
        .skip(1)
        .position(is_exponent)
        .map_or(text.len(), |at| at + 1);
    let tail = text.split_off(end);
    let mut significant = false;
    for byte in text.iter().skip(1).filter(|byte| **byte != b'.') {
        significant |= *byte != b'0';
        missing -= i64::from(significant);
    }
    if !text.contains(&b'.') {
        if text.len() == 2 && text[1] == b'0' {
            missing -= 1;
        }
        text.push(b'.');
    }
    let missing = usize::try_from(missing).unwrap_or(0);
    text.resize(text.len() + missing, b'0');
    text.extend(tail);
}

//! Random formats and values, the same for the same seed.

use sluice_go_template::{IntKind, Map, MapType, UintKind, Value};

/// A small generator (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    fn float(&mut self) -> f64 {
        const SPECIAL: [f64; 18] = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            1.5,
            2.5,
            0.1,
            1e6,
            1e21,
            1e20,
            1e-5,
            123_456.0,
            1_234_567.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            9_007_199_254_740_993.0,
        ];
        match self.below(5) {
            0 => *self.one(&SPECIAL),
            1 => f64::from_bits(self.next()),
            2 => (self.below(2_000_000) as f64 - 1_000_000.0) / 8.0,
            3 => self.below(100_000) as f64 / 100.0,
            _ => self.below(1 << 60) as f64,
        }
    }

    fn text(&mut self) -> Vec<u8> {
        const PIECES: [&[u8]; 22] = [
            b"a",
            b"bc",
            b" ",
            b"\"",
            b"\\",
            b"\n",
            b"\t",
            b"\0",
            b"\x7f",
            b"\xff",
            b"`",
            b"'",
            b"\xc3",
            b"%",
            b"0",
            b"\x1b",
            "é".as_bytes(),
            "\u{a0}".as_bytes(),
            "日".as_bytes(),
            "\u{feff}".as_bytes(),
            "😀".as_bytes(),
            "\u{378}".as_bytes(),
        ];
        let count = self.below(6);
        (0..count).flat_map(|_| self.one(&PIECES).to_vec()).collect()
    }

    pub fn value(&mut self, depth: usize) -> Value {
        let nested = if depth > 0 { 14 } else { 10 };
        match self.below(nested) {
            0 => Value::Nil,
            1 => Value::Bool(self.below(2) == 0),
            2 => Value::int(*self.one(&[
                0,
                1,
                -1,
                42,
                65,
                0x1f600,
                0x10_ffff + 1,
                i64::MAX,
                i64::MIN,
                0xd800,
            ])),
            3 => Value::int64(self.next().cast_signed()),
            4 => Value::Int(IntKind::Int8, i64::from(self.next() as i8)),
            5 => Value::Uint(UintKind::Uint64, self.next()),
            6 => Value::Uint(UintKind::Uint8, self.below(256)),
            7 => Value::Float(self.float()),
            8 => Value::from(self.text()),
            9 => Value::bytes(self.text()),
            10 if depth == 2 => Value::error(String::from_utf8_lossy(&self.text()).into_owned()),
            11 => {
                let count = self.below(4);
                Value::list((0..count).map(|_| self.value(depth - 1)).collect())
            }
            12 => {
                let count = self.below(4);
                Value::map(
                    (0..count)
                        .map(|_| (self.text(), self.value(depth - 1)))
                        .collect::<Vec<_>>(),
                )
            }
            _ if self.below(2) == 0 => {
                Value::strings((0..self.below(3)).map(|_| self.text()).collect::<Vec<_>>())
            }
            _ => {
                let entries: Vec<_> = (0..self.below(3))
                    .map(|_| (self.text(), Value::from(self.text())))
                    .collect();
                Value::Map(Map::from_entries(&MapType::STRINGS, entries))
            }
        }
    }

    /// A directive, now and then a malformed one.
    fn directive(&mut self) -> Vec<u8> {
        let mut out = vec![b'%'];
        for _ in 0..self.below(3) {
            out.push(*self.one(b"+-# 0"));
        }
        if self.below(12) == 0 {
            let index = *self.one(&["[1]", "[2]", "[3]", "[9]", "[", "[x]", "[-1]", "[]", "[0]"]);
            out.extend_from_slice(index.as_bytes());
        }
        match self.below(6) {
            0 => out.extend_from_slice(self.below(30).to_string().as_bytes()),
            1 if self.below(4) == 0 => out.push(b'*'),
            _ => {}
        }
        match self.below(8) {
            0 | 1 => out.extend_from_slice(format!(".{}", self.below(25)).as_bytes()),
            2 => out.push(b'.'),
            3 if self.below(4) == 0 => out.extend_from_slice(b".*"),
            _ => {}
        }
        let verbs = b"vvvvvTdsqxXobOeEfFgGcUtttsdzw%!";
        match self.below(60) {
            0 => {}
            1 => out.extend_from_slice("é".as_bytes()),
            2 => out.push(0xff),
            _ => out.push(*self.one(verbs)),
        }
        out
    }

    pub fn format(&mut self) -> Vec<u8> {
        let count = 1 + self.below(2);
        let mut out = Vec::new();
        for _ in 0..count {
            out.extend(self.directive());
            if self.below(3) == 0 {
                out.extend_from_slice(b"| ");
            }
        }
        out
    }
}

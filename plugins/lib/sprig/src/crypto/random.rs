//! Randomness from a seed of the caller: the same seed gives the same values.

use rand_wasi::rngs::StdRng;
use rand_wasi::{Rng, RngExt as _, SeedableRng as _};

/// A source of random values.
pub struct Randomness(StdRng);

/// Which characters a random text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Letters and digits.
    AlphaNumeric,
    /// Letters.
    Alphabetic,
    /// Digits.
    Numeric,
    /// Printable ASCII and the blank.
    Ascii,
}

impl Randomness {
    /// A source that gives the values of this seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// A number below a bound; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            0
        } else {
            self.0.random_range(0..bound)
        }
    }

    /// Fills with random bytes.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A text of so many characters.
    pub fn text(&mut self, length: usize, alphabet: Alphabet) -> Vec<u8> {
        let allowed: Vec<u8> = (b' '..=b'~')
            .filter(|byte| match alphabet {
                Alphabet::AlphaNumeric => byte.is_ascii_alphanumeric(),
                Alphabet::Alphabetic => byte.is_ascii_alphabetic(),
                Alphabet::Numeric => byte.is_ascii_digit(),
                Alphabet::Ascii => true,
            })
            .collect();
        let mut pick = || allowed[self.0.random_range(0..allowed.len())];
        (0..length).map(|_| pick()).collect()
    }

    /// A random UUID (version 4) in its usual form.
    pub fn uuid(&mut self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..]
        )
    }

    pub(super) fn generator(&mut self) -> &mut StdRng {
        &mut self.0
    }
}

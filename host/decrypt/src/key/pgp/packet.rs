//! Packets and their numbers (RFC 4880, sections 3.2 and 4).

use zeroize::Zeroizing;

pub(super) const ENCRYPTED_SESSION_KEY: u8 = 1;
pub(super) const SECRET_KEY: u8 = 5;
pub(super) const SECRET_SUBKEY: u8 = 7;
pub(super) const COMPRESSED: u8 = 8;
pub(super) const LITERAL: u8 = 11;
pub(super) const PROTECTED_DATA: u8 = 18;
pub(super) const OCB_DATA: u8 = 20;

/// A packet.
pub(super) struct Packet {
    pub tag: u8,
    pub body: Zeroizing<Vec<u8>>,
}

/// The packets of some bytes; a broken one is the last.
pub(super) struct Packets<'a> {
    rest: Option<Reader<'a>>,
}

impl<'a> Packets<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: Some(Reader(bytes)),
        }
    }
}

impl Iterator for Packets<'_> {
    type Item = Option<Packet>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = self.rest.as_mut().filter(|reader| !reader.0.is_empty())?;
        let packet = read(reader);
        if packet.is_none() {
            self.rest = None;
        }
        Some(packet)
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Packet> {
    let head = reader.byte()?;
    if head & 0x80 == 0 {
        return None;
    }
    let mut body = Zeroizing::new(Vec::new());
    if head & 0x40 != 0 {
        loop {
            let (length, is_partial) = new_length(reader)?;
            body.extend_from_slice(reader.take(length)?);
            if !is_partial {
                return Some(Packet {
                    tag: head & 0x3f,
                    body,
                });
            }
        }
    }
    let length = match head & 3 {
        0 => usize::from(reader.byte()?),
        1 => reader.number(2)?,
        2 => reader.number(4)?,
        _ => reader.0.len(),
    };
    body.extend_from_slice(reader.take(length)?);
    Some(Packet {
        tag: head >> 2 & 0x0f,
        body,
    })
}

/// A length, and whether another part of the body follows.
fn new_length(reader: &mut Reader<'_>) -> Option<(usize, bool)> {
    let first = reader.byte()?;
    Some(match first {
        0..192 => (usize::from(first), false),
        192..224 => (
            ((usize::from(first) - 192) << 8) + usize::from(reader.byte()?) + 192,
            false,
        ),
        255 => (reader.number(4)?, false),
        _ => (1 << (first & 0x1f), true),
    })
}

/// A cursor over bytes.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    /// Big endian.
    pub fn number(&mut self, length: usize) -> Option<usize> {
        let bytes = self.take(length)?;
        Some(
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | usize::from(*byte)),
        )
    }

    /// A multiprecision integer without leading zeros.
    pub fn integer(&mut self) -> Option<&'a [u8]> {
        let bits = self.number(2)?;
        let bytes = self.take(bits.div_ceil(8))?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        Some(&bytes[zeros..])
    }
}

//! Times and durations as Go prints and parses them.

mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod zone;

pub(crate) use layout::WEEK_DAYS;

pub use duration::{Duration, DurationError};
pub use moment::Moment;
pub use parse::ParseTimeError;
pub use zone::Zone;

/// Go's own quoting in errors of this package: bytes that are no printable ASCII as `\x..`.
fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=0x7F => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\x{byte:02x}")),
        }
    }
    out.push('"');
    out
}

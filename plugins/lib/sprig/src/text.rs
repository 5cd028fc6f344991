//! Text as Go handles it: bytes that are usually UTF-8, taken apart rune by rune.

pub mod case;
pub mod path;
pub mod rune;
pub mod words;
pub mod wrap;

//! TOML as BurntSushi's library writes it, and as the `toml` crate reads it.

mod key;
mod read;
mod write;

pub use read::read;
pub use write::write;

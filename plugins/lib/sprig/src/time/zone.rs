//! Time zones by name, from the database that is compiled in: no file of the machine is read.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// A time zone. The local one is UTC: a rendering must not depend on where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zone {
    /// `UTC`
    Utc,
    /// `Local`
    Local,
    /// One of the database.
    Named(TimeZone),
    /// An offset in seconds east of UTC, with an abbreviation that may be empty.
    Fixed(Vec<u8>, i64),
}

impl Zone {
    /// `time.LoadLocation`; `None` when there is no such zone.
    pub fn load(name: &[u8]) -> Option<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        match name {
            b"" | b"UTC" => return Some(Self::Utc),
            b"Local" => return Some(Self::Local),
            _ => {}
        }
        let name = std::str::from_utf8(name).ok()?;
        let database = DATABASE.get_or_init(TimeZoneDatabase::bundled);
        // Go finds files, so case matters.
        let zone = database.get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Self::Named(zone))
    }

    /// Abbreviation and seconds east of UTC at a time.
    pub(super) fn at(&self, unix: i64) -> (Vec<u8>, i64) {
        match self {
            Self::Utc | Self::Local => (b"UTC".to_vec(), 0),
            Self::Fixed(name, offset) => (name.clone(), *offset),
            Self::Named(zone) => {
                let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let time = Timestamp::from_second(unix.clamp(first, last)).unwrap_or_default();
                let info = zone.to_offset_info(time);
                (
                    info.abbreviation().as_bytes().to_vec(),
                    i64::from(info.offset().seconds()),
                )
            }
        }
    }
}

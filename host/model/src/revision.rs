//! Revisions of sources: `<reference>@<algorithm>:<hex>` or `<algorithm>:<hex>` (Flux RFC-0005).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A revision, kept as the text that stands in status.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub String);

impl Revision {
    /// The part before `@`, empty when there is none.
    pub fn reference(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(reference, _)| reference)
    }

    /// The hexadecimal checksum, empty when there is none.
    pub fn checksum(&self) -> &str {
        let tail = self.0.rsplit_once('@').map_or(self.0.as_str(), |(_, tail)| tail);
        tail.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Revision {
    fn from(text: String) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_reference_and_checksum() {
        let revision = Revision("feature/x@sha1:00ff".into());
        assert_eq!((revision.reference(), revision.checksum()), ("feature/x", "00ff"));
        let bare = Revision("sha1:00ff".into());
        assert_eq!((bare.reference(), bare.checksum()), ("", "00ff"));
    }
}

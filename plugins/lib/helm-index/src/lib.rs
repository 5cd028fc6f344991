//! Indexes of Helm repositories. [`convert`] reads `index.yaml`, YAML or JSON, in parts and under limits, drops versions
//! that no chart could have, sorts the rest and writes JSON; [`find`] looks one version up in that JSON without reading the
//! others into memory.
//!
//! ```
//! use sluice_helm_index::{Limits, convert, find};
//! let raw = b"apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 1.2.0, urls: [web-1.2.0.tgz]}\n";
//! let index = convert(raw, &Limits::default()).unwrap();
//! assert_eq!(find(&index.json, "web", "1.x").unwrap().urls, ["web-1.2.0.tgz"]);
//! ```

mod chart;
mod collect;
mod convert;
mod created;
mod find;

pub use chart::ChartVersion;
pub use convert::{Index, IndexError, Limits, convert};
pub use created::Created;
pub use find::{FindError, choose, find};

/// For fuzzing: an index of any bytes is refused, or what it becomes can be searched.
pub fn fuzz(data: &[u8]) {
    let limits = Limits {
        max_bytes: 1 << 20,
        max_versions: 10_000,
    };
    if let Ok(index) = convert(data, &limits) {
        let again = convert(&index.json, &Limits::default()).map(|index| index.versions);
        assert_eq!(
            again.ok(),
            Some(index.versions),
            "what was written reads as it was"
        );
        let _ = find(&index.json, "web", "*");
    }
}

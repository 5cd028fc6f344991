//! A constraint and, on further lines, versions: a version reads back from its normal form, and a constraint gives one answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_semver::{Constraint, Version};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let constraint = lines.next().unwrap_or_default();
    let versions = lines.filter_map(|line| Version::parse(line).ok());
    let versions: Vec<Version> = versions.chain(Version::parse("1.2.3")).take(16).collect();
    for version in &versions {
        let normal = version.normal();
        // What the normal form adds may be more than a version's bytes.
        if let Ok(again) = Version::parse(&normal) {
            assert_eq!(normal, again.normal());
        }
    }
    if let Ok(constraint) = Constraint::parse(constraint) {
        for version in &versions {
            assert_eq!(constraint.allows(version), constraint.allows(version));
        }
    }
});

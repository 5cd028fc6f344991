//! A constraint and, on further lines, versions: a version reads back from what it prints, and a constraint gives one answer.
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
        let printed = version.to_string();
        let again = Version::parse(&printed).expect("what was printed can be read");
        assert_eq!(printed, again.to_string());
    }
    if let Ok(constraint) = Constraint::parse(constraint) {
        for version in &versions {
            assert_eq!(constraint.allows(version), constraint.allows(version));
        }
    }
});

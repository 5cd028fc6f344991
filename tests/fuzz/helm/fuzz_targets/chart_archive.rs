//! A tar archive (packed here when it is not) as a chart: no path leaves the chart, and what unpacks stays within the limits
//! and is the same chart once it was packed again.
#![no_main]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use sluice_chart::{Chart, Limits, load_archive, package};

const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    max_files: 200,
    max_depth: 8,
};

fn check(chart: &Chart, total: &mut usize) {
    for file in chart.templates.iter().chain(chart.files.iter()) {
        assert!(!file.name.starts_with('/'), "{:?}", file.name);
        assert!(!file.name.split('/').any(|part| part == ".."), "{:?}", file.name);
        *total += file.bytes().expect("a file of an archive").len();
    }
    for child in &chart.dependencies {
        check(child, total);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let packed = if bytes.starts_with(b"\x1F\x8B") {
        bytes.to_vec()
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        encoder.write_all(bytes).expect("a vector");
        encoder.finish().expect("a vector")
    };
    if let Ok(loaded) = load_archive(&packed, LIMITS) {
        let mut total = 0;
        check(&loaded.chart, &mut total);
        assert!(total <= LIMITS.max_bytes);
        let Ok(again) = package(&loaded.chart) else {
            return;
        };
        let again = load_archive(&again, Limits::default()).expect("what was packed loads").chart;
        assert_eq!(again.name(), loaded.chart.name());
        assert_eq!(again.metadata.version, loaded.chart.metadata.version);
    }
});

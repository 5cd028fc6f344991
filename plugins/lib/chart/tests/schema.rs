//! Violations as the real helm tells them: each file of `schema/` is a schema, values, and what helm 4.3.1 printed. Its order is
//! that of Go's maps, which changes.

#[path = "support/sections.rs"]
mod sections;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sections::sections;
use sluice_chart::{check_one, values};

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn violations_are_nested_and_told_as_helm_tells_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schema");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case: BTreeMap<String, String> = sections(&fs::read_to_string(&path).unwrap())
            .into_iter()
            .collect();
        let values = values::read(case["values"].as_bytes()).unwrap();
        let told = check_one(case["schema"].as_bytes(), &values).unwrap_err();
        assert_eq!(sorted(&told), sorted(&case["want"]), "{}", path.display());
        count += 1;
    }
    assert!(count >= 2, "only {count} cases were found");
}

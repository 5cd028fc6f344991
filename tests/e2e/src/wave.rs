//! Many objects at once, for tests that interrupt an apply.

use sluice_testbed::Change;

use crate::object::{config_map, kustomization_file};

/// A folder `app` with this many ConfigMaps `wave-0`, `wave-1`, ... of one value.
pub fn config_maps(count: usize, value: &str) -> Vec<Change> {
    let names: Vec<String> = (0..count).map(|index| format!("wave-{index}")).collect();
    let files: Vec<String> = names.iter().map(|name| format!("{name}.yaml")).collect();
    let resources: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut changes = vec![Change::text(
        "app/kustomization.yaml",
        kustomization_file(&resources),
    )];
    for name in &names {
        changes.push(Change::text(
            format!("app/{name}.yaml"),
            config_map(name, "value", value),
        ));
    }
    changes
}

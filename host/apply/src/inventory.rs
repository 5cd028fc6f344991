//! Compares and joins inventories. Entries are the same when they name the same object, whatever its version.

use std::collections::HashSet;

use sluice_model::{Inventory, InventoryEntry};

/// The entries of `old` whose object is not in `new`.
pub fn diff_inventory(old: &Inventory, new: &Inventory) -> Vec<InventoryEntry> {
    let kept: HashSet<&str> = new.entries.iter().map(|entry| entry.id.as_str()).collect();
    old.entries
        .iter()
        .filter(|entry| !kept.contains(entry.id.as_str()))
        .cloned()
        .collect()
}

/// The entries of `new`, then those of `old` that it does not name. After a prune that failed for some objects, join
/// these so that they are tried again.
pub fn join(new: &Inventory, old: &[InventoryEntry]) -> Inventory {
    let mut known: HashSet<&str> = HashSet::new();
    let all = new.entries.iter().chain(old);
    let entries = all
        .filter(|entry| known.insert(entry.id.as_str()))
        .cloned()
        .collect();
    Inventory { entries }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inventory(ids: &[(&str, &str)]) -> Inventory {
        let entry = |(id, v): &(&str, &str)| InventoryEntry {
            id: (*id).into(),
            v: (*v).into(),
        };
        Inventory {
            entries: ids.iter().map(entry).collect(),
        }
    }

    /// Section 7, 11: a new version of an API does not prune.
    /// Section 7, 11: an object that moves to another version of its API is not pruned.
    #[test]
    fn versions_do_not_matter() {
        let old = inventory(&[("a_x_apps_Deployment", "v1beta1"), ("a_y__ConfigMap", "v1")]);
        let new = inventory(&[("a_x_apps_Deployment", "v1")]);
        assert_eq!(
            diff_inventory(&old, &new),
            inventory(&[("a_y__ConfigMap", "v1")]).entries
        );
        let joined = join(&new, &old.entries);
        assert_eq!(
            joined,
            inventory(&[("a_x_apps_Deployment", "v1"), ("a_y__ConfigMap", "v1")])
        );
    }
}

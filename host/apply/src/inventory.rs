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

    /// K11: ten thousand objects with names of ordinary length stay within what etcd takes (1.5 MiB), and within a moment.
    #[test]
    fn k11_ten_thousand_entries_fit_and_are_compared_at_once() {
        let entry = |count: usize| InventoryEntry {
            id: format!("team-of-the-tenant_an-object-of-ordinary-length-{count:05}_apps_Deployment"),
            v: "v1".into(),
        };
        let old = Inventory {
            entries: (0..10_000).map(entry).collect(),
        };
        let new = Inventory {
            entries: (5_000..15_000).map(entry).collect(),
        };
        let text = serde_json::to_string(&old).expect("JSON");
        assert!(text.len() < 1_500_000, "{} bytes", text.len());
        let begun = std::time::Instant::now();
        assert_eq!(diff_inventory(&old, &new).len(), 5_000);
        assert_eq!(join(&new, &old.entries).entries.len(), 15_000);
        // the square of them takes minutes
        assert!(begun.elapsed().as_secs() < 5);
    }

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

//! The inventory of applied objects in a status.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sluice_model::{Inventory, InventoryEntry};

/// Objects that a reconciler applied and answers for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceInventory {
    /// The objects, in apply order.
    pub entries: Vec<ResourceRef>,
}

/// One applied object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRef {
    /// `<namespace>_<name>_<group>_<kind>`.
    pub id: String,
    /// API version it was applied with, without the group.
    pub v: String,
}

impl From<&Inventory> for ResourceInventory {
    fn from(from: &Inventory) -> Self {
        let entries = from
            .entries
            .iter()
            .map(|entry| ResourceRef {
                id: entry.id.clone(),
                v: entry.v.clone(),
            })
            .collect();
        Self { entries }
    }
}

impl From<&ResourceInventory> for Inventory {
    fn from(from: &ResourceInventory) -> Self {
        let entries = from
            .entries
            .iter()
            .map(|entry| InventoryEntry {
                id: entry.id.clone(),
                v: entry.v.clone(),
            })
            .collect();
        Self { entries }
    }
}

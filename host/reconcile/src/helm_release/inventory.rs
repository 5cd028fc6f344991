//! The inventory in status: the objects of the stored manifest and the definitions of the chart.

use sluice_api::ResourceInventory;
use sluice_cluster::Cluster;
use sluice_model::{Inventory, InventoryEntry, Object};
use sluice_release::{Release, read_manifest};

use super::render::HOOK;

/// Of a release, and the definitions that came with its chart. An error text tells why there is none.
pub(super) async fn of(
    cluster: &Cluster,
    release: &Release,
    crds: &[Object],
) -> Result<ResourceInventory, String> {
    let objects = read_manifest(&release.manifest).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for mut object in objects {
        if object.annotation(HOOK).is_some() {
            continue;
        }
        settle(cluster, &mut object, &release.namespace).await;
        entries.push(entry(&object));
    }
    entries.extend(crds.iter().map(entry));
    Ok(ResourceInventory::from(&Inventory { entries }))
}

fn entry(object: &Object) -> InventoryEntry {
    InventoryEntry {
        id: object.id().to_string(),
        v: object.version().to_owned(),
    }
}

/// Gives an object of a namespaced kind the release's namespace where it names none, and takes one away where the kind
/// has none. Kinds that nobody knows are left as they are.
pub(super) async fn settle(cluster: &Cluster, object: &mut Object, namespace: &str) {
    let id = object.id();
    let Ok(resource) = cluster.resource(&id, object.version()).await else {
        return;
    };
    if !resource.namespaced {
        object.metadata_mut().remove("namespace");
    } else if id.namespace.is_empty() {
        object
            .metadata_mut()
            .insert("namespace".to_owned(), namespace.into());
    }
}

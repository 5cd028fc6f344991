//! ReplicaCountTransformer: `replicas`.

use sluice_yaml::{Kind, Tag};

use super::Transformer;
use crate::error::{Error, Result};
use crate::fieldspec::{Create, FieldSpecs};
use crate::kustomization::Replica;
use crate::node::set_scalar;
use crate::resmap::ResMap;
use crate::session::Session;

/// Sets the replica count of the objects that have or had a name.
pub(crate) struct ReplicaCountTransformer {
    pub replica: Replica,
    pub field_specs: FieldSpecs,
}

impl Transformer for ReplicaCountTransformer {
    fn kind(&self) -> &'static str {
        "ReplicaCountTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        let create = Create {
            kind: Kind::Scalar,
            tag: || Tag::Int,
        };
        let count = self.replica.count.to_string();
        let mut found = false;
        for spec in &self.field_specs {
            let matches =
                objects.positions_by_any_id(|id| id.name == self.replica.name && spec.gvk.selects(id));
            for at in matches {
                found = true;
                let node = objects.resources_mut()[at].node_mut();
                spec.apply(node, Some(create), &mut |field| {
                    set_scalar(field, count.as_str(), Tag::Int).map_err(|error| error.to_string())
                })?;
            }
        }
        if found {
            return Ok(());
        }
        let gvks: Vec<String> = self.field_specs.iter().map(|spec| spec.gvk.to_string()).collect();
        let reason = format!(
            "resource with name {} does not match a config with the following GVK [{}]",
            self.replica.name,
            gvks.join(" ")
        );
        Err(Error::Transform {
            transformer: "ReplicaCountTransformer",
            reason,
        })
    }
}

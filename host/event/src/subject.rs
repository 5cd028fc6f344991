//! The object that an event is about.

use sluice_api::annotation::EVENT_PREFIX;
use sluice_cluster::kube::Resource;
use sluice_model::event::ObjectReference;

/// An object with what of it goes into its events. Making one copies little; reconcilers make it once a pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Names the object.
    pub reference: ObjectReference,
    /// Annotations prefixed `event.toolkit.fluxcd.io/`, which go into the metadata of every event.
    pub annotations: Vec<(String, String)>,
}

impl Subject {
    /// The subject of an object.
    pub fn of<K: Resource<DynamicType = ()>>(object: &K) -> Self {
        let meta = object.meta();
        let annotations = meta.annotations.iter().flatten();
        Self {
            reference: ObjectReference {
                kind: K::kind(&()).into_owned(),
                namespace: meta.namespace.clone().unwrap_or_default(),
                name: meta.name.clone().unwrap_or_default(),
                uid: meta.uid.clone().unwrap_or_default(),
                api_version: K::api_version(&()).into_owned(),
                resource_version: meta.resource_version.clone().unwrap_or_default(),
            },
            annotations: annotations
                .filter(|(key, _)| key.starts_with(EVENT_PREFIX))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }

    /// Whether the notification server can route events of the object: it has a kind, a name and a namespace.
    pub(crate) fn routable(&self) -> bool {
        let reference = &self.reference;
        !reference.kind.is_empty() && !reference.name.is_empty() && !reference.namespace.is_empty()
    }
}

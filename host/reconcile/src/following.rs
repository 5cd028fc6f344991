//! Objects that another object refers to (values, variables, a kubeconfig): when one changes, the referring one is due.

use std::sync::Arc;

use sluice_api::kube_config::KubeConfigReference;
use sluice_cluster::{Fingerprint, Hub, Interest, Subscription, Tracked};
use sluice_model::ObjectId;
use tokio::task::AbortHandle;

use crate::key::ObjectKey;
use crate::queue::{Queue, Reason};

/// The watch over what one object refers to.
pub struct ReferenceWatch {
    subscription: Subscription,
}

impl ReferenceWatch {
    /// These objects of the core group are followed from now on, and no others.
    pub fn replace(&self, namespace: &str, names: &[(&str, &str)]) {
        let objects = names.iter().map(|name| tracked(namespace, *name, None)).collect();
        self.subscription.replace(objects);
    }

    /// An object was read in this version: news is what comes after it.
    pub fn add(&self, namespace: &str, name: (&str, &str), version: &str) {
        self.subscription
            .add(vec![tracked(namespace, name, Some(version))]);
    }
}

/// A watch with the task that hears it; ends the task with the watch.
pub struct Following {
    watch: Arc<ReferenceWatch>,
    task: AbortHandle,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Following {
    /// Follows nothing yet. `kind` names the referring object in logs.
    pub fn start(hub: &Hub, kind: &str, queue: Arc<Queue>, key: &ObjectKey) -> Self {
        let owner = format!("references of {kind}/{key}");
        let subscription = hub.track(owner, Interest::Version, "", Vec::new());
        let watch = Arc::new(ReferenceWatch { subscription });
        let (heard, key) = (watch.clone(), key.clone());
        let task = tokio::spawn(async move {
            loop {
                heard.subscription.changes().await;
                queue.add(key.clone(), Reason::Reference);
            }
        });
        Self {
            watch,
            task: task.abort_handle(),
        }
    }

    /// The watch.
    pub fn watch(&self) -> Arc<ReferenceWatch> {
        self.watch.clone()
    }
}

/// An object of the core group, in the version that was read.
fn tracked(namespace: &str, (kind, name): (&str, &str), version: Option<&str>) -> Tracked {
    Tracked {
        id: ObjectId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            group: String::new(),
            kind: kind.to_owned(),
        },
        version: "v1".to_owned(),
        expected: version.map(Fingerprint::of_version),
    }
}

/// Kind and name of all Secrets and ConfigMaps among the references of a spec, the one with its kubeconfig at the end.
pub fn named<'a>(
    references: impl Iterator<Item = (&'a str, &'a str)>,
    kube_config: Option<&'a KubeConfigReference>,
) -> Vec<(&'a str, &'a str)> {
    references
        .chain(kube_config.and_then(kubeconfig))
        .filter(|(kind, name)| matches!(*kind, "Secret" | "ConfigMap") && !name.is_empty())
        .collect()
}

/// Kind and name of the object that holds a kubeconfig.
pub fn kubeconfig(reference: &KubeConfigReference) -> Option<(&str, &str)> {
    match (&reference.secret_ref, &reference.config_map_ref) {
        (Some(secret), _) => Some(("Secret", secret.name.as_str())),
        (None, Some(config_map)) => Some(("ConfigMap", config_map.name.as_str())),
        (None, None) => None,
    }
}

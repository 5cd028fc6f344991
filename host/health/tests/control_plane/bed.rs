//! One control plane for all tests of this program; each test has a namespace of its own.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use sluice_cluster::{Cluster, ClusterOptions, Hub};
use sluice_health::{HealthWatch, Summary, Target};
use sluice_model::ObjectId;
use sluice_testbed::ControlPlane;
use tokio::sync::OnceCell;

static PLANE: OnceCell<ControlPlane> = OnceCell::const_new();

pub const SOON: Duration = Duration::from_secs(60);

pub struct Bed {
    pub cluster: Cluster,
    pub hub: Hub,
    /// The testbed's own client, for what others do to the cluster.
    pub others: sluice_testbed::Cluster,
    pub namespace: String,
}

pub async fn bed(namespace: &str) -> Result<Bed> {
    let plane = PLANE.get_or_try_init(ControlPlane::start).await?;
    let options = ClusterOptions {
        kubeconfig: Some(plane.kubeconfig().to_owned()),
        ..ClusterOptions::default()
    };
    let cluster = Cluster::connect(&options).await?;
    let hub = Hub::new(cluster.clone());
    let others = plane.cluster().await?;
    others.create_namespace(namespace).await?;
    Ok(Bed {
        cluster,
        hub,
        others,
        namespace: namespace.to_owned(),
    })
}

impl Bed {
    pub fn target(&self, group: &str, kind: &str, name: &str) -> Target {
        let id = ObjectId {
            namespace: self.namespace.clone(),
            name: name.into(),
            group: group.into(),
            kind: kind.into(),
        };
        Target::new(id, "v1")
    }

    pub fn watch(&self, targets: Vec<Target>) -> HealthWatch {
        HealthWatch::start(&self.cluster, &self.hub, "test", targets)
    }

    /// A Deployment or StatefulSet of one container; `pods` says how the testbed's pods behave.
    pub fn workload(&self, kind: &str, name: &str, replicas: u32, pods: &str) -> Value {
        json!({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}, "annotations": {"testbed.sluice.dev/pod": pods}},
                "spec": {"containers": [{"name": "c", "image": "i"}]}}}})
    }
}

/// Waits until the summary fulfils the test.
pub async fn until(watch: &mut HealthWatch, test: impl Fn(&Summary) -> bool) -> Result<()> {
    let wait = async {
        let mut summary = watch.summary();
        while !test(&summary) {
            summary = watch.changed().await;
        }
    };
    let waited = tokio::time::timeout(SOON, wait).await;
    waited.with_context(|| format!("still {:?}", watch.summary()))
}

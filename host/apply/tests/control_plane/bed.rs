//! One control plane for all tests of this program; each test has namespaces of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use sluice_apply::{Applied, ApplyError, ApplyOptions, Intent, IntentError, Owner, apply};
use sluice_cluster::{Cluster, ClusterOptions};
use sluice_model::{Health, Inventory, Object, Verdict};
use sluice_testbed::ControlPlane;
use tokio::sync::OnceCell;

static PLANE: OnceCell<ControlPlane> = OnceCell::const_new();

pub const MANAGER: &str = "kustomize-controller";

pub struct Bed {
    pub cluster: Cluster,
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
    let others = plane.cluster().await?;
    others.create_namespace(namespace).await?;
    Ok(Bed {
        cluster,
        others,
        namespace: namespace.to_owned(),
    })
}

impl Bed {
    pub fn options(&self) -> ApplyOptions {
        let owner = Owner {
            group_prefix: "kustomize.toolkit.fluxcd.io".into(),
            name: "apps".into(),
            namespace: self.namespace.clone(),
        };
        let mut options = ApplyOptions::new(MANAGER, owner, verdict);
        options.wait_timeout = Duration::from_secs(20);
        options
    }

    pub async fn apply(&self, objects: Vec<Value>) -> Result<Applied, ApplyError> {
        self.apply_with(objects, &self.options()).await
    }

    pub async fn apply_with(
        &self,
        objects: Vec<Value>,
        options: &ApplyOptions,
    ) -> Result<Applied, ApplyError> {
        apply(
            &self.cluster,
            self::objects(objects),
            options,
            &Recorder::default(),
        )
        .await
    }

    pub async fn get(&self, api_version: &str, kind: &str, name: &str) -> Result<Value> {
        let found = self.others.get(api_version, kind, &self.namespace, name).await?;
        found.with_context(|| format!("{kind} {name} is not there"))
    }
}

/// Enough for definitions; the real rules are in sluice-health.
fn verdict(object: &Object) -> Verdict {
    let conditions = object
        .0
        .get("status")
        .and_then(|status| status["conditions"].as_array().cloned());
    let established = conditions.is_some_and(|conditions| {
        conditions
            .iter()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True")
    });
    let health = if object.kind() == "CustomResourceDefinition" && !established {
        Health::InProgress
    } else {
        Health::Current
    };
    Verdict::new(health, "")
}

pub fn objects(values: Vec<Value>) -> Vec<Object> {
    values.into_iter().filter_map(Object::from_value).collect()
}

/// The actions by subject, in order.
pub fn actions(applied: &Applied) -> Vec<String> {
    applied.changes.changes.iter().map(ToString::to_string).collect()
}

#[derive(Default, Clone)]
pub struct Recorder {
    pub records: Arc<Mutex<Vec<Inventory>>>,
    pub refuse: bool,
}

#[async_trait]
impl Intent for Recorder {
    async fn record(&self, inventory: &Inventory) -> Result<(), IntentError> {
        self.records.lock().push(inventory.clone());
        if self.refuse {
            Err(IntentError("the status patch was refused".into()))
        } else {
            Ok(())
        }
    }
}

//! One control plane for all tests of this program; each test has a namespace of its own.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_cluster::{Cluster, ClusterOptions, PatchOptions};
use sluice_model::{Object, ObjectId};
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

pub fn configmap(namespace: &str, name: &str, data: Value) -> Object {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
        "metadata": {"name": name, "namespace": namespace}});
    Object::from_value(value).expect("a map")
}

pub fn id(namespace: &str, name: &str) -> ObjectId {
    ObjectId {
        namespace: namespace.into(),
        name: name.into(),
        group: String::new(),
        kind: "ConfigMap".into(),
    }
}

pub fn apply_options() -> PatchOptions {
    PatchOptions {
        field_manager: MANAGER.into(),
        force: true,
        dry_run: false,
    }
}

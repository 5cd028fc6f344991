//! A small Kubernetes client for tests: objects are JSON values, named by kind.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use kube::api::{
    Api, ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::wait::{eventually, eventually_ok};

const CLUSTER_SCOPED: [&str; 11] = [
    "ValidatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "IngressClass",
    "Plugin",
];

/// A client of one cluster; cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
}

impl Cluster {
    /// With the identity of this kubeconfig.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn connect(kubeconfig: &Path) -> Result<Self> {
        crate::runtime::choose_tls_provider();
        let config = Kubeconfig::read_from(kubeconfig)?;
        let mut config = Config::from_custom_kubeconfig(config, &KubeConfigOptions::default()).await?;
        config.read_timeout = Some(Duration::from_secs(295));
        Ok(Self {
            client: Client::try_from(config)?,
        })
    }

    /// The client itself, for what is missing here.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Whether the API server is ready and has its default namespace.
    pub async fn is_ready(&self) -> bool {
        let request = http_get("/readyz");
        let ready = tokio::time::timeout(Duration::from_secs(2), self.client.request_text(request)).await;
        matches!(ready, Ok(Ok(_))) && matches!(self.get("v1", "Namespace", "", "default").await, Ok(Some(_)))
    }

    /// The API of a kind; `namespace` is ignored for cluster-scoped kinds, and empty means all.
    pub fn api(&self, api_version: &str, kind: &str, namespace: &str) -> Api<DynamicObject> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        if namespace.is_empty() || CLUSTER_SCOPED.contains(&kind) {
            Api::all_with(self.client(), &resource)
        } else {
            Api::namespaced_with(self.client(), namespace, &resource)
        }
    }

    /// An object, or none.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>> {
        let found = self.api(api_version, kind, namespace).get_opt(name).await?;
        found.map(serde_json::to_value).transpose().map_err(Into::into)
    }

    /// All objects of a kind; `namespace` empty means all, `selector` is a label selector.
    ///
    /// # Errors
    /// The list fails.
    pub async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        selector: &str,
    ) -> Result<Vec<Value>> {
        let list = self
            .api(api_version, kind, namespace)
            .list(&ListParams::default().labels(selector))
            .await?;
        list.items
            .into_iter()
            .map(|item| serde_json::to_value(item).map_err(Into::into))
            .collect()
    }

    /// Server-side apply of one object, forced, as manager `testbed`.
    ///
    /// # Errors
    /// The object has no kind or name, or the server refuses it.
    pub async fn apply(&self, object: &Value) -> Result<Value> {
        let (api_version, kind, namespace, name) = names(object)?;
        let params = PatchParams::apply("testbed").force();
        let applied = self
            .api(api_version, kind, namespace)
            .patch(name, &params, &Patch::Apply(object))
            .await
            .with_context(|| format!("apply {kind}/{namespace}/{name}"))?;
        Ok(serde_json::to_value(applied)?)
    }

    /// Server-side apply of all objects of a YAML text.
    ///
    /// # Errors
    /// The text is no YAML, or the server refuses an object.
    pub async fn apply_yaml(&self, text: &str) -> Result<()> {
        for object in parse_yaml(text)? {
            self.apply(&object).await?;
        }
        Ok(())
    }

    /// Applies CRDs and waits until they are established.
    ///
    /// # Errors
    /// One is refused, or not established in a minute.
    pub async fn apply_crds(&self, text: &str) -> Result<()> {
        let crds = parse_yaml(text)?;
        for crd in &crds {
            self.apply(crd).await?;
        }
        for crd in &crds {
            let name = crd["metadata"]["name"].as_str().unwrap_or_default();
            eventually(Duration::from_secs(60), &format!("CRD {name} is established"), || async move {
                let crd = self.get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name).await;
                matches!(crd, Ok(Some(crd)) if condition(&crd, "Established").is_some_and(|it| it["status"] == "True"))
            })
            .await?;
        }
        Ok(())
    }

    /// A JSON merge patch.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn merge(
        &self,
        av: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        patch: Value,
    ) -> Result<Value> {
        let patched = self
            .api(av, kind, namespace)
            .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
            .await
            .with_context(|| format!("patch {kind}/{namespace}/{name}"))?;
        Ok(serde_json::to_value(patched)?)
    }

    /// A JSON merge patch of the status.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn merge_status(
        &self,
        av: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        status: Value,
    ) -> Result<Value> {
        let patched = self
            .api(av, kind, namespace)
            .patch_status(
                name,
                &PatchParams::default(),
                &Patch::Merge(json!({"status": status})),
            )
            .await
            .with_context(|| format!("patch status of {kind}/{namespace}/{name}"))?;
        Ok(serde_json::to_value(patched)?)
    }

    /// A strategic merge patch, as `kubectl edit` and `kubectl patch` send it.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn strategic(
        &self,
        av: &str,
        kind: &str,
        namespace: &str,
        name: &str,
        patch: Value,
    ) -> Result<Value> {
        let params = PatchParams {
            field_manager: Some("kubectl-edit".into()),
            ..PatchParams::default()
        };
        let patched = self
            .api(av, kind, namespace)
            .patch(name, &params, &Patch::Strategic(&patch))
            .await?;
        Ok(serde_json::to_value(patched)?)
    }

    /// The version of the API server, for example `v1.36.3`.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn version(&self) -> Result<String> {
        Ok(self.client.apiserver_version().await?.git_version)
    }

    /// Asks for deletion; an object that is not there is fine.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn delete(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<()> {
        match self
            .api(api_version, kind, namespace)
            .delete(name, &DeleteParams::background())
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error).with_context(|| format!("delete {kind}/{namespace}/{name}")),
        }
    }

    /// Makes a namespace and waits for its default service account.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn create_namespace(&self, name: &str) -> Result<()> {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))
            .await?;
        eventually(
            Duration::from_secs(30),
            &format!("namespace {name} has its service account"),
            || async move {
                matches!(
                    self.get("v1", "ServiceAccount", name, "default").await,
                    Ok(Some(_))
                )
            },
        )
        .await
    }

    /// Waits until the object exists and `test` accepts it; the error shows its status.
    ///
    /// # Errors
    /// `timeout` has passed.
    pub async fn wait_for(
        &self,
        timeout: Duration,
        (api_version, kind, namespace, name): (&str, &str, &str, &str),
        what: &str,
        test: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let test = &test;
        eventually_ok(
            timeout,
            &format!("{kind}/{namespace}/{name} {what}"),
            || async move {
                let object = self
                    .get(api_version, kind, namespace, name)
                    .await?
                    .context("does not exist")?;
                if !test(&object) {
                    bail!("it stands as {}", standing(&object));
                }
                Ok(object)
            },
        )
        .await
    }

    /// Waits until the object is gone.
    ///
    /// # Errors
    /// `timeout` has passed.
    pub async fn wait_gone(&self, timeout: Duration, of: (&str, &str, &str, &str)) -> Result<()> {
        let (api_version, kind, namespace, name) = of;
        eventually_ok(
            timeout,
            &format!("{kind}/{namespace}/{name} is gone"),
            || async move {
                match self.get(api_version, kind, namespace, name).await? {
                    None => Ok(()),
                    Some(object) => bail!("it stands as {}", standing(&object)),
                }
            },
        )
        .await
    }
}

fn http_get(path: &str) -> http::Request<Vec<u8>> {
    let mut request = http::Request::new(Vec::new());
    *request.uri_mut() = path.parse().unwrap_or_default();
    request
}

fn names(object: &Value) -> Result<(&str, &str, &str, &str)> {
    let api_version = object["apiVersion"]
        .as_str()
        .context("object without apiVersion")?;
    let kind = object["kind"].as_str().context("object without kind")?;
    let name = object["metadata"]["name"]
        .as_str()
        .context("object without name")?;
    Ok((
        api_version,
        kind,
        object["metadata"]["namespace"].as_str().unwrap_or_default(),
        name,
    ))
}

/// What a failing wait shows: the parts of an object that tell why.
fn standing(object: &Value) -> String {
    let shown = json!({
        "generation": object["metadata"]["generation"],
        "deletionTimestamp": object["metadata"]["deletionTimestamp"],
        "finalizers": object["metadata"]["finalizers"],
        "status": object["status"],
        "data": object["data"],
    });
    shown.to_string().chars().take(3000).collect()
}

/// A condition of an object by its type.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

/// All documents of a YAML text that are not empty.
///
/// # Errors
/// A document is no YAML.
pub fn parse_yaml(text: &str) -> Result<Vec<Value>> {
    let mut objects = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(text) {
        let value: Value = serde::Deserialize::deserialize(document).context("parse YAML")?;
        if !value.is_null() {
            objects.push(value);
        }
    }
    Ok(objects)
}

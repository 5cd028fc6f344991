//! Renders a chart in the sandbox for a release: objects, hooks, definitions, notes, and the chart as Helm stores it.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use sluice_cluster::{Cluster, ClusterError};
use sluice_model::Object;
use sluice_release::{Hook, write_object};
use sluice_sandbox::{Call, Entropy, Extra, Form, Plugin, RenderOutcome, RenderRequest};

use super::chart;
use super::lookup::TenantLookup;
use super::spec::Identity;
use super::values::Layers;

/// A chart cannot be rendered; nothing was stored. Texts hold no value of a Secret.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum RenderError {
    /// The cluster does not tell what it serves.
    #[error("failed to read the capabilities of the cluster: {0}")]
    Capabilities(ClusterError),
    /// The renderer's words.
    #[error("{0}")]
    Chart(String),
    /// What it gave is not what it promised.
    #[error("the renderer gave {0}")]
    Output(&'static str),
    /// A post-renderer's words.
    #[error("error while running post render: {0}")]
    PostRender(String),
}

/// What a chart came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Rendered {
    /// The objects, each with its template, in the order of installation.
    pub(super) objects: Vec<(String, Object)>,
    /// The hooks, each with its template.
    pub(super) hooks: Vec<(String, Object)>,
    /// What stands in `crds/` folders.
    pub(super) crds: Vec<Object>,
    /// NOTES.txt
    pub(super) notes: String,
    /// The chart as Helm stores it.
    pub(super) chart: Value,
    /// The values as Helm stores them.
    pub(super) config: Map<String, Value>,
}

/// A render to make.
pub(super) struct Input<'a> {
    pub(super) plugin: &'a Plugin,
    pub(super) call: Call,
    pub(super) packed: Bytes,
    pub(super) layers: &'a Layers,
    /// Version that the chart is to have; none for its own.
    pub(super) chart_version: Option<&'a str>,
    pub(super) identity: &'a Identity,
    /// Revision that is to be made.
    pub(super) revision: u32,
    pub(super) is_upgrade: bool,
    pub(super) skip_schema: bool,
    /// The release whose values are kept, by [`super::reuse::input`].
    pub(super) reuse: Option<&'a Value>,
}

/// What a render is told of a cluster.
#[derive(Clone, Copy)]
pub(super) enum Served<'a> {
    /// What this one serves; look-ups have its identity.
    By(&'a Cluster),
    /// There is none: what the renderer takes for served, or this version of Kubernetes, and these API versions more.
    Assumed(Option<&'a str>, &'a [String]),
}

impl Served<'_> {
    async fn describe(self, config: &mut Value) -> Result<(), ClusterError> {
        match self {
            Self::By(cluster) => {
                let discovery = cluster.discovery();
                let (version, versions) = tokio::join!(discovery.server_version(), discovery.api_versions());
                config["kubeVersion"] = version?.into();
                config["apiVersions"] = versions?.into();
                config["apiVersionsOnly"] = true.into();
                config["lookup"] = true.into();
            }
            Self::Assumed(version, versions) => {
                if let Some(version) = version {
                    config["kubeVersion"] = version.into();
                }
                config["apiVersions"] = versions.into();
            }
        }
        Ok(())
    }
}

/// Renders with what the cluster of the release serves, and look-ups with the tenant's identity.
pub(super) async fn render(input: Input<'_>, served: Served<'_>) -> Result<Rendered, RenderError> {
    let mut config = json!({
        "release": {
            "name": input.identity.name,
            "namespace": input.identity.namespace,
            "revision": input.revision,
            "isUpgrade": input.is_upgrade,
        },
        "values": input.layers.layers,
        "skipSchemaValidation": input.skip_schema,
        "releaseRecord": true,
    });
    if let Some(version) = input.chart_version {
        config["chartVersion"] = version.into();
    }
    if let Some(reuse) = input.reuse {
        config["reuse"] = reuse.clone();
    }
    served
        .describe(&mut config)
        .await
        .map_err(RenderError::Capabilities)?;
    let (tree, root) = chart::packed(input.packed).map_err(RenderError::Chart)?;
    let mut call = input.call;
    if let Served::By(cluster) = served {
        call.bindings.cluster = Some(Arc::new(TenantLookup(cluster.clone())));
    }
    let request = RenderRequest {
        config: config.to_string(),
        root,
        inputs: vec![("source".into(), tree)],
        want: Form::Objects,
        entropy: Entropy::fresh(),
    };
    let outcome = input.plugin.render(&call, request).await.map_err(|error| {
        let said = error
            .guest()
            .map_or_else(|| error.to_string(), ToString::to_string);
        RenderError::Chart(input.layers.mask(&said))
    })?;
    for warning in &outcome.warnings {
        tracing::info!(warning = input.layers.mask(warning), "renderer warned");
    }
    rendered(outcome)
}

fn rendered(outcome: RenderOutcome) -> Result<Rendered, RenderError> {
    let mut rendered = Rendered::default();
    for object in outcome.objects {
        let path = object.origin.unwrap_or_default();
        rendered.objects.push((path, parse(&object.json)?));
    }
    let (mut hooks, mut paths) = (Vec::new(), Vec::new());
    for extra in outcome.extras {
        match extra {
            Extra::Notes(text) => rendered.notes = text,
            Extra::Hook(json) => hooks.push(parse(&json)?),
            Extra::Crd(json) => rendered.crds.push(parse(&json)?),
            Extra::Chart(json) => paths = take_chart(&mut rendered, &json)?,
        }
    }
    if paths.len() != hooks.len() {
        return Err(RenderError::Output(
            "another number of hooks than of their templates",
        ));
    }
    rendered.hooks = paths.into_iter().zip(hooks).collect();
    Ok(rendered)
}

fn parse(json: &str) -> Result<Object, RenderError> {
    serde_json::from_str(json).map_err(|_| RenderError::Output("an object that is no map"))
}

/// Takes record and values over, and gives the templates of the hooks.
fn take_chart(rendered: &mut Rendered, json: &str) -> Result<Vec<String>, RenderError> {
    let mut chart: Map<String, Value> =
        serde_json::from_str(json).map_err(|_| RenderError::Output("a chart that is no map"))?;
    let mut take = |name: &str| chart.remove(name).unwrap_or_default();
    rendered.chart = take("record");
    if let Value::Object(config) = take("config") {
        rendered.config = config;
    }
    serde_json::from_value(take("hookPaths")).map_err(|_| RenderError::Output("hooks without templates"))
}

/// Annotation that makes an object a hook.
pub(super) const HOOK: &str = "helm.sh/hook";

/// A hook as Helm stores it; what its annotations say was checked by the renderer.
pub(super) fn hook(path: &str, object: &Object) -> Hook {
    let words = |annotation: &str| -> Vec<String> {
        let text = object.annotation(annotation).unwrap_or_default();
        let words = text.split(',').map(|word| word.trim().to_lowercase());
        words.filter(|word| !word.is_empty()).collect()
    };
    let events = words(HOOK).into_iter().map(|event| match event.as_str() {
        "test-success" => "test".to_owned(),
        _ => event,
    });
    let weight = object.annotation("helm.sh/hook-weight");
    Hook {
        name: object.name().to_owned(),
        kind: object.kind().to_owned(),
        path: path.to_owned(),
        manifest: write_object(object),
        events: events.collect(),
        weight: weight.and_then(|weight| weight.parse().ok()).unwrap_or_default(),
        delete_policies: words("helm.sh/hook-delete-policy"),
        ..Hook::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_make_a_hook() {
        let object = Object::from_value(
            json!({"kind": "Job", "metadata": {"name": "migrate", "annotations": {
            "helm.sh/hook": "pre-install, Pre-Upgrade,test-success", "helm.sh/hook-weight": "-5",
            "helm.sh/hook-delete-policy": "hook-succeeded"}}}),
        );
        let hook = hook("c/templates/job.yaml", &object.expect("a map"));
        assert_eq!(hook.events, ["pre-install", "pre-upgrade", "test"]);
        assert_eq!((hook.weight, hook.path.as_str()), (-5, "c/templates/job.yaml"));
        assert_eq!(hook.delete_policies, ["hook-succeeded"]);
    }
}

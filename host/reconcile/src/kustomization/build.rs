//! What the renderer is given for a Kustomization.

use std::sync::Arc;

use sluice_api::Kustomization;
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::condition::reasons;
use sluice_model::port::Bindings;
use sluice_model::{Tree, TreeRead};
use sluice_render::RenderInput;
use sluice_sandbox::{Call, CallObject, Limits, Plugin};

use super::config;
use super::failure::Failure;
use crate::engine::Engine;
use crate::supply;

/// The plugin that renders Kustomizations.
pub const RENDERER: &str = "render-kustomize";

/// The renderer that is installed now.
pub fn renderer(engine: &Engine, object: &Kustomization) -> Result<Arc<Plugin>, Failure> {
    let namespace = object.namespace().unwrap_or_default();
    engine
        .plugin_for(RENDERER, &namespace)
        .map_err(|error| Failure::retry(reasons::PLUGIN_UNAVAILABLE, error.to_string()))
}

/// The render of the object's directory in a tree.
pub fn input<'a>(
    engine: &Arc<Engine>,
    plugin: &'a Plugin,
    object: &Kustomization,
    tree: Tree,
) -> Result<RenderInput<'a, Plugin>, Failure> {
    let tree: Arc<dyn TreeRead> = Arc::new(tree);
    let named = CallObject {
        kind: "Kustomization".into(),
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
    };
    Ok(RenderInput {
        plugin,
        supplier: Some(supply::of_cluster(engine, named.clone())),
        call: Call {
            object: named,
            limits: engine.limits_of(RENDERER, Limits::RENDER),
            bindings: Bindings::default(),
        },
        config: config::of(&object.spec, !engine.options.no_remote_bases),
        root: config::root(&object.spec)?,
        trees: vec![("source".into(), tree)],
        durable: true,
        decryptor: None,
    })
}

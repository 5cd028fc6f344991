//! What is done to rendered objects before they are a release: kustomize post-renderers in their order (in the sandbox),
//! then common metadata, then the labels that name the HelmRelease, which win.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use sluice_api::helm_release::{KustomizePostRenderer, PostRenderStrategy};
use sluice_api::{HelmReleaseSpec, metadata::CommonMetadata};
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_model::{Digest, Object, TreeRead};
use sluice_sandbox::{Call, Entropy, Form, Plugin, RenderRequest};

use super::GROUP;
use super::render::{HOOK, RenderError, Rendered};
use crate::key::ObjectKey;

/// The plugin behind kustomize post-renderers.
pub(super) const KUSTOMIZE: &str = "render-kustomize";
/// Carries the template of an object through a post-renderer, as Helm does it.
const ORIGIN: &str = "postrenderer.helm.sh/postrender-filename";

/// Whether the plugin is needed.
pub(super) fn needs_plugin(spec: &HelmReleaseSpec) -> bool {
    spec.post_renderers.iter().any(|it| it.kustomize.is_some())
}

/// Digest of the post-renderers in status; none where there are none.
pub(super) fn digest(spec: &HelmReleaseSpec) -> Option<String> {
    let renderers = Some(&spec.post_renderers).filter(|list| !list.is_empty());
    renderers.map(|list| Digest::of(format!("{}\n", json!(list)).as_bytes()).to_string())
}

/// Digest of the common metadata in status; none where there is none.
pub(super) fn metadata_digest(spec: &HelmReleaseSpec) -> Option<String> {
    let metadata = spec.common_metadata.as_ref();
    metadata.map(|it| Digest::of(format!("{}\n", json!(it)).as_bytes()).to_string())
}

/// Changes objects, and hooks as the strategy says.
pub(super) async fn run(
    spec: &HelmReleaseSpec,
    key: &ObjectKey,
    rendered: &mut Rendered,
    kustomize: Option<(&Plugin, &Call)>,
) -> Result<(), RenderError> {
    let chain = Chain { spec, key, kustomize };
    match &spec.post_render_strategy {
        Some(PostRenderStrategy::NoHooks) => {
            rendered.objects = chain.run(std::mem::take(&mut rendered.objects)).await?;
        }
        Some(PostRenderStrategy::Separate) => {
            rendered.hooks = chain.run(std::mem::take(&mut rendered.hooks)).await?;
            rendered.objects = chain.run(std::mem::take(&mut rendered.objects)).await?;
        }
        _ => {
            let mut all = std::mem::take(&mut rendered.hooks);
            all.append(&mut rendered.objects);
            let all = chain.run(all).await?;
            (rendered.hooks, rendered.objects) = all
                .into_iter()
                .partition(|(_, object)| object.annotation(HOOK).is_some());
        }
    }
    Ok(())
}

struct Chain<'a> {
    spec: &'a HelmReleaseSpec,
    key: &'a ObjectKey,
    kustomize: Option<(&'a Plugin, &'a Call)>,
}

type Objects = Vec<(String, Object)>;

impl Chain<'_> {
    async fn run(&self, mut objects: Objects) -> Result<Objects, RenderError> {
        for renderer in self
            .spec
            .post_renderers
            .iter()
            .filter_map(|it| it.kustomize.as_ref())
        {
            if !objects.is_empty() {
                objects = self.kustomize(renderer, objects).await?;
            }
        }
        for (_, object) in &mut objects {
            if let Some(common) = &self.spec.common_metadata {
                set_metadata(object, common);
            }
            object.set_label(&format!("{GROUP}/name"), &self.key.name);
            object.set_label(&format!("{GROUP}/namespace"), &self.key.namespace);
        }
        Ok(objects)
    }

    async fn kustomize(
        &self,
        renderer: &KustomizePostRenderer,
        objects: Objects,
    ) -> Result<Objects, RenderError> {
        let failed = |text: String| RenderError::PostRender(text);
        let Some((plugin, call)) = self.kustomize else {
            return Err(failed(format!("no plugin {KUSTOMIZE:?} is ready")));
        };
        let request = RenderRequest {
            config: json!({"mode": "flux"}).to_string(),
            root: String::new(),
            inputs: vec![("source".into(), tree(renderer, objects).map_err(failed)?)],
            want: Form::Objects,
            entropy: Entropy::fresh(),
        };
        let outcome = plugin.render(call, request).await.map_err(|error| {
            failed(
                error
                    .guest()
                    .map_or_else(|| error.to_string(), ToString::to_string),
            )
        })?;
        let objects = outcome.objects.into_iter().map(|object| {
            let mut object: Object = serde_json::from_str(&object.json)
                .map_err(|_| RenderError::Output("an object that is no map"))?;
            Ok((take_origin(&mut object), object))
        });
        objects.collect()
    }
}

/// A kustomization of the objects with what the post-renderer does to them.
fn tree(renderer: &KustomizePostRenderer, objects: Objects) -> Result<Arc<dyn TreeRead>, String> {
    let mut text = String::new();
    for (path, mut object) in objects {
        object.set_annotation(ORIGIN, &path);
        let _ = writeln!(text, "---\n{}", object.into_value());
    }
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["helm-output.yaml"],
        "patches": renderer.patches,
        "images": renderer.images,
    });
    let mut builder = TreeBuilder::default();
    for (name, text) in [
        ("helm-output.yaml", text),
        ("kustomization.yaml", kustomization.to_string()),
    ] {
        let file = File::inline(Bytes::from(text.into_bytes()), false);
        builder
            .add(name, Node::File(file))
            .map_err(|error| error.to_string())?;
    }
    Ok(Arc::new(builder.build()))
}

fn take_origin(object: &mut Object) -> String {
    let metadata = object.metadata_mut();
    let Some(Value::Object(annotations)) = metadata.get_mut("annotations") else {
        return String::new();
    };
    let origin = annotations.remove(ORIGIN);
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
    origin
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn set_metadata(object: &mut Object, common: &CommonMetadata) {
    for (key, value) in &common.labels {
        object.set_label(key, value);
    }
    for (key, value) in &common.annotations {
        object.set_annotation(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(value: Value) -> HelmReleaseSpec {
        let mut spec = json!({"interval": "1m"});
        for (key, value) in value.as_object().expect("a map") {
            spec[key] = value.clone();
        }
        serde_json::from_value(spec).expect("a spec")
    }

    fn rendered() -> Rendered {
        let object = |annotations: Value| {
            let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations}});
            (
                "c/templates/a.yaml".to_owned(),
                Object::from_value(object).expect("a map"),
            )
        };
        Rendered {
            objects: vec![object(json!({}))],
            hooks: vec![object(json!({"helm.sh/hook": "pre-install"}))],
            ..Rendered::default()
        }
    }

    #[tokio::test]
    async fn the_labels_of_the_origin_win_and_hooks_follow_the_strategy() {
        let common = json!({"labels": {"helm.toolkit.fluxcd.io/name": "evil", "team": "a"}, "annotations": {"note": "x"}});
        let key = ObjectKey::new("apps", "web");
        for (strategy, hooks_too) in [(None, true), (Some("separate"), true), (Some("nohooks"), false)] {
            let spec = spec(json!({"commonMetadata": common, "postRenderStrategy": strategy}));
            let mut it = rendered();
            run(&spec, &key, &mut it, None).await.expect("runs");
            let (object, hook) = (&it.objects[0].1, &it.hooks[0].1);
            assert_eq!(object.label("helm.toolkit.fluxcd.io/name"), Some("web"));
            assert_eq!(
                (object.label("team"), object.annotation("note")),
                (Some("a"), Some("x"))
            );
            assert_eq!(
                hook.label("helm.toolkit.fluxcd.io/namespace"),
                hooks_too.then_some("apps")
            );
        }
    }

    #[test]
    fn the_origin_of_an_object_goes_through_an_annotation() {
        let mut object = rendered().objects.remove(0).1;
        object.set_annotation(ORIGIN, "c/templates/a.yaml");
        assert_eq!(take_origin(&mut object), "c/templates/a.yaml");
        assert_eq!(object.metadata().and_then(|it| it.get("annotations")), None);
    }
}

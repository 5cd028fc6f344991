//! World `renderer-plugin` of contract 0.1.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};
use sluice_model::TreeRead;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre, Resource};

use crate::bindings::imports::sluice::plugin::types::Error;
use crate::bindings::renderer::exports::sluice::plugin::renderer as contract;
use crate::bindings::renderer::{RendererPlugin, RendererPluginPre};
use crate::call::Entropy;
use crate::call::files::TreeHandle;
use crate::describe::RawDescription;
use crate::store::{CallState, misfit};

/// What the caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Objects as JSON.
    Objects,
    /// The text that the renderer's program would print.
    Text,
}

/// What a renderer is asked for.
#[derive(Clone)]
pub struct RenderRequest {
    /// JSON; checked against the plugin's schema, defaults filled in.
    pub config: String,
    /// Directory of the first input to render.
    pub root: String,
    /// Trees by the name that the config knows them by; the first one is the main tree.
    pub inputs: Vec<(String, Arc<dyn TreeRead>)>,
    /// Objects or text.
    pub want: Form,
    /// Randomness and time.
    pub entropy: Entropy,
}

/// A rendered object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeserializeDerive)]
pub struct RenderedObject {
    /// A JSON object, at most 100 levels deep; checked.
    pub json: String,
    /// The file that it comes from.
    pub origin: Option<String>,
}

/// What a renderer gives besides objects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, DeserializeDerive)]
#[serde(rename_all = "lowercase")]
pub enum Extra {
    /// Text for the user after an installation.
    Notes(String),
    /// JSON of an object that runs at a point of a release.
    Hook(String),
    /// JSON of a custom resource definition.
    Crd(String),
    /// JSON of the chart's metadata and merged values.
    Chart(String),
}

/// What a renderer gave.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) objects: Vec<RenderedObject>,
    pub(crate) text: Vec<u8>,
    pub(crate) extras: Vec<Extra>,
    pub(crate) warnings: Vec<String>,
    pub(crate) used_entropy: bool,
}

/// A linked renderer.
pub(crate) struct Renderer(RendererPluginPre<CallState>);

impl Renderer {
    pub(crate) fn new(pre: InstancePre<CallState>) -> wasmtime::Result<Self> {
        RendererPluginPre::new(pre).map(Self)
    }

    async fn instance(&self, store: &mut Store<CallState>) -> wasmtime::Result<RendererPlugin> {
        self.0.instantiate_async(store).await
    }

    /// Checks that the instance has this world's functions, and lets it describe itself.
    pub(crate) async fn describe(
        store: &mut Store<CallState>,
        instance: &Instance,
    ) -> wasmtime::Result<RawDescription> {
        let plugin = RendererPlugin::new(&mut *store, instance).map_err(|error| misfit(store, &error))?;
        let found = plugin.sluice_plugin_meta().call_describe(store).await?;
        Ok(RawDescription {
            name: found.name,
            version: found.version,
            config_schema: found.config_schema,
            bindings: found.bindings,
            types: found.types,
        })
    }

    pub(crate) async fn render(
        &self,
        store: &mut Store<CallState>,
        request: RenderRequest,
    ) -> wasmtime::Result<Result<Rendered, Error>> {
        let request = lower(store.data_mut(), request)?;
        let plugin = self.instance(store).await?;
        let rendered = plugin
            .sluice_plugin_renderer()
            .call_render(store, &request)
            .await?;
        Ok(rendered.map(lift))
    }
}

fn lower(state: &mut CallState, request: RenderRequest) -> wasmtime::Result<contract::Request> {
    let mut inputs = Vec::new();
    for (index, (name, tree)) in request.inputs.into_iter().enumerate() {
        let tree: Resource<TreeHandle> = state.keep_tree(TreeHandle::Input(index, tree))?;
        inputs.push(contract::Input { name, tree });
    }
    Ok(contract::Request {
        config: request.config,
        root: request.root,
        inputs,
        want: match request.want {
            Form::Objects => contract::Form::Objects,
            Form::Text => contract::Form::Text,
        },
        entropy: contract::Entropy {
            seed: request.entropy.seed.to_vec(),
            now_ms: request.entropy.now_ms,
        },
    })
}

fn lift(rendered: contract::Rendered) -> Rendered {
    let object = |object: contract::Object| RenderedObject {
        json: object.json,
        origin: object.origin,
    };
    let extra = |extra| match extra {
        contract::Extra::Notes(text) => Extra::Notes(text),
        contract::Extra::Hook(json) => Extra::Hook(json),
        contract::Extra::Crd(json) => Extra::Crd(json),
        contract::Extra::Chart(json) => Extra::Chart(json),
    };
    Rendered {
        objects: rendered.objects.into_iter().map(object).collect(),
        text: rendered.text,
        extras: rendered.extras.into_iter().map(extra).collect(),
        warnings: rendered.warnings,
        used_entropy: rendered.used_entropy,
    }
}

impl Rendered {
    /// Every JSON that must be an object is one; else what is wrong with which.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (index, object) in self.objects.iter().enumerate() {
            let from = object
                .origin
                .as_deref()
                .map(|origin| format!(" of {origin}"))
                .unwrap_or_default();
            check_object(&object.json).map_err(|error| format!("object {index}{from} {error}"))?;
        }
        for (index, extra) in self.extras.iter().enumerate() {
            let json = match extra {
                Extra::Notes(_) => continue,
                Extra::Hook(json) | Extra::Crd(json) | Extra::Chart(json) => json,
            };
            check_object(json).map_err(|error| format!("extra {index} {error}"))?;
        }
        Ok(())
    }
}

/// The text is one JSON object. Nothing is kept; serde_json bounds the depth.
fn check_object(json: &str) -> Result<(), String> {
    serde_json::from_str::<Shape>(json)
        .map(drop)
        .map_err(|error| format!("is no JSON object: {error}"))
}

/// A JSON object of any content.
struct Shape;

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(AnyValue).map(|()| Self)
    }
}

/// Any JSON value, walked by recursion so that the parser's depth limit holds.
struct AnyValue;

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self).map(|()| Self)
    }
}

impl<'de> Visitor<'de> for AnyValue {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, AnyValue>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<AnyValue>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_json_objects_of_bounded_depth() {
        assert_eq!(check_object(r#"{"a":[1,-2,0.5,true,null,"x",{"b":{}}]}"#), Ok(()));
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(1000), "]".repeat(1000));
        for bad in ["", "[]", "1", "{", r#"{"a":}"#, r#"{} {}"#, deep.as_str()] {
            assert!(check_object(bad).is_err(), "{}", &bad[..bad.len().min(40)]);
        }
    }
}

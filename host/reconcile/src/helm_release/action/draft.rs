//! The revision that is to be: the chart rendered and post-rendered, its definitions applied first.

use serde_json::json;
use sluice_cluster::PatchOptions;
use sluice_model::Object;
use sluice_release::action::Draft;
use sluice_release::write_manifest;

use super::super::atomic::Atomic;
use super::super::render::{self, Input, Rendered, Served};
use super::super::spec::skips_schema;
use super::super::{MANAGER, chart, crds, post_render, source};

impl Atomic {
    /// Renders, applies the chart's definitions, and gives the revision with these definitions. Nothing is stored yet.
    pub(super) async fn draft(&mut self, upgrade: bool) -> Result<(Draft, Vec<Object>), String> {
        let mut rendered = self.rendered(upgrade).await?;
        if self.put_definitions(&rendered.crds, upgrade).await? {
            // what the cluster serves has changed, and charts look at that
            rendered = self.rendered(upgrade).await?;
        }
        if !upgrade {
            self.make_namespace().await?;
        }
        let hooks = rendered
            .hooks
            .iter()
            .map(|(path, object)| render::hook(path, object))
            .collect();
        let draft = Draft {
            name: self.desired.identity.name.clone(),
            namespace: self.desired.identity.namespace.clone(),
            chart: rendered.chart,
            config: rendered.config,
            manifest: write_manifest(&rendered.objects),
            objects: rendered.objects.into_iter().map(|(_, object)| object).collect(),
            hooks,
            notes: rendered.notes,
        };
        Ok((draft, rendered.crds))
    }

    async fn rendered(&self, upgrade: bool) -> Result<Rendered, String> {
        let (engine, key, spec) = (&self.pass.shared.engine, &self.pass.key, &self.pass.object.spec);
        let packed = source::chart_bytes(engine, &self.pass.object, &self.desired.artifact)
            .await
            .map_err(|error| error.to_string())?;
        let input = Input {
            plugin: &self.desired.plugin,
            call: chart::call(engine, chart::RENDERER, key),
            packed,
            layers: &self.desired.layers,
            chart_version: Some(&self.desired.chart.version),
            identity: &self.desired.identity,
            revision: if upgrade { self.latest + 1 } else { 1 },
            is_upgrade: upgrade,
            skip_schema: skips_schema(spec, upgrade),
            reuse: self.kept.as_ref().filter(|_| upgrade).map(|kept| &kept.input),
        };
        let rendered = render::render(input, Served::By(&self.desired.place.cluster)).await;
        let mut rendered = rendered.map_err(|error| error.to_string())?;
        let kustomize = match post_render::needs_plugin(spec) {
            true => {
                let plugin = engine.plugin_for(post_render::KUSTOMIZE, &key.namespace);
                let plugin = plugin.map_err(|error| error.to_string())?;
                Some((plugin, chart::call(engine, post_render::KUSTOMIZE, key)))
            }
            false => None,
        };
        let kustomize = kustomize.as_ref().map(|(plugin, call)| (plugin.as_ref(), call));
        post_render::run(spec, key, &mut rendered, kustomize)
            .await
            .map_err(|error| error.to_string())?;
        Ok(rendered)
    }

    async fn put_definitions(&self, definitions: &[Object], upgrade: bool) -> Result<bool, String> {
        if definitions.is_empty() {
            return Ok(false);
        }
        let spec = &self.pass.object.spec;
        let policy = match upgrade {
            true => spec.upgrade.as_ref().and_then(|it| it.crds.as_ref()),
            false => spec.install.as_ref().and_then(|it| it.crds.as_ref()),
        };
        let options = self.resources(true, false).options();
        crds::put(&self.desired.place.cluster, definitions, policy, &options).await
    }

    /// The target namespace, where it is to be made; one that is there is left as it is.
    async fn make_namespace(&self) -> Result<(), String> {
        let spec = &self.pass.object.spec;
        let asked = spec.install.as_ref().and_then(|it| it.create_namespace) == Some(true);
        if !asked || spec.target_namespace.as_ref().is_none_or(String::is_empty) {
            return Ok(());
        }
        let name = &self.desired.identity.namespace;
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}});
        let Some(namespace) = Object::from_value(namespace) else {
            return Ok(());
        };
        let cluster = &self.desired.place.cluster;
        let failed = |error| format!("failed to create namespace {name}: {error}");
        match cluster.get_metadata(&namespace.id(), "v1").await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_absent() => {}
            Err(error) => return Err(failed(error)),
        }
        let options = PatchOptions {
            field_manager: MANAGER.into(),
            force: false,
            dry_run: false,
        };
        cluster
            .apply(&namespace, &options)
            .await
            .map(drop)
            .map_err(failed)
    }
}

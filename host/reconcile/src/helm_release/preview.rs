//! What a HelmRelease would install or upgrade to, for the command line: values, renderer, post-renderers and marks are
//! those of a pass, and nothing is stored or applied.

use bytes::Bytes;
use sluice_api::HelmRelease;
use sluice_apply::{ApplyOptions, IgnoreError};
use sluice_cluster::Cluster;
use sluice_model::Object;
use sluice_release::{Records as _, Release, Status, Storage, StorageError, gone, read_manifest};
use sluice_sandbox::{Call, Limits, Plugin};

use super::inventory::settle;
use super::post_render::{self, KUSTOMIZE};
use super::render::{self, Input, RenderError, Served};
use super::spec::{Identity, skips_schema};
use super::values::{self, ValuesError};
use super::{MANAGER, chart, drift, resources, reuse};
use crate::key::ObjectKey;

/// The plugin that renders charts.
pub const RENDERER: &str = chart::RENDERER;
/// The plugin behind post-renderers.
pub const POST_RENDERER: &str = KUSTOMIZE;

/// What is not a cluster's to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Assumed<'a> {
    /// Version of Kubernetes; the renderer's own where there is none.
    pub kube_version: Option<&'a str>,
    /// API versions that are served too.
    pub api_versions: &'a [String],
}

/// A release to look at.
pub struct Subject<'a> {
    /// The object.
    pub object: &'a HelmRelease,
    /// Where it releases to; none to render without one. References of values are left out then.
    pub cluster: Option<&'a Cluster>,
    /// Taken for served where there is no cluster.
    pub assumed: Assumed<'a>,
}

/// What a release would consist of.
#[derive(Debug, Default)]
pub struct Built {
    /// The definitions of the chart.
    pub definitions: Vec<Object>,
    /// The objects, in the order of installation.
    pub objects: Vec<Object>,
    /// The hooks.
    pub hooks: Vec<Object>,
    /// The rendered NOTES.txt
    pub notes: String,
}

/// A preview cannot be made. Texts hold no value of a Secret.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PreviewError(#[from] Why);

#[derive(Debug, thiserror::Error)]
enum Why {
    #[error(transparent)]
    Values(#[from] ValuesError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("failed to read the release: {0}")]
    Storage(#[from] StorageError),
    #[error("failed to read the manifest of the release: {0}")]
    Manifest(#[from] sluice_release::ManifestError),
    #[error("spec.driftDetection.ignore: {0}")]
    Ignore(#[from] IgnoreError),
}

impl Subject<'_> {
    fn key(&self) -> ObjectKey {
        ObjectKey::of(self.object)
    }

    fn call(&self) -> Call {
        chart::call_within(&self.key(), Limits::RENDER)
    }

    /// Whether the build needs [`POST_RENDERER`].
    pub fn needs_post_renderer(&self) -> bool {
        post_render::needs_plugin(&self.object.spec)
    }

    /// Whether an upgrade keeps the values of the release.
    pub fn keeps_values(&self) -> bool {
        reuse::is_wanted(&self.object.spec)
    }

    /// The latest revision of the release that is deployed, or else the latest; none before the installation or without a
    /// cluster.
    ///
    /// # Errors
    /// The record cannot be read.
    pub async fn release(&self) -> Result<Option<Release>, PreviewError> {
        let Some(cluster) = self.cluster else {
            return Ok(None);
        };
        let identity = Identity::of(self.object);
        let storage = Storage::new(cluster, &identity.storage, MANAGER);
        let mut history = storage.history(&identity.name).await.map_err(Why::from)?;
        let is_there = |status: &Status| !matches!(status, Status::Uninstalled | Status::Uninstalling);
        history.retain(|it| is_there(&it.info.status));
        Ok(reuse::former(&history).cloned())
    }

    /// Renders the packed chart as a pass would, as the upgrade of `release` or as an installation.
    ///
    /// # Errors
    /// Values cannot be read, or a renderer refuses.
    pub async fn build(
        &self,
        packed: Bytes,
        release: Option<&Release>,
        plugin: &Plugin,
        post_renderer: Option<&Plugin>,
    ) -> Result<Built, PreviewError> {
        let (key, spec, identity) = (self.key(), &self.object.spec, Identity::of(self.object));
        let mut layers = values::layers_of(self.cluster, &key.namespace, spec)
            .await
            .map_err(Why::from)?;
        let kept = release.filter(|_| self.keeps_values());
        if let Some(release) = kept {
            reuse::conceal(&mut layers, release, std::slice::from_ref(release));
        }
        let reuse = kept.map(reuse::input);
        let input = Input {
            plugin,
            call: self.call(),
            packed,
            layers: &layers,
            chart_version: None,
            identity: &identity,
            revision: release.map_or(0, |release| release.version) + 1,
            is_upgrade: release.is_some(),
            skip_schema: skips_schema(spec, release.is_some()),
            reuse: reuse.as_ref(),
        };
        let assumed = Served::Assumed(self.assumed.kube_version, self.assumed.api_versions);
        let served = self.cluster.map_or(assumed, Served::By);
        let mut rendered = render::render(input, served).await.map_err(Why::from)?;
        let call = self.call();
        post_render::run(
            spec,
            &key,
            &mut rendered,
            post_renderer.map(|plugin| (plugin, &call)),
        )
        .await
        .map_err(Why::from)?;
        let objects = |list: Vec<(String, Object)>| list.into_iter().map(|(_, object)| object).collect();
        Ok(Built {
            definitions: rendered.crds,
            objects: objects(rendered.objects),
            hooks: objects(rendered.hooks),
            notes: rendered.notes,
        })
    }

    /// The objects as they would be applied, with what marks them as the release's.
    pub fn marked(&self, objects: &[Object]) -> Vec<Object> {
        resources::marked(objects, &Identity::of(self.object))
    }

    /// The options of their apply; fields that drift detection ignores are left out of comparisons.
    ///
    /// # Errors
    /// A rule of `spec.driftDetection.ignore` cannot be read.
    pub fn options(&self) -> Result<ApplyOptions, PreviewError> {
        let mut options = resources::options(&self.key(), &Identity::of(self.object));
        options.force = self
            .object
            .spec
            .upgrade
            .as_ref()
            .is_some_and(|upgrade| upgrade.force == Some(true));
        options.ignore = drift::rules(&self.object.spec).map_err(Why::from)?;
        Ok(options)
    }

    /// The objects of a release that an upgrade to others would delete, where they exist: those that ask to be kept are
    /// not among them.
    ///
    /// # Errors
    /// The stored manifest cannot be read.
    pub async fn stale(&self, release: &Release, wanted: &[Object]) -> Result<Vec<Object>, PreviewError> {
        let former = read_manifest(&release.manifest).map_err(Why::from)?;
        let stale = gone(&former, wanted, &release.namespace);
        let Some(cluster) = self.cluster else {
            return Ok(stale);
        };
        let mut there = Vec::new();
        for mut object in stale {
            settle(cluster, &mut object, &release.namespace).await;
            let found = cluster.get_metadata(&object.id(), object.version()).await;
            if !found.is_err_and(|error| error.is_absent()) {
                there.push(object);
            }
        }
        Ok(there)
    }
}

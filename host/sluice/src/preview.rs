//! What `sluice build` and `sluice diff` share: finding a Kustomization, and building what it would apply with the same
//! components as in the cluster.

mod mask;
pub mod release;
mod subject;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use sluice_api::Kustomization;
use sluice_cluster::Cluster;
use sluice_cluster::kube::ResourceExt as _;
use sluice_model::memo::Trace;
use sluice_model::port::{Bindings, MemoStore};
use sluice_model::{Digest, Object, TreeRead};
use sluice_reconcile::kustomization::{GROUP, config, post_build};
use sluice_render::{RenderInput, Renderer, Supplier};
use sluice_sandbox::{Call, CallObject, Limits, Plugin};

use crate::folder::{Folder, Links, checkout_of};
use crate::host::settings;
use crate::supplier::LocalSupplier;

pub use mask::is_masked;

/// Arguments of both commands.
#[derive(Debug, Clone, Args)]
pub struct PreviewArgs {
    /// Name of the Kustomization.
    pub name: String,
    /// Local folder that stands for the Kustomization's spec.path.
    #[arg(long, value_name = "DIR")]
    pub path: PathBuf,
    /// File with the Kustomization, instead of the one in the cluster.
    #[arg(long, value_name = "FILE")]
    pub kustomization_file: Option<PathBuf>,
    /// Fail where a variable without a default is not set; without this flag it is empty, and a warning tells.
    #[arg(long)]
    pub strict_substitute: bool,
    /// Follow Kustomizations among the objects.
    #[arg(short, long)]
    pub recursive: bool,
    /// Where sources are on this machine, for --recursive: Kind/namespace/name=DIR, comma separated.
    #[arg(long, value_delimiter = ',', value_parser = local_source, value_name = "SOURCE=DIR")]
    pub local_sources: Vec<(String, PathBuf)>,
    /// Accepted for compatibility: nothing is ever written into the folder.
    #[arg(long, hide = true)]
    pub in_memory_build: bool,
    /// Refuse remote bases, as the controller's flag does.
    #[arg(long)]
    pub no_remote_bases: bool,
    /// Namespace of the Kustomization.
    #[arg(short, long, default_value = "flux-system")]
    pub namespace: String,
    /// Folder of the compiled plugins.
    #[arg(long, value_name = "DIR")]
    pub plugin_cache_path: Option<PathBuf>,
    #[command(flatten)]
    pub cluster: crate::cli::ClusterArgs,
}

fn local_source(text: &str) -> Result<(String, PathBuf), String> {
    let (source, dir) = text.split_once('=').ok_or("want Kind/namespace/name=DIR")?;
    if source.split('/').count() != 3 {
        return Err("want Kind/namespace/name=DIR".into());
    }
    Ok((source.to_owned(), PathBuf::from(dir)))
}

/// Each build reads a live folder, which no memo can serve.
struct NoMemo;

impl MemoStore for NoMemo {
    fn traces(&self, _: &Digest) -> Vec<(Trace, Digest)> {
        Vec::new()
    }
    fn output(&self, _: &Digest) -> Option<bytes::Bytes> {
        None
    }
    fn store(&self, _: &Digest, _: Trace, output: bytes::Bytes, _: bool) -> Digest {
        Digest::of(&output)
    }
}

/// One run of a command.
pub struct Session {
    /// None in a dry run.
    pub cluster: Option<Cluster>,
    local_sources: BTreeMap<String, PathBuf>,
    strict: bool,
    allows_bases: bool,
    supplier: Arc<dyn Supplier>,
    plugin: Arc<Plugin>,
    renderer: Renderer,
}

impl Session {
    /// Connects, unless it is a dry run, and loads the renderer.
    pub async fn open(args: &PreviewArgs, dry_run: bool) -> anyhow::Result<Self> {
        ensure!(
            args.path.is_dir(),
            "invalid resource path {:?}",
            args.path.display().to_string()
        );
        ensure!(
            !dry_run || args.kustomization_file.is_some(),
            "dry-run mode requires a kustomization file"
        );
        settings::use_tls()?;
        let cluster = if dry_run {
            None
        } else {
            Some(settings::connect(&args.cluster).await?)
        };
        Ok(Self {
            cluster,
            local_sources: args.local_sources.iter().cloned().collect(),
            strict: args.strict_substitute,
            allows_bases: !args.no_remote_bases,
            supplier: Arc::new(LocalSupplier::new(
                !args.no_remote_bases,
                args.plugin_cache_path.clone(),
            )),
            plugin: settings::plugin("render-kustomize", args.plugin_cache_path.clone()).await?,
            renderer: Renderer::new(Arc::new(NoMemo)),
        })
    }

    /// The Kustomization that the arguments name: the one of the file with the inventory of the one in the cluster,
    /// else the one in the cluster.
    pub async fn kustomization(&self, args: &PreviewArgs, may_be_new: bool) -> anyhow::Result<Kustomization> {
        let places = subject::Places {
            file: args.kustomization_file.as_deref(),
            cluster: self.cluster.as_ref(),
            may_be_new,
        };
        subject::find(places, &args.namespace, &args.name).await
    }

    /// A Kustomization that another one applies: as it would be applied, with the inventory of the one that stands.
    pub async fn child(&self, object: &Object) -> anyhow::Result<(Kustomization, PathBuf)> {
        let mut child: Kustomization = subject::from_object(object.clone())?;
        let (namespace, name) = (child.namespace().unwrap_or_default(), child.name_any());
        if let Some(cluster) = &self.cluster {
            let live: Option<Kustomization> = subject::from_cluster(cluster, &namespace, &name).await?;
            child.status = live.and_then(|live| live.status);
        }
        let source = &child.spec.source_ref;
        let of = source
            .namespace
            .clone()
            .filter(|text| !text.is_empty())
            .unwrap_or(namespace);
        let key = format!("{}/{of}/{}", source.kind, source.name);
        let local = self.local_sources.get(&key).with_context(|| {
            format!("cannot get local path for {key} of kustomization {name}: give --local-sources {key}=DIR")
        })?;
        let path = child.spec.path.clone().unwrap_or_default();
        Ok((child, local.join(path.trim_start_matches('/'))))
    }

    /// The objects that a Kustomization would apply from a local folder, with owner labels and common metadata; what
    /// SOPS encrypted is masked.
    pub async fn build(&self, kustomization: &Kustomization, dir: &Path) -> anyhow::Result<Vec<Object>> {
        let mut objects = self.render(kustomization, dir).await?;
        objects = self.substitute(kustomization, objects).await?;
        objects.retain(|object| object.group() != "kustomize.config.k8s.io");
        let common = kustomization.spec.common_metadata.clone().unwrap_or_default();
        for object in &mut objects {
            object.set_label(&format!("{GROUP}/name"), &kustomization.name_any());
            object.set_label(
                &format!("{GROUP}/namespace"),
                &kustomization.namespace().unwrap_or_default(),
            );
            mask::mask(object)?;
            for (key, value) in &common.labels {
                object.set_label(key, value);
            }
            for (key, value) in &common.annotations {
                object.set_annotation(key, value);
            }
        }
        Ok(objects)
    }

    async fn render(&self, kustomization: &Kustomization, dir: &Path) -> anyhow::Result<Vec<Object>> {
        let dir = dir
            .canonicalize()
            .with_context(|| format!("invalid resource path {}", dir.display()))?;
        let checkout = checkout_of(&dir);
        let root = dir
            .strip_prefix(checkout)
            .unwrap_or(&dir)
            .to_str()
            .context("the folder's path is not UTF-8")?
            .to_owned();
        let tree: Arc<dyn TreeRead> = Arc::new(Folder::new(checkout, Links::Tree));
        let input = RenderInput {
            plugin: self.plugin.as_ref(),
            call: Call {
                object: CallObject {
                    kind: "Kustomization".into(),
                    namespace: kustomization.namespace().unwrap_or_default(),
                    name: kustomization.name_any(),
                },
                limits: Limits::RENDER,
                bindings: Bindings::default(),
            },
            config: config::of(&kustomization.spec, self.allows_bases),
            root,
            trees: vec![("source".into(), tree)],
            durable: false,
            decryptor: None,
            supplier: Some(Arc::clone(&self.supplier)),
        };
        let rendering = self
            .renderer
            .render(input)
            .await
            .context("kustomize build failed")?;
        for warning in &rendering.warnings {
            eprintln!("# Warning: {warning}");
        }
        Ok(rendering.manifests.objects)
    }

    async fn substitute(
        &self,
        kustomization: &Kustomization,
        objects: Vec<Object>,
    ) -> anyhow::Result<Vec<Object>> {
        let Some(spec) = &kustomization.spec.post_build else {
            return Ok(objects);
        };
        let namespace = kustomization.namespace().unwrap_or_default();
        let mut post_build = post_build::variables(self.cluster.as_ref(), &namespace, spec, true).await?;
        if self.strict {
            return Ok(post_build.run(objects)?);
        }
        match post_build.run(objects.clone()) {
            Ok(done) => Ok(done),
            Err(strict) => {
                post_build.strict = false;
                let done = post_build.run(objects)?;
                eprintln!("# Warning: the cluster would refuse this: {strict}");
                Ok(done)
            }
        }
    }
}

/// Whether an object is a Kustomization of Flux's group, and not the given one itself.
pub fn is_child(object: &Object, parent: &Kustomization) -> bool {
    let itself =
        object.name() == parent.name_any() && object.namespace() == parent.namespace().unwrap_or_default();
    object.kind() == "Kustomization" && object.group() == GROUP && !itself
}

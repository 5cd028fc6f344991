//! What `sluice build helmrelease` and `sluice diff helmrelease` share: finding the HelmRelease and its chart, and building
//! what it would release with the same components as in the cluster.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use clap::Args;
use sluice_api::{HelmRelease, HelmRepository};
use sluice_cluster::Cluster;
use sluice_cluster::k8s_openapi::api::core::v1::Secret;
use sluice_cluster::kube::{Api, ResourceExt as _};
use sluice_fetch::helm::{ChartFetch, HelmFetchError, HelmFetchOptions, HelmSizes, Wanted};
use sluice_model::SecretData;
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_reconcile::helm_release::preview::{Assumed, Built, POST_RENDERER, RENDERER, Subject};
use sluice_reconcile::supply::{CHART_SOURCE, fetch_chart};
use sluice_release::Release;
use sluice_sandbox::{CallObject, Limits, Plugin};

use super::subject;
use crate::folder::checkout_of;
use crate::host::settings;

/// Arguments of both commands.
#[derive(Debug, Clone, Args)]
pub struct ReleaseArgs {
    /// Name of the HelmRelease.
    pub name: String,
    /// Local chart, a folder or a packed chart; without it, the chart of the HelmRepository that the object names.
    #[arg(long, value_name = "CHART")]
    pub chart: Option<PathBuf>,
    /// File with the HelmRelease, instead of the one in the cluster; a HelmRepository may stand in it too.
    #[arg(long, value_name = "FILE")]
    pub helmrelease_file: Option<PathBuf>,
    /// Namespace of the HelmRelease.
    #[arg(short, long, default_value = "flux-system")]
    pub namespace: String,
    /// Folder of the compiled plugins.
    #[arg(long, value_name = "DIR")]
    pub plugin_cache_path: Option<PathBuf>,
    #[command(flatten)]
    pub cluster: crate::cli::ClusterArgs,
}

/// One run of a command.
pub struct ReleaseSession {
    args: ReleaseArgs,
    cluster: Option<Cluster>,
    object: HelmRelease,
}

impl ReleaseSession {
    /// Connects, unless it is a dry run, and finds the object: the one of the file, else the one in the cluster.
    pub async fn open(args: &ReleaseArgs, dry_run: bool, may_be_new: bool) -> anyhow::Result<Self> {
        ensure!(
            !dry_run || args.helmrelease_file.is_some(),
            "dry-run mode requires a helmrelease file"
        );
        settings::use_tls()?;
        let cluster = match dry_run {
            true => None,
            false => Some(settings::connect(&args.cluster).await?),
        };
        let places = subject::Places {
            file: args.helmrelease_file.as_deref(),
            cluster: cluster.as_ref(),
            may_be_new,
        };
        let object = subject::find(places, &args.namespace, &args.name).await?;
        Ok(Self {
            args: args.clone(),
            cluster,
            object,
        })
    }

    /// Namespace and name.
    pub fn name(&self) -> String {
        format!("{}/{}", self.args.namespace, self.args.name)
    }

    /// The cluster, which all but a dry run has.
    pub fn cluster(&self) -> anyhow::Result<&Cluster> {
        self.cluster.as_ref().context("this needs a cluster")
    }

    /// The release to look at.
    pub fn subject<'a>(&'a self, assumed: Assumed<'a>) -> Subject<'a> {
        Subject {
            object: &self.object,
            cluster: self.cluster.as_ref(),
            assumed,
        }
    }

    /// The current release, and what would follow it.
    pub async fn build(&self, assumed: Assumed<'_>) -> anyhow::Result<(Option<Release>, Built)> {
        if self.cluster.is_none() && !self.object.spec.values_from.is_empty() {
            eprintln!("# Warning: a dry run leaves spec.valuesFrom out");
        }
        let subject = self.subject(assumed);
        if self.cluster.is_none() && subject.keeps_values() {
            eprintln!("# Warning: a dry run knows no values that spec.upgrade.preserveValues would keep");
        }
        let packed = self.chart().await?;
        let release = subject.release().await?;
        let plugin = self.plugin(RENDERER).await?;
        let post_renderer = match subject.needs_post_renderer() {
            true => Some(self.plugin(POST_RENDERER).await?),
            false => None,
        };
        let built = subject
            .build(packed, release.as_ref(), &plugin, post_renderer.as_deref())
            .await
            .context("helm template failed")?;
        Ok((release, built))
    }

    async fn plugin(&self, name: &str) -> anyhow::Result<Arc<Plugin>> {
        settings::plugin(name, self.args.plugin_cache_path.clone()).await
    }

    /// The packed chart, with the values files that the object names as its values.
    async fn chart(&self) -> anyhow::Result<Bytes> {
        let template = self.object.spec.chart.as_ref().map(|template| &template.spec);
        let mut wanted = Wanted {
            version: "*".into(),
            ..Wanted::default()
        };
        if let Some(template) = template {
            wanted.chart.clone_from(&template.chart);
            if !template.version.is_empty() {
                wanted.version.clone_from(&template.version);
            }
            wanted.values_files.clone_from(&template.values_files);
            wanted.ignore_missing_values_files = template.ignore_missing_values_files == Some(true);
        }
        match (&self.args.chart, template) {
            (Some(chart), _) => self.local_chart(chart, wanted).await,
            (None, Some(template)) if template.source_ref.kind.to_string() == "HelmRepository" => {
                let own = self.args.namespace.clone();
                let namespace = template.source_ref.namespace.clone().filter(|it| !it.is_empty());
                self.repository_chart(&template.source_ref.name, &namespace.unwrap_or(own), &wanted)
                    .await
            }
            (None, _) => bail!(
                "the chart is not one of a HelmRepository: give it with --chart, as a folder or a packed chart"
            ),
        }
    }

    fn options(&self, secret: Option<SecretData>, tls: Option<SecretData>) -> HelmFetchOptions {
        HelmFetchOptions {
            object: CallObject {
                kind: "HelmRelease".into(),
                namespace: self.args.namespace.clone(),
                name: self.args.name.clone(),
            },
            secret,
            tls,
            limits: Limits::FETCH,
            sizes: HelmSizes::default(),
        }
    }

    /// A chart of this machine. Values files are looked for from the root of its checkout, as in the cluster.
    async fn local_chart(&self, chart: &Path, mut wanted: Wanted) -> anyhow::Result<Bytes> {
        let shown = chart.display();
        let path = chart
            .canonicalize()
            .with_context(|| format!("chart {shown} cannot be read"))?;
        let root = checkout_of(&path).to_owned();
        let mut builder = TreeBuilder::default();
        add(&mut builder, &root, &path)?;
        for file in &wanted.values_files {
            add(&mut builder, &root, &root.join(file.trim_start_matches('/')))?;
        }
        wanted.chart = within(&root, &path)?;
        wanted.version = "*".into();
        let plugin = self.plugin(CHART_SOURCE).await?;
        let fetch = ChartFetch::of_tree(builder.build(), &wanted, plugin, self.options(None, None));
        let version = fetch.resolve().await.map_err(|error| refused(&error))?;
        let fetched = fetch.fetch(&version).await;
        Ok(fetched.map_err(|error| refused(&error))?.bytes)
    }

    async fn repository_chart(&self, name: &str, namespace: &str, wanted: &Wanted) -> anyhow::Result<Bytes> {
        let mut repository: Option<HelmRepository> = match &self.args.helmrelease_file {
            Some(file) => subject::find_in_file(file, name, namespace)?,
            None => None,
        };
        if let (None, Some(cluster)) = (&repository, &self.cluster) {
            repository = subject::from_cluster(cluster, namespace, name).await?;
        }
        let repository = repository.with_context(|| {
            format!("HelmRepository {namespace}/{name} was not found: give the chart with --chart")
        })?;
        let spec = &repository.spec;
        let secret = self
            .secret(namespace, spec.secret_ref.as_ref().map(|it| it.name.as_str()))
            .await?;
        let tls = self
            .secret(
                namespace,
                spec.cert_secret_ref.as_ref().map(|it| it.name.as_str()),
            )
            .await?;
        let transport = settings::transport();
        let plugin = self.plugin(CHART_SOURCE).await?;
        let fetched = fetch_chart(spec, wanted, plugin, (&transport, self.options(secret, tls))).await;
        Ok(fetched.map_err(|error| refused(&error))?.bytes)
    }

    /// A Secret, with what the user of the command may read.
    async fn secret(&self, namespace: &str, name: Option<&str>) -> anyhow::Result<Option<SecretData>> {
        let (Some(name), Some(cluster)) = (name, &self.cluster) else {
            return Ok(None);
        };
        let api: Api<Secret> = Api::namespaced(cluster.client(), namespace);
        let secret = api
            .get(name)
            .await
            .with_context(|| format!("failed to get Secret {namespace}/{name}"))?;
        let data = secret.data.clone().unwrap_or_default();
        let data = data.into_iter().map(|(key, value)| (key, value.0));
        Ok(Some(SecretData::new(
            format!("{namespace}/{}", secret.name_any()),
            data,
        )))
    }
}

/// With what to do about it.
fn refused(error: &HelmFetchError) -> anyhow::Error {
    let message = error.message();
    match error.needs() {
        Some(_) => anyhow::anyhow!("{message}: run `helm dependency build` on the chart first"),
        None => anyhow::anyhow!("{message}"),
    }
}

fn within(root: &Path, path: &Path) -> anyhow::Result<String> {
    let path = path.strip_prefix(root).unwrap_or(path);
    Ok(path.to_str().context("the chart's path is not UTF-8")?.to_owned())
}

/// The files at and below a path, links followed; what does not exist is left out.
fn add(builder: &mut TreeBuilder, root: &Path, path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).with_context(|| format!("{}", path.display()))? {
            add(builder, root, &entry?.path())?;
        }
        return Ok(());
    }
    let Ok(bytes) = std::fs::read(path) else {
        return Ok(());
    };
    // a file that stands in the chart and among the values files is added once
    let _ = builder.add(
        &within(root, path)?,
        Node::File(File::inline(Bytes::from(bytes), false)),
    );
    Ok(())
}

//! `sluice render`: renderers from the command line, through the same sandbox as in the cluster.

mod helm;
mod output_dir;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value};
use sluice_model::TreeRead;
use sluice_model::port::Bindings;
use sluice_render::supply::render_supplied;
use sluice_sandbox::{Call, CallObject, Entropy, Form, Limits, Plugin, RenderRequest};

use crate::folder::{Folder, Links};
use crate::host::settings;
use crate::supplier::LocalSupplier;

/// What to render.
#[derive(Debug, Subcommand)]
pub enum RenderCommand {
    /// Print what `kustomize build` prints.
    Kustomize(Box<KustomizeArgs>),
    /// Print what `helm template` prints.
    Helm(Box<helm::HelmArgs>),
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LoadRestrictor {
    #[value(name = "LoadRestrictionsRootOnly")]
    RootOnly,
    #[value(name = "LoadRestrictionsNone")]
    None,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reorder {
    Legacy,
    None,
}

/// Arguments of `sluice render kustomize`: the flags of `kustomize build`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice render kustomize overlays/prod
  sluice render kustomize overlays/prod --load-restrictor LoadRestrictionsNone -o manifests.yaml")]
pub struct KustomizeArgs {
    /// Folder with a kustomization.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Whether files outside of the folder may be read.
    #[arg(long, value_enum, default_value = "LoadRestrictionsRootOnly")]
    load_restrictor: LoadRestrictor,
    /// Order of the output.
    #[arg(long, value_enum)]
    reorder: Option<Reorder>,
    /// Refuse bases and files of other machines.
    #[arg(long)]
    no_remote_bases: bool,
    /// Render charts, in the sandbox.
    #[arg(long)]
    enable_helm: bool,
    /// Name or path of the helm command; accepted for compatibility, no program is run.
    #[arg(long, default_value = "helm", hide = true)]
    helm_command: String,
    /// API versions that charts are told of.
    #[arg(long, value_name = "VERSION")]
    helm_api_versions: Vec<String>,
    /// Version of Kubernetes that charts are told of.
    #[arg(long, value_name = "VERSION")]
    helm_kube_version: Option<String>,
    /// Errors name template and line with and without this.
    #[arg(long, hide = true)]
    helm_debug: bool,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    enable_alpha_plugins: bool,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    enable_exec: bool,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    network: bool,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    network_name: Option<String>,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    mount: Vec<String>,
    /// Functions are refused whatever this says.
    #[arg(short, long, hide = true)]
    env: Vec<String>,
    /// Functions are refused whatever this says.
    #[arg(long, hide = true)]
    as_current_user: bool,
    /// Errors name their place in words; there is no trace to print.
    #[arg(long, hide = true)]
    stack_trace: bool,
    /// Label objects with what rendered them.
    #[arg(long)]
    enable_managedby_label: bool,
    /// Write to this file, or one file an object into this folder.
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Folder of the compiled plugins.
    #[arg(long, value_name = "DIR")]
    plugin_cache_path: Option<PathBuf>,
}

impl KustomizeArgs {
    fn config(&self) -> String {
        let mut config = Map::from_iter([("mode".to_owned(), Value::from("cli"))]);
        if let LoadRestrictor::None = self.load_restrictor {
            config.insert("loadRestrictor".into(), "LoadRestrictionsNone".into());
        }
        match self.reorder {
            Some(Reorder::Legacy) => config.insert("reorder".into(), "legacy".into()),
            Some(Reorder::None) => config.insert("reorder".into(), "none".into()),
            None => None,
        };
        if !self.no_remote_bases {
            config.insert("remoteBases".into(), true.into());
        }
        if self.enable_helm {
            config.insert("enableHelm".into(), true.into());
        }
        if let Some(version) = &self.helm_kube_version {
            config.insert("helmKubeVersion".into(), version.as_str().into());
        }
        if !self.helm_api_versions.is_empty() {
            config.insert("helmApiVersions".into(), self.helm_api_versions.clone().into());
        }
        if self.enable_managedby_label {
            config.insert("enableManagedbyLabel".into(), true.into());
        }
        Value::Object(config).to_string()
    }
}

/// Renders and prints.
pub fn render(command: RenderCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        match command {
            RenderCommand::Kustomize(args) => kustomize(&args).await,
            RenderCommand::Helm(args) => helm::helm(&args).await,
        }
    });
    // The process ends: nothing is gained by joining its threads first.
    runtime.shutdown_background();
    result
}

async fn kustomize(args: &KustomizeArgs) -> anyhow::Result<()> {
    let dir = args
        .dir
        .canonicalize()
        .with_context(|| format!("{} cannot be read", args.dir.display()))?;
    let root = dir
        .to_str()
        .context("the folder's path is not UTF-8")?
        .trim_start_matches('/')
        .to_owned();
    let plugin = settings::plugin("render-kustomize", args.plugin_cache_path.clone()).await?;
    let links = match args.load_restrictor {
        LoadRestrictor::RootOnly => Links::Kustomization,
        LoadRestrictor::None => Links::All,
    };
    let tree: Arc<dyn TreeRead> = Arc::new(Folder::new("/", links));
    let call = Call {
        object: CallObject {
            kind: "Folder".into(),
            namespace: String::new(),
            name: root.clone(),
        },
        limits: Limits::RENDER,
        bindings: Bindings::default(),
    };
    let as_files = args.output.as_deref().is_some_and(Path::is_dir);
    let want = if as_files { Form::Objects } else { Form::Text };
    // Leaked, since the process ends: unmapping its code and memory first would only take time.
    let plugin: &'static Plugin = Box::leak(Box::new(plugin));
    let supplier = LocalSupplier::new(!args.no_remote_bases, args.plugin_cache_path.clone());
    let render = async |inputs| {
        let request = RenderRequest {
            config: args.config(),
            root: root.clone(),
            inputs,
            want,
            entropy: Entropy::fresh(),
        };
        Ok(plugin.render_own(&call, request).await?)
    };
    let rendered = render_supplied(&supplier, vec![("source".into(), tree)], render).await?;
    for warning in &rendered.warnings {
        eprintln!("# Warning: {warning}");
    }
    match &args.output {
        None => std::io::stdout().lock().write_all(&rendered.text)?,
        Some(folder) if as_files => write_files(folder, &rendered.objects)?,
        Some(file) => std::fs::write(file, &rendered.text).with_context(|| format!("{}", file.display()))?,
    }
    Ok(())
}

/// A user of the command line wants the renderer's words; the frame around them matters when the sandbox stopped it.
fn plain(error: &sluice_sandbox::CallError) -> String {
    match &error.failure {
        sluice_sandbox::Failure::Guest(guest) => guest.to_string(),
        _ => error.to_string(),
    }
}

/// One file an object, named as kustomize names them: `<group>_<version>_<kind>_<name>.yaml` in lower case.
fn write_files(folder: &Path, objects: &[sluice_sandbox::RenderedObject]) -> anyhow::Result<()> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for object in objects {
        let value: Value = serde_json::from_str(&object.json)?;
        let named = sluice_model::Object::from_value(value.clone()).context("the renderer gave no object")?;
        let version = named.api_version().replace('/', "_");
        let name = format!("{version}_{}_{}", named.kind(), named.name())
            .to_lowercase()
            .replace(['/', ':'], "_");
        let count = taken.entry(name.clone()).or_default();
        *count += 1;
        let file = if *count == 1 {
            format!("{name}.yaml")
        } else {
            format!("{name}_{count}.yaml")
        };
        std::fs::write(folder.join(&file), serde_yaml_ng::to_string(&value)?).with_context(|| file)?;
    }
    Ok(())
}

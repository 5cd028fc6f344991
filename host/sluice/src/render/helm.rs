//! `sluice render helm`: the flags of `helm template`, the chart rendered in the sandbox.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Map, Value, json};
use sluice_model::TreeRead;
use sluice_model::port::Bindings;
use sluice_sandbox::{Call, CallObject, Entropy, Form, Limits, RenderRequest};

use super::{output_dir, plain};
use crate::folder::{Folder, Links};
use crate::host::settings;

/// Arguments of `sluice render helm`: the flags of `helm template`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice render helm my-release ./charts/app -f prod.yaml --set image.tag=1.2.3
  sluice render helm my-release app-1.0.0.tgz --include-crds --kube-version v1.34.0")]
pub struct HelmArgs {
    /// Name of the release, and the chart: a folder or a packed chart.
    #[arg(value_name = "[NAME] CHART", required = true, num_args = 1..=2)]
    name_and_chart: Vec<String>,
    #[command(flatten)]
    values: ValueArgs,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    refused: RefusedArgs,
    /// Folder of the compiled plugins.
    #[arg(long, value_name = "DIR")]
    plugin_cache_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ValueArgs {
    /// Values from a YAML file, or from standard input with `-` (repeatable).
    #[arg(short = 'f', long, value_delimiter = ',', value_name = "FILE")]
    values: Vec<String>,
    /// Values as key1=val1,key2=val2 (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set: Vec<String>,
    /// Values as strings (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set_string: Vec<String>,
    /// Values that are contents of files (repeatable).
    #[arg(long, value_name = "KEY=FILE", allow_hyphen_values = true)]
    set_file: Vec<String>,
    /// Values as JSON (repeatable).
    #[arg(long, value_name = "KEY=JSON", allow_hyphen_values = true)]
    set_json: Vec<String>,
    /// A value as a string with no character special (repeatable).
    #[arg(long, value_name = "KEY=VALUE", allow_hyphen_values = true)]
    set_literal: Vec<String>,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct ReleaseArgs {
    /// Namespace of the release.
    #[arg(
        short,
        long,
        default_value = "default",
        env = "HELM_NAMESPACE",
        hide_env_values = true
    )]
    namespace: String,
    /// Make up the name of the release.
    #[arg(short, long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    generate_name: bool,
    /// Template for the name of the release.
    #[arg(long, default_value = "", hide_default_value = true)]
    name_template: String,
    /// Set .Release.IsUpgrade instead of .Release.IsInstall.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    is_upgrade: bool,
    /// Version of Kubernetes for .Capabilities.KubeVersion.
    #[arg(long)]
    kube_version: Option<String>,
    /// API versions for .Capabilities.APIVersions (repeatable).
    #[arg(short, long, value_delimiter = ',')]
    api_versions: Vec<String>,
    /// Do not check values against schemas.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    skip_schema_validation: bool,
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct OutputArgs {
    /// Put custom resource definitions into the output.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    include_crds: bool,
    /// Accepted for compatibility: custom resource definitions are left out unless --include-crds is given.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide = true, action = clap::ArgAction::Set)]
    skip_crds: bool,
    /// Leave tests out.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    skip_tests: bool,
    /// Leave hooks out.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    no_hooks: bool,
    /// Only these templates; paths may be patterns (repeatable).
    #[arg(short, long, value_name = "TEMPLATE")]
    show_only: Vec<String>,
    /// Write the output to files below this folder.
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Put the name of the release into the paths of --output-dir.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value_t = false, hide_possible_values = true, hide_default_value = true, action = clap::ArgAction::Set)]
    release_name: bool,
    /// More about failures; accepted for compatibility.
    #[arg(long, hide = true)]
    debug: bool,
}

/// What helm can and a render without network and programs cannot.
#[derive(Debug, Args)]
struct RefusedArgs {
    /// Only `client` is possible: a render never talks to a cluster.
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", hide = true)]
    dry_run: Option<String>,
    /// Refused: a render never talks to a cluster.
    #[arg(long, hide = true)]
    validate: bool,
    /// Refused: pipe the output into the program instead.
    #[arg(long, hide = true)]
    post_renderer: Option<String>,
    /// Fetch missing dependencies; refused with their names.
    #[arg(long, hide = true)]
    dependency_update: bool,
    /// Refused: fetch the chart first.
    #[arg(long, hide = true)]
    repo: Option<String>,
    /// Only of meaning for charts of repositories.
    #[arg(long, hide = true)]
    version: Option<String>,
    /// Only of meaning for charts of repositories.
    #[arg(long, hide = true)]
    devel: bool,
    /// Names are never resolved.
    #[arg(long, hide = true)]
    enable_dns: bool,
}

/// Which chart under which name.
struct Target {
    name: String,
    chart: PathBuf,
}

impl HelmArgs {
    fn refuse(&self) -> anyhow::Result<()> {
        let refused = &self.refused;
        if refused.validate || refused.dry_run.as_deref() == Some("server") {
            bail!("--validate and --dry-run=server need a cluster, and a render never talks to one");
        }
        if refused.post_renderer.is_some() {
            bail!("--post-renderer runs a program, which a render never does: pipe the output into it");
        }
        if refused.repo.is_some()
            || self
                .name_and_chart
                .last()
                .is_some_and(|chart| chart.starts_with("oci://"))
        {
            bail!("charts are not fetched here: pull the chart and name its file or folder");
        }
        Ok(())
    }

    /// helm's rules for the one or two arguments.
    fn target(&self) -> anyhow::Result<Target> {
        let (name, chart) = match &self.name_and_chart[..] {
            // `helm template` has a name of its own, so that --generate-name changes nothing
            [chart] => ("release-name".to_owned(), chart),
            [name, chart, ..] => {
                if self.release.generate_name {
                    bail!("cannot set --generate-name and also specify a name");
                }
                if !self.release.name_template.is_empty() {
                    bail!("cannot set --name-template and also specify a name");
                }
                (name.clone(), chart)
            }
            [] => bail!("requires at least 1 argument"),
        };
        let path = Path::new(chart.trim());
        if !path.exists() {
            bail!("path {chart:?} not found");
        }
        let chart = std::path::absolute(path)?;
        Ok(Target { name, chart })
    }

    fn config(&self, target: &Target) -> anyhow::Result<Value> {
        let mut release = Map::new();
        release.insert("name".into(), target.name.as_str().into());
        release.insert("namespace".into(), self.release.namespace.as_str().into());
        if self.name_and_chart.len() == 1 && !self.release.name_template.is_empty() {
            release.insert("nameTemplate".into(), self.release.name_template.as_str().into());
        }
        release.insert("isUpgrade".into(), self.release.is_upgrade.into());
        let mut config = json!({
            "release": release,
            "values": self.values.layers()?,
            "workingDirectory": tree_path(&std::env::current_dir()?)?,
            "apiVersions": self.release.api_versions,
            "includeCrds": self.output.include_crds,
            "skipTests": self.output.skip_tests,
            "noHooks": self.output.no_hooks,
            "showOnly": self.output.show_only,
            "skipSchemaValidation": self.release.skip_schema_validation,
        });
        if let Some(version) = &self.release.kube_version {
            config["kubeVersion"] = version.as_str().into();
        }
        Ok(config)
    }
}

impl ValueArgs {
    /// The layers in the order in which helm merges them, whatever their order on the command line.
    fn layers(&self) -> anyhow::Result<Vec<Value>> {
        let mut layers = Vec::new();
        for file in &self.values {
            layers.push(values_file(file)?);
        }
        let kinds = [
            ("setJson", &self.set_json),
            ("set", &self.set),
            ("setString", &self.set_string),
            ("setFile", &self.set_file),
            ("setLiteral", &self.set_literal),
        ];
        for (kind, flags) in kinds {
            layers.extend(flags.iter().map(|flag| json!({ kind: flag })));
        }
        Ok(layers)
    }
}

fn values_file(file: &str) -> anyhow::Result<Value> {
    if file.trim() == "-" {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("standard input")?;
        return Ok(json!({ "yaml": text }));
    }
    if file.contains("://") {
        bail!("{file}: values are not fetched here");
    }
    Ok(json!({ "file": file }))
}

/// A path of the file system as a path of the tree whose root is `/`.
fn tree_path(path: &Path) -> anyhow::Result<&str> {
    let path = path.to_str().context("the path is not UTF-8")?;
    Ok(path.trim_start_matches('/'))
}

/// Renders and prints.
pub(super) async fn helm(args: &HelmArgs) -> anyhow::Result<()> {
    args.refuse()?;
    let target = args.target()?;
    let config = args.config(&target)?;
    let plugin = settings::plugin("render-helm", args.plugin_cache_path.clone()).await?;
    let root = tree_path(&target.chart)?.to_owned();
    // as helm: subcharts are often links to another folder of a repository
    let tree: Arc<dyn TreeRead> = Arc::new(Folder::new("/", Links::All));
    let call = Call {
        object: CallObject {
            kind: "Folder".into(),
            namespace: String::new(),
            name: root.clone(),
        },
        limits: Limits::RENDER,
        bindings: Bindings::default(),
    };
    let request = RenderRequest {
        config: config.to_string(),
        root,
        inputs: vec![("source".into(), tree)],
        want: Form::Text,
        entropy: Entropy::fresh(),
    };
    let rendered = plugin
        .render(&call, request)
        .await
        .map_err(|error| anyhow::anyhow!("{}", plain(&error)))?;
    for warning in &rendered.warnings {
        eprintln!("{warning}");
    }
    let mut stdout = std::io::stdout().lock();
    match &args.output.output_dir {
        None => stdout.write_all(&rendered.text)?,
        Some(folder) => {
            let folder = if args.output.release_name {
                folder.join(&target.name)
            } else {
                folder.clone()
            };
            output_dir::write(&folder, &rendered.text, &mut stdout)?;
        }
    }
    Ok(())
}

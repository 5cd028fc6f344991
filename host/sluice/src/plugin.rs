//! `sluice plugin`: components on disk and in registries, and what is built in and installed.

pub mod compile;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use sluice_api::Plugin;
use sluice_cluster::kube::{Api, ResourceExt as _};
use sluice_sandbox::inspect;
use sluice_transport::oci::{Component, Registry, RegistryReference, RegistryTarget, Version};
use sluice_transport::{Transport, TransportOptions};

use crate::cli::{self, ClusterArgs, Output};
use crate::host::settings;

const TIMEOUT: Duration = Duration::from_secs(120);
const MAX_COMPONENT: u64 = 64 << 20;

/// What to do with plugins.
#[derive(Debug, Subcommand)]
pub enum PluginCommand {
    /// Show what a component imports, exports and says of itself.
    Inspect(InspectArgs),
    /// Push a component to a registry.
    Push(PushArgs),
    /// Pull a component from a registry.
    Pull(PullArgs),
    /// List the default plugins, and those installed in a cluster.
    List(ListArgs),
    /// Compile the component on standard input into the cache; what Sluice itself runs.
    #[command(hide = true)]
    Compile(compile::CompileArgs),
}

/// Arguments of `sluice plugin inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sluice plugin inspect render-mine.wasm -o json")]
pub struct InspectArgs {
    /// The component.
    file: PathBuf,
    /// Form of the output.
    #[arg(short, long, default_value = "yaml")]
    output: Output,
}

/// Where a component is in a registry.
#[derive(Debug, Args)]
struct RegistryArgs {
    /// Speak plain HTTP.
    #[arg(long)]
    insecure: bool,
    /// A docker config file with credentials; the default is that of the docker command.
    #[arg(long, value_name = "FILE")]
    docker_config: Option<PathBuf>,
}

/// Arguments of `sluice plugin push`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sluice plugin push render-mine.wasm oci://registry.example.com/plugins/render-mine:1.0.0")]
pub struct PushArgs {
    /// The component.
    file: PathBuf,
    /// oci://HOST/REPO:TAG
    reference: String,
    /// Annotation of the manifest, KEY=VALUE; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    annotation: Vec<String>,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Arguments of `sluice plugin pull`.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  sluice plugin pull oci://registry.example.com/plugins/render-mine:1.0.0 -o render-mine.wasm")]
pub struct PullArgs {
    /// oci://HOST/REPO:TAG or oci://HOST/REPO@DIGEST
    reference: String,
    /// File to write.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Arguments of `sluice plugin list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  sluice plugin list
  sluice plugin list --cluster -o json")]
pub struct ListArgs {
    /// Ask the cluster for installed plugins as well.
    #[arg(long)]
    cluster: bool,
    /// Form of the output; a table when it is not given.
    #[arg(short, long)]
    output: Option<Output>,
    /// Folder of the compiled plugins; those that are not there are compiled.
    #[arg(long, value_name = "DIR")]
    plugin_cache_path: Option<PathBuf>,
    #[command(flatten)]
    connection: ClusterArgs,
}

/// Runs the command.
pub fn execute(command: PluginCommand) -> anyhow::Result<ExitCode> {
    settings::use_tls()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            PluginCommand::Inspect(args) => inspect_file(&args).await,
            PluginCommand::Push(args) => push(&args).await,
            PluginCommand::Pull(args) => pull(&args).await,
            PluginCommand::List(args) => list(&args).await,
            PluginCommand::Compile(args) => return Ok(compile::execute(args).await),
        }
        .map(|()| ExitCode::SUCCESS)
    })
}

fn print(value: &Value, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => cli::print(&format!("{value:#}\n")),
        Output::Yaml => cli::print(&serde_yaml_ng::to_string(value)?),
    }
}

fn read(file: &PathBuf) -> anyhow::Result<Bytes> {
    Ok(std::fs::read(file)
        .with_context(|| format!("{} cannot be read", file.display()))?
        .into())
}

async fn inspect_file(args: &InspectArgs) -> anyhow::Result<()> {
    let bytes = read(&args.file)?;
    let inspection = inspect(&bytes)?;
    let worlds: Vec<&str> = inspection.worlds.iter().map(|world| world.as_str()).collect();
    let mut shown = json!({
        "digest": sluice_model::Digest::of(&bytes).to_string(),
        "bytes": inspection.sizes.bytes,
        "worlds": worlds,
        "imports": inspection.imports,
        "exports": inspection.exports,
    });
    match settings::load(bytes).await {
        Ok(plugin) => shown["description"] = settings::describe(&plugin),
        Err(error) => shown["refused"] = error.to_string().into(),
    }
    print(&shown, args.output)
}

fn registry(reference: &str, args: &RegistryArgs) -> anyhow::Result<(Registry, Option<Version>)> {
    let parsed = RegistryReference::parse(reference)?;
    let target = RegistryTarget {
        url: reference.to_owned(),
        secret: settings::docker_login(args.docker_config.clone(), &parsed.host)?,
        tls: None,
        proxy: None,
        insecure: args.insecure,
        timeout: TIMEOUT,
    };
    // a user at a terminal names the registry himself
    let transport = Transport::new(TransportOptions {
        allow_loopback: true,
        ..TransportOptions::default()
    });
    Ok((transport.registry(&target)?, parsed.version))
}

async fn push(args: &PushArgs) -> anyhow::Result<()> {
    let bytes = read(&args.file)?;
    let inspection = inspect(&bytes)?;
    let (registry, version) = registry(&args.reference, &args.registry)?;
    let Some(Version::Tag(tag)) = version else {
        anyhow::bail!("{}: give a tag to push to", args.reference)
    };
    let annotations = args
        .annotation
        .iter()
        .map(|pair| {
            pair.split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        })
        .collect::<Option<BTreeMap<_, _>>>()
        .context("--annotation: want KEY=VALUE")?;
    let component = Component {
        bytes,
        exports: inspection.exports,
        imports: inspection.imports,
        created: None,
        annotations,
    };
    eprintln!("pushing {} to {}", args.file.display(), args.reference);
    let digest = registry.push(&tag, &component).await?;
    cli::print(&format!("{digest}\n"))
}

async fn pull(args: &PullArgs) -> anyhow::Result<()> {
    let (registry, version) = registry(&args.reference, &args.registry)?;
    let version = version.unwrap_or_else(|| Version::Tag("latest".into()));
    let digest = registry.resolve(&version).await?;
    let pulled = registry.pull(&digest, MAX_COMPONENT).await?;
    std::fs::write(&args.output, &pulled.bytes).with_context(|| format!("{}", args.output.display()))?;
    eprintln!("pulled {} bytes to {}", pulled.bytes.len(), args.output.display());
    cli::print(&format!("{digest}\n"))
}

async fn list(args: &ListArgs) -> anyhow::Result<()> {
    let mut rows: Vec<Value> = Vec::new();
    for info in settings::plugins(args.plugin_cache_path.clone()).await?.list() {
        let kinds: Vec<&str> = info.worlds.iter().map(|world| world.kind()).collect();
        rows.push(
            json!({"name": info.name, "kind": kinds.join(","), "types": info.types, "source": "builtin",
            "digest": info.digest.to_string(), "version": info.version}),
        );
    }
    if args.cluster {
        rows.extend(installed(&args.connection).await?);
    }
    if let Some(output) = args.output {
        return print(&Value::Array(rows), output);
    }
    cli::print(&table(&rows))
}

/// Rows for people.
fn table(rows: &[Value]) -> String {
    let line = |cells: [&str; 6]| {
        let [name, kind, types, version, source, digest] = cells;
        format!("{name:<20} {kind:<10} {types:<28} {version:<9} {source:<10} {digest}\n")
    };
    let mut table = line(["NAME", "KIND", "TYPES", "VERSION", "SOURCE", "DIGEST"]);
    for row in rows {
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let types = row["types"].as_array().into_iter().flatten();
        let types: Vec<&str> = types.filter_map(Value::as_str).collect();
        let (types, digest) = (types.join(","), text("digest"));
        table += &line([
            text("name"),
            text("kind"),
            &types,
            text("version"),
            text("source"),
            digest,
        ]);
    }
    table
}

async fn installed(connection: &ClusterArgs) -> anyhow::Result<Vec<Value>> {
    let cluster = settings::connect(connection).await?;
    let plugins = Api::<Plugin>::all(cluster.client())
        .list(&sluice_cluster::kube::api::ListParams::default())
        .await?;
    let row = |plugin: &Plugin| {
        let status = plugin.status.clone().unwrap_or_default();
        let source = plugin.spec.oci.as_ref().map_or("builtin", |oci| oci.url.as_str());
        json!({"name": plugin.name_any(), "kind": status.worlds.join(",").replace("-plugin", ""),
            "types": status.types, "source": source, "digest": status.digest, "version": status.version})
    };
    Ok(plugins.items.iter().map(row).collect())
}

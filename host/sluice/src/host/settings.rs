//! From the command line and the environment to the settings of the stages.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Value, json};
use sluice_cluster::{Cluster, ClusterOptions, ElectionOptions, KubeconfigPolicy};
use sluice_model::SecretData;
use sluice_reconcile::Options;
use sluice_reconcile::plugin::KeptComponents;
use sluice_sandbox::{Embedded, Grants, Plugin, PluginStore, Sandbox, SandboxConfig};
use sluice_transport::{Transport, TransportOptions};

use crate::builtin::{BUILTIN, Builtin};
use crate::cli::ClusterArgs;
use crate::run::RunArgs;

/// The TLS provider of the whole process; to be called once, before the first connection.
pub fn use_tls() -> anyhow::Result<()> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider was installed before ours"))
}

/// How commands reach other machines: with the user's proxy, and on this machine too.
pub fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: true,
    })
}

/// A client of the cluster that the arguments name.
pub async fn connect(args: &ClusterArgs) -> anyhow::Result<Cluster> {
    let options = ClusterOptions {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        ..ClusterOptions::default()
    };
    Cluster::connect(&options)
        .await
        .context("no cluster: give --kubeconfig, set KUBECONFIG or run in a pod")
}

/// The host's name, as in a pod.
pub fn hostname() -> String {
    let from_kernel = || std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    std::env::var("HOSTNAME")
        .ok()
        .or_else(from_kernel)
        .map_or_else(String::new, |name| name.trim().to_owned())
}

fn runtime_namespace() -> String {
    std::env::var("RUNTIME_NAMESPACE").unwrap_or_else(|_| "flux-system".to_owned())
}

/// Settings of the reconcilers.
pub fn options(args: &RunArgs) -> Options {
    Options {
        watch_namespace: (!args.watch_all_namespaces).then(runtime_namespace),
        runtime_namespace: runtime_namespace(),
        label_selector: Some(args.watch_label_selector.clone()).filter(|selector| !selector.is_empty()),
        kinds: args.kinds.clone(),
        concurrent_sources: args.concurrent.unwrap_or(2),
        concurrent: args.concurrent.unwrap_or(4),
        concurrent_ssa: args.concurrent_ssa,
        jitter_percent: args.interval_jitter_percentage,
        requeue_dependency: args.requeue_dependency,
        min_retry_delay: args.min_retry_delay,
        max_retry_delay: args.max_retry_delay,
        no_cross_namespace_refs: args.no_cross_namespace_refs,
        no_remote_bases: args.no_remote_bases,
        default_service_account: args.default_service_account.clone(),
        sops_age_secret: Some(args.sops_age_secret.clone()).filter(|name| !name.is_empty()),
        sops_vault_configmap: Some(args.sops_vault_configmap.clone()).filter(|name| !name.is_empty()),
        default_decryption_service_account: args.default_decryption_service_account.clone(),
        default_kubeconfig_service_account: args.default_kubeconfig_service_account.clone(),
        kubeconfig: KubeconfigPolicy {
            exec_asked_for: args.insecure_kubeconfig_exec,
            insecure_tls: args.insecure_kubeconfig_tls,
        },
        override_managers: args.override_manager.clone(),
        custom_stage_kinds: args.custom_apply_stage_kinds.clone(),
        allow_namespace_security_labels: args.allow_namespace_security_labels,
        artifact_host: std::env::var("SOURCE_CONTROLLER_LOCALHOST")
            .ok()
            .filter(|host| !host.is_empty()),
        helm_sizes: sluice_reconcile::HelmSizes {
            index: args.helm_index_max_size,
            chart: args.helm_chart_max_size,
        },
        features: args.feature_gates.clone(),
        repositories: args.storage_path.join(".git"),
    }
}

/// The lease of this process's shard: its name carries the label selector, as Flux's does.
pub fn election(args: &RunArgs) -> ElectionOptions {
    let mut name = "sluice-leader-election".to_owned();
    if !args.watch_label_selector.is_empty() {
        let hash = sluice_model::Digest::of(args.watch_label_selector.as_bytes()).hex();
        name = format!("{name}-{}", &hash[..8]);
    }
    let identity = format!("{}_{}", hostname(), std::process::id());
    ElectionOptions {
        lease_duration: args.leader_election_lease_duration,
        renew_deadline: args.leader_election_renew_deadline,
        retry_period: args.leader_election_retry_period,
        ..ElectionOptions::new(runtime_namespace(), name, identity)
    }
}

/// A sandbox for many calls, or for the few of one command.
fn sandbox(cache_path: Option<PathBuf>, is_pooled: bool) -> anyhow::Result<Sandbox> {
    let cache_path = cache_path.or_else(default_cache);
    Ok(Sandbox::new(SandboxConfig {
        cache_path,
        // A process of one command compiles what it brings itself, and ends.
        compiler: std::env::current_exe().ok().filter(|_| is_pooled),
        is_pooled,
        ..SandboxConfig::default()
    })?)
}

fn embedded(builtin: &Builtin) -> anyhow::Result<Embedded> {
    Ok(Embedded {
        name: builtin.name.to_owned(),
        digest: builtin.digest.parse().context("the digest of a default plugin")?,
        component: Bytes::from_static(builtin.component),
    })
}

fn defaults() -> anyhow::Result<Vec<Embedded>> {
    BUILTIN.iter().map(embedded).collect()
}

async fn store_of(cache_path: Option<PathBuf>, list: Vec<Embedded>) -> anyhow::Result<PluginStore> {
    let store = PluginStore::new(sandbox(cache_path, true)?);
    store
        .add_builtins(list)
        .await
        .context("failed to load the default plugins")?;
    Ok(store)
}

/// The default plugins, loaded into a sandbox; compiled at most once an engine version.
pub async fn plugins(cache_path: Option<PathBuf>) -> anyhow::Result<PluginStore> {
    store_of(cache_path, defaults()?).await
}

/// Default plugins that no kind needs from the first moment on, and that take long to compile.
const LATER: [&str; 1] = ["render-helm"];

/// The default plugins for a process that stays: some are loaded while it works already.
pub async fn plugins_of_run(cache_path: Option<PathBuf>) -> anyhow::Result<PluginStore> {
    let is_for_later = |embedded: &Embedded| LATER.contains(&embedded.name.as_str());
    let (later, first): (Vec<_>, Vec<_>) = defaults()?.into_iter().partition(is_for_later);
    let store = store_of(cache_path, first).await?;
    let rest = store.clone();
    tokio::spawn(async move {
        if let Err(error) = rest.add_builtins(later).await {
            tracing::error!(%error, "failed to load a default plugin");
        }
    });
    Ok(store)
}

/// Where pulled components are kept.
pub fn components(cache_path: Option<PathBuf>) -> KeptComponents {
    KeptComponents::below(cache_path.or_else(default_cache).as_deref())
}

/// One default plugin, for commands that need no other.
pub async fn plugin(name: &str, cache_path: Option<PathBuf>) -> anyhow::Result<Arc<Plugin>> {
    let builtin = BUILTIN
        .iter()
        .find(|builtin| builtin.name == name)
        .with_context(|| format!("no default plugin {name}"))?;
    let sandbox = sandbox(cache_path, false)?;
    let plugin = sandbox.load_embedded(embedded(builtin)?, Grants::all()).await?;
    // It ends with the process, which takes less time than taking engine and code apart.
    std::mem::forget(Arc::clone(&plugin));
    Ok(plugin)
}

/// A component from elsewhere, to look at.
pub async fn load(component: Bytes) -> anyhow::Result<Arc<Plugin>> {
    Ok(sandbox(None, true)?.load(component, Grants::all()).await?)
}

/// What a plugin says of itself.
pub fn describe(plugin: &Plugin) -> Value {
    let description = plugin.description();
    json!({
        "name": description.name,
        "version": description.version,
        "types": description.types,
        "bindings": description.bindings,
        "configSchema": serde_json::from_str::<Value>(&description.config_schema).unwrap_or_default(),
    })
}

/// Credentials of the docker command for a registry; none when it has none.
pub fn docker_login(file: Option<PathBuf>, host: &str) -> anyhow::Result<Option<SecretData>> {
    let given = file.is_some();
    let default = || {
        Some(
            PathBuf::from(std::env::var_os("HOME")?)
                .join(".docker")
                .join("config.json"),
        )
    };
    let Some(path) = file.or_else(default) else {
        return Ok(None);
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(_) if !given => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("--docker-config: {}", path.display())),
    };
    let config: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))?;
    let names_host = config["auths"]
        .as_object()
        .is_some_and(|auths| auths.keys().any(|key| key.contains(host)));
    Ok(names_host.then(|| {
        SecretData::new(
            path.display().to_string(),
            [(".dockerconfigjson".to_owned(), bytes)],
        )
    }))
}

/// A folder of Sluice's in the user's cache folder, in the one for temporary files where there is no home.
pub fn cache_folder(name: &str) -> PathBuf {
    default_cache().map_or_else(
        || std::env::temp_dir().join("sluice").join(name),
        |plugins| plugins.with_file_name(name),
    )
}

/// `sluice/plugins` in the user's cache folder (XDG base directory specification); none where there is no home.
fn default_cache() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    Some(cache.or_else(home)?.join("sluice").join("plugins"))
}

//! `sluice run`: flags of the controllers, with Flux's names, meaning and defaults.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::host;
use crate::logging::{self, Encoding, Verbosity};

/// Arguments of `sluice run`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:
  sluice run --storage-path /data
  sluice run --kinds GitRepository,Kustomization --no-cross-namespace-refs
  KUBECONFIG=~/.kube/config sluice run --storage-path /tmp/sluice --log-encoding console")]
pub struct RunArgs {
    /// Kinds to serve, comma separated; all of them when it is not given.
    #[arg(long, value_delimiter = ',', value_parser = kind, value_name = "KIND")]
    pub kinds: Vec<String>,

    /// Folder of the artifacts.
    #[arg(long, env = "STORAGE_PATH", default_value = "/data", value_name = "DIR")]
    pub storage_path: PathBuf,
    /// Address that the artifact server listens on.
    #[arg(long, env = "STORAGE_ADDRESS", default_value = ":9090", value_name = "ADDR")]
    pub storage_addr: String,
    /// Address of the artifact server as others reach it; derived from --storage-addr when empty.
    #[arg(long, env = "STORAGE_ADV_ADDR", default_value = "", value_name = "ADDR")]
    pub storage_adv_addr: String,
    /// Address of the metrics endpoint; 0 turns it off.
    #[arg(long, env = "METRICS_ADDR", default_value = ":8080", value_name = "ADDR")]
    pub metrics_addr: String,
    /// Address of /healthz and /readyz.
    #[arg(long, env = "HEALTH_ADDR", default_value = ":9440", value_name = "ADDR")]
    pub health_addr: String,
    /// URL that events are posted to; this process's own notification server when empty.
    #[arg(long, env = "EVENTS_ADDR", default_value = "", value_name = "URL")]
    pub events_addr: String,
    /// Address that the notification server listens on for the events of others; 0 turns it off.
    #[arg(long, default_value = ":9091", value_name = "ADDR")]
    pub events_listen_addr: String,

    /// Watch all namespaces; otherwise only that of $RUNTIME_NAMESPACE.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    pub watch_all_namespaces: bool,
    /// Watch only objects with these labels (sharding).
    #[arg(long, default_value = "", value_name = "SELECTOR")]
    pub watch_label_selector: String,
    /// Objects of a kind that are worked on at once; sources 2 and others 4 when it is not given.
    #[arg(long, value_name = "N")]
    pub concurrent: Option<usize>,
    /// Objects of a Kustomization that are dry-run at once.
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub concurrent_ssa: usize,
    /// Percentage by which an interval is moved at random.
    #[arg(long, default_value_t = 5, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..100))]
    pub interval_jitter_percentage: u8,
    /// Wait before a missing dependency or source is looked at again.
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "DURATION")]
    pub requeue_dependency: Duration,
    /// Least wait after a failure.
    #[arg(long, default_value = "750ms", value_parser = duration, value_name = "DURATION")]
    pub min_retry_delay: Duration,
    /// Longest wait after a failure.
    #[arg(long, default_value = "15m", value_parser = duration, value_name = "DURATION")]
    pub max_retry_delay: Duration,
    /// Age after which an artifact that is not the current one may be deleted.
    #[arg(long, default_value = "1m", value_parser = duration, value_name = "DURATION")]
    pub artifact_retention_ttl: Duration,
    /// Artifacts that are kept an object.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub artifact_retention_records: usize,

    /// Largest index of a Helm repository, in bytes.
    #[arg(long, default_value_t = 50 << 20, value_name = "BYTES")]
    pub helm_index_max_size: usize,
    /// Largest packed Helm chart, in bytes.
    #[arg(long, default_value_t = 10 << 20, value_name = "BYTES")]
    pub helm_chart_max_size: usize,

    /// Work only while holding the lease.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub enable_leader_election: bool,
    /// Give the lease back when the process ends.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true")]
    pub leader_election_release_on_cancel: bool,
    /// How long a lease holds.
    #[arg(long, default_value = "35s", value_parser = duration, value_name = "DURATION")]
    pub leader_election_lease_duration: Duration,
    /// How long the leader tries to renew before it gives up.
    #[arg(long, default_value = "30s", value_parser = duration, value_name = "DURATION")]
    pub leader_election_renew_deadline: Duration,
    /// Wait between two attempts at the lease.
    #[arg(long, default_value = "5s", value_parser = duration, value_name = "DURATION")]
    pub leader_election_retry_period: Duration,

    /// Refuse references to objects of other namespaces.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub no_cross_namespace_refs: bool,
    /// Refuse remote bases in kustomizations.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub no_remote_bases: bool,
    /// Service account that objects without one are applied as.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub default_service_account: String,
    /// Secret of $RUNTIME_NAMESPACE with age keys (*.agekey) for objects that decrypt and name no Secret.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub sops_age_secret: String,
    /// ConfigMap of $RUNTIME_NAMESPACE whose config.yaml lists the Vault servers that service accounts log in at.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub sops_vault_configmap: String,
    /// Service account that objects decrypt with when they name none.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub default_decryption_service_account: String,
    /// Service account whose token is sent to remote clusters where a kubeconfig ConfigMap names none.
    #[arg(long, default_value = "", value_name = "NAME")]
    pub default_kubeconfig_service_account: String,
    /// Accepted for Flux's sake: programs in a kubeconfig are never run.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub insecure_kubeconfig_exec: bool,
    /// Let a kubeconfig turn off the check of the server's certificate.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub insecure_kubeconfig_tls: bool,
    /// Field manager whose changes of applied objects are undone; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub override_manager: Vec<String>,
    /// Kinds that are applied in a stage of their own before all others, as GROUP/KIND, comma separated.
    #[arg(long, value_delimiter = ',', value_parser = group_kind, value_name = "GROUP/KIND")]
    pub custom_apply_stage_kinds: Vec<(String, String)>,
    /// Let Kustomizations of every namespace change the pod security labels of namespaces.
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub allow_namespace_security_labels: bool,
    /// Feature gates, as NAME=true,NAME=false.
    #[arg(long, default_value = "", value_name = "GATES")]
    pub feature_gates: sluice_reconcile::FeatureGates,
    /// Allow sources and notifications on loopback and link-local addresses (demo and tests).
    #[arg(long, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true")]
    pub allow_loopback_egress: bool,
    /// Folder of the compiled plugins; the user's cache folder when it is not given.
    #[arg(long, value_name = "DIR")]
    pub plugin_cache_path: Option<PathBuf>,

    /// Least severity that is logged.
    #[arg(long, value_enum, default_value_t = Verbosity::Info)]
    pub log_level: Verbosity,
    /// Form of the log lines.
    #[arg(long, value_enum, default_value_t = Encoding::Json)]
    pub log_encoding: Encoding,

    #[command(flatten)]
    pub cluster: crate::cli::ClusterArgs,
}

/// A Go duration as flags take it.
pub fn duration(text: &str) -> Result<Duration, String> {
    sluice_api::duration::parse(text).map_err(|error| error.to_string())
}

/// A kind of Flux's or ours. A misspelt one would leave its objects untouched without a word.
fn kind(text: &str) -> Result<String, String> {
    let mut kinds = sluice_api::KINDS.iter().map(|info| info.kind);
    match kinds.find(|kind| kind.eq_ignore_ascii_case(text.trim())) {
        Some(kind) => Ok(kind.to_owned()),
        None => {
            let all: Vec<&str> = sluice_api::KINDS.iter().map(|info| info.kind).collect();
            Err(format!("want one of {}", all.join(", ")))
        }
    }
}

/// `rbac.authorization.k8s.io/Role`; the core group is empty, as in `/ConfigMap`.
fn group_kind(text: &str) -> Result<(String, String), String> {
    match text.trim().rsplit_once('/') {
        Some((group, kind)) if !kind.is_empty() && !group.contains('/') => Ok((group.into(), kind.into())),
        _ => Err("want GROUP/KIND".into()),
    }
}

/// Runs the controllers until the process is told to stop.
pub fn run(args: RunArgs) -> anyhow::Result<()> {
    logging::start(args.log_level, args.log_encoding);
    host::settings::use_tls()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("sluice")
        .build()?;
    runtime.block_on(host::serve(args))
}

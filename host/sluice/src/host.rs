//! The process behind `sluice run`: makes the stages, starts servers, informers and workers, and ends them in order.

mod address;
mod figures;
mod notifications;
mod probes;
pub mod settings;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use prometheus_client::registry::Registry;
use sluice_artifact::{ArtifactStore, DiskMemo, MemoConfig, StoreConfig};
use sluice_cluster::{Cluster, Election, Hub};
use sluice_decrypt::{Services, Sops};
use sluice_reconcile::fetched::FetchedTrees;
use sluice_reconcile::remote::{RemoteSettings, Remotes};
use sluice_reconcile::{Engine, Metrics, Queues, Running, Stores};
use sluice_render::Renderer;
use sluice_transport::{Transport, TransportOptions};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::run::RunArgs;

/// Longest wait for passes under way when the process is told to stop.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until SIGTERM or SIGINT, or until the lease is lost.
#[allow(clippy::cognitive_complexity, reason = "that of tracing's macros")]
pub async fn serve(args: RunArgs) -> anyhow::Result<()> {
    let cluster = settings::connect(&args.cluster).await?;
    let listeners = Listeners::bind(&args).await?;
    let (engine, mut notifications) = make_engine(&args, cluster).await?;
    tell_what_is_left_out(&engine, &args);
    let readiness = probes::Readiness::default();
    let mut servers = JoinSet::new();
    serve_on(&mut servers, listeners.health, probes::health(readiness.clone()));
    serve_on(
        &mut servers,
        listeners.metrics,
        probes::metrics(Arc::new(registry(&engine))),
    );
    notifications.listen(listeners.events);
    let mut running = Running::observe(engine.clone());
    running.synced().await;
    readiness.set(true);
    let stop = stopped();
    tokio::pin!(stop);
    let mut election = args
        .enable_leader_election
        .then(|| Election::start(&engine.cluster, settings::election(&args)));
    if let Some(election) = &mut election {
        tracing::info!("waiting for the lease");
        tokio::select! {
            () = election.elected() => {}
            () = &mut stop => {
                finish(running, GRACE, None, notifications).await;
                return Ok(());
            }
        }
    }
    serve_on(
        &mut servers,
        listeners.artifacts,
        sluice_artifact::router(engine.artifacts.clone()),
    );
    running.work().await;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "Sluice is running");
    let lost = until_lost(&mut election, &mut stop).await;
    tracing::info!("stopping");
    let release = election.filter(|_| args.leader_election_release_on_cancel);
    // whoever has the lease now works on the same objects
    let grace = if lost { Duration::ZERO } else { GRACE };
    finish(running, grace, release, notifications).await;
    anyhow::ensure!(!lost, "the lease was lost");
    Ok(())
}

fn tell_what_is_left_out(engine: &Engine, args: &RunArgs) {
    for gate in engine.options.features.without_effect() {
        tracing::info!(gate, "feature gate has no effect here");
    }
    if args.insecure_kubeconfig_exec {
        tracing::warn!("--insecure-kubeconfig-exec has no effect: programs of a kubeconfig are never run");
    }
    for (kind, why) in sluice_reconcile::trigger::unserved(&engine.options) {
        tracing::info!(kind, "kind is left untouched: it {why}");
    }
}

/// Whether the lease was lost before the process was told to stop.
async fn until_lost(election: &mut Option<Election>, stop: &mut (impl Future<Output = ()> + Unpin)) -> bool {
    match election {
        Some(election) => tokio::select! {
            () = election.lost() => true,
            () = stop => false,
        },
        None => {
            stop.await;
            false
        }
    }
}

async fn finish(
    running: Running,
    grace: Duration,
    release: Option<Election>,
    notifications: notifications::Notifications,
) {
    running.finish(grace).await;
    notifications.finish(Duration::from_secs(5)).await;
    if let Some(election) = release {
        election.release().await;
    }
}

struct Listeners {
    artifacts: Option<TcpListener>,
    metrics: Option<TcpListener>,
    health: Option<TcpListener>,
    events: Option<TcpListener>,
}

impl Listeners {
    async fn bind(args: &RunArgs) -> anyhow::Result<Self> {
        Ok(Self {
            artifacts: address::listen("storage-addr", &args.storage_addr).await?,
            metrics: address::listen("metrics-addr", &args.metrics_addr).await?,
            health: address::listen("health-addr", &args.health_addr).await?,
            events: address::listen("events-listen-addr", &args.events_listen_addr).await?,
        })
    }
}

fn serve_on(servers: &mut JoinSet<()>, listener: Option<TcpListener>, router: Router) {
    let Some(listener) = listener else { return };
    servers.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(error = %error, "a server ended");
        }
    });
}

fn registry(engine: &Arc<Engine>) -> Registry {
    let mut registry = Registry::default();
    engine.metrics.register(&mut registry);
    registry.register_collector(Box::new(figures::StageFigures(engine.clone())));
    registry
}

async fn make_engine(
    args: &RunArgs,
    cluster: Cluster,
) -> anyhow::Result<(Arc<Engine>, notifications::Notifications)> {
    let options = settings::options(args);
    let plugins = settings::plugins_of_run(args.plugin_cache_path.clone()).await?;
    let advertised = address::advertised(&args.storage_adv_addr, &args.storage_addr, &settings::hostname());
    let config = StoreConfig {
        retention_ttl: args.artifact_retention_ttl,
        retention_records: args.artifact_retention_records,
        ..StoreConfig::new(&args.storage_path, advertised)
    };
    let artifacts = ArtifactStore::open(config).context("--storage-path")?;
    let memo = DiskMemo::open(MemoConfig::below(&args.storage_path)).context("--storage-path")?;
    let egress = TransportOptions {
        allow_loopback: args.allow_loopback_egress,
        ..TransportOptions::default()
    };
    let transport = Arc::new(Transport::new(egress));
    let sops = Sops::new(transport.clone(), Services::default());
    let stores = Stores::default();
    let (notifications, recorder) =
        notifications::start(args, &cluster, &stores, plugins.clone(), &transport)?;
    let remotes = Remotes::new(
        cluster.clone(),
        RemoteSettings {
            policy: options.kubeconfig,
            egress: transport.policy(),
            default_service_account: options.default_kubeconfig_service_account.clone(),
        },
    );
    let engine = Engine {
        fetched: FetchedTrees::new(transport.clone(), options.artifact_host.clone()),
        remotes,
        hub: Hub::new(cluster.clone()),
        options,
        cluster,
        plugins,
        components: settings::components(args.plugin_cache_path.clone()),
        transport,
        artifacts,
        renderer: Renderer::new(Arc::new(memo)),
        sops,
        recorder,
        metrics: Metrics::default(),
        stores,
        queues: Queues::default(),
        references: sluice_reconcile::index::Index::default(),
        chart_sources: sluice_reconcile::index::Index::default(),
        helm_references: sluice_reconcile::index::Index::default(),
    };
    Ok((Arc::new(engine), notifications))
}

/// SIGTERM or SIGINT.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(error) => {
            tracing::warn!(error = %error, "SIGTERM cannot be heard");
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

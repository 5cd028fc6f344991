//! Wires events: the recorder of the reconcilers, and the notification server of this process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use sluice_cluster::Cluster;
use sluice_event::{Destination, Recorder, RecorderOptions, Workers};
use sluice_notify::dispatch::Dispatcher;
use sluice_notify::{Router, RouterOptions};
use sluice_reconcile::Stores;
use sluice_reconcile::notification::{Objects, Warnings, notifiers};
use sluice_sandbox::PluginStore;
use sluice_transport::{HttpAuth, HttpTarget, Transport};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::settings::hostname;
use crate::run::RunArgs;

/// The notification server and the workers behind the recorder.
pub struct Notifications {
    router: Router,
    workers: Workers,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// Starts routing, and the recorder that feeds it unless `--events-addr` names another server.
pub fn start(
    args: &RunArgs,
    cluster: &Cluster,
    stores: &Stores,
    plugins: PluginStore,
    transport: &Arc<Transport>,
) -> anyhow::Result<(Notifications, Recorder)> {
    let options = RecorderOptions {
        instance: hostname(),
        ..RecorderOptions::default()
    };
    let (warnings, warning_workers) = Recorder::start(
        "notification-controller",
        cluster.client(),
        Destination::None,
        options.clone(),
    );
    let reporter = Arc::new(Warnings(warnings));
    let objects = Arc::new(Objects {
        alerts: stores.alerts.clone(),
        providers: stores.providers.clone(),
        cluster: cluster.clone(),
    });
    let dispatcher = Dispatcher::new(
        objects.clone(),
        Arc::new(notifiers(plugins, stores.plugins.clone())),
        reporter.clone(),
        transport.clone(),
    );
    let routing = RouterOptions {
        no_cross_namespace_refs: args.no_cross_namespace_refs,
        ..RouterOptions::default()
    };
    let stop = CancellationToken::new();
    let (router, task) = Router::new(objects, reporter, Arc::new(dispatcher), &routing, stop.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(task);
    let destination = destination(args, transport, router.clone())?;
    let (recorder, workers) = Recorder::start("sluice", cluster.client(), destination, options);
    tasks.spawn({
        let stop = stop.clone();
        async move {
            stop.cancelled().await;
            warning_workers.finish(Duration::from_secs(2)).await;
        }
    });
    Ok((
        Notifications {
            router,
            workers,
            tasks,
            stop,
        },
        recorder,
    ))
}

fn destination(args: &RunArgs, transport: &Transport, router: Router) -> anyhow::Result<Destination> {
    if args.events_addr.is_empty() {
        return Ok(Destination::Direct(Arc::new(move |event| {
            if router.accept(event) == sluice_notify::Admission::Overloaded {
                tracing::warn!("too many events wait for routing, dropped one");
            }
        })));
    }
    let target = HttpTarget {
        address: Some(args.events_addr.clone()),
        secret: None,
        tls: None,
        proxy: None,
        auth: HttpAuth::None,
        timeout: Duration::from_secs(5),
        max_response: 64 << 10,
    };
    Ok(Destination::Endpoint(
        transport.http(&target).context("--events-addr")?,
    ))
}

impl Notifications {
    /// Takes the events of others in.
    pub fn listen(&mut self, listener: Option<TcpListener>) {
        let Some(listener) = listener else { return };
        self.tasks.spawn(sluice_notify::server::serve(
            listener,
            self.router.clone(),
            self.stop.clone(),
        ));
    }

    /// Delivers what is queued, for at most `longest`.
    pub async fn finish(mut self, longest: Duration) {
        self.workers.finish(longest).await;
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(longest, all).await.is_err() {
            tracing::warn!("notifications were still under way at the end");
        }
    }
}

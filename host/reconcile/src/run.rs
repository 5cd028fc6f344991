//! Starts the informers and workers of all served kinds, and ends them in order.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use sluice_cluster::kube::core::{DeserializeGuard, NamespaceResourceScope};
use sluice_cluster::kube::runtime::watcher;
use sluice_cluster::kube::{Api, Resource};
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::git_repository::GitRepositoryReconciler;
use crate::helm_chart::HelmChartReconciler;
use crate::helm_release::HelmReleaseReconciler;
use crate::helm_repository::HelmRepositoryReconciler;
use crate::interval::Backoff;
use crate::kustomization::KustomizationReconciler;
use crate::plugin::PluginReconciler;
use crate::queue::Queue;
use crate::store::{Kind, Store};
use crate::trigger::{
    GitRepositories, HelmCharts, HelmReleases, HelmRepositories, Kustomizations, Nobody, Plugins, Sources,
};
use crate::worker::{self, Reconciler};

/// The informers and workers of a process.
pub struct Running {
    engine: Arc<Engine>,
    informers: JoinSet<()>,
    workers: JoinSet<()>,
}

impl Running {
    /// Starts the informers. Nothing is reconciled until [`Running::work`].
    pub fn observe(engine: Arc<Engine>) -> Self {
        let mut running = Self {
            engine: engine.clone(),
            informers: JoinSet::new(),
            workers: JoinSet::new(),
        };
        let stores = &engine.stores;
        stores
            .git_repositories
            .observe(Arc::new(GitRepositories(engine.clone())));
        stores
            .helm_repositories
            .observe(Arc::new(HelmRepositories(engine.clone())));
        stores.helm_charts.observe(Arc::new(HelmCharts(engine.clone())));
        stores
            .kustomizations
            .observe(Arc::new(Kustomizations(engine.clone())));
        stores
            .helm_releases
            .observe(Arc::new(HelmReleases(engine.clone())));
        stores.oci_repositories.observe(Arc::new(Sources(engine.clone())));
        stores.buckets.observe(Arc::new(Sources(engine.clone())));
        stores
            .external_artifacts
            .observe(Arc::new(Sources(engine.clone())));
        stores.plugins.observe(Arc::new(Plugins(engine.clone())));
        stores.alerts.observe(Arc::new(Nobody));
        stores.providers.observe(Arc::new(Nobody));
        running.inform_namespaced(&stores.git_repositories);
        running.inform_namespaced(&stores.helm_repositories);
        running.inform_namespaced(&stores.kustomizations);
        running.inform_namespaced(&stores.helm_releases);
        running.inform_sources(&stores.helm_charts);
        running.inform_sources(&stores.oci_repositories);
        running.inform_sources(&stores.buckets);
        running.inform_sources(&stores.external_artifacts);
        running.inform_namespaced(&stores.alerts);
        running.inform_namespaced(&stores.providers);
        running.inform_plugins();
        running.informers.spawn(crate::reference::watch_secrets(engine));
        running
    }

    fn config(&self) -> watcher::Config {
        match &self.engine.options.label_selector {
            Some(selector) => watcher::Config::default().labels(selector),
            None => watcher::Config::default(),
        }
    }

    fn inform_namespaced<K>(&mut self, store: &Arc<Store<K>>)
    where
        K: Kind + Resource<Scope = NamespaceResourceScope>,
    {
        if !self.engine.options.serves(&K::kind(&())) {
            store.skip();
            return;
        }
        let api = self.namespaced();
        self.inform(store, api);
    }

    /// Sources that others reconcile are read wherever their consumers are served, whatever `--kinds` says.
    fn inform_sources<K>(&mut self, store: &Arc<Store<K>>)
    where
        K: Kind + Resource<Scope = NamespaceResourceScope>,
    {
        if !["Kustomization", "HelmChart", "HelmRelease"]
            .iter()
            .any(|kind| self.engine.options.serves(kind))
        {
            store.skip();
            return;
        }
        let api = self.namespaced();
        self.inform(store, api);
    }

    fn namespaced<K>(&self) -> Api<DeserializeGuard<K>>
    where
        K: Kind + Resource<Scope = NamespaceResourceScope>,
    {
        let client = self.engine.cluster.client();
        match &self.engine.options.watch_namespace {
            Some(namespace) => Api::namespaced(client, namespace),
            None => Api::all(client),
        }
    }

    fn inform_plugins(&mut self) {
        let store = self.engine.stores.plugins.clone();
        if !self.engine.options.serves("Plugin") {
            store.skip();
            return;
        }
        let api = Api::all(self.engine.cluster.client());
        self.inform(&store, api);
    }

    fn inform<K: Kind + DeserializeOwned + Debug>(
        &mut self,
        store: &Arc<Store<K>>,
        api: Api<DeserializeGuard<K>>,
    ) {
        let (store, config) = (store.clone(), self.config());
        self.informers.spawn(async move { store.run(api, config).await });
    }

    /// Waits until every informer has its first list.
    pub async fn synced(&self) {
        let stores = &self.engine.stores;
        stores.git_repositories.synced().await;
        stores.helm_repositories.synced().await;
        stores.kustomizations.synced().await;
        stores.helm_releases.synced().await;
        stores.helm_charts.synced().await;
        stores.oci_repositories.synced().await;
        stores.buckets.synced().await;
        stores.external_artifacts.synced().await;
        stores.alerts.synced().await;
        stores.providers.synced().await;
        stores.plugins.synced().await;
    }

    /// Starts the workers. Plugins come first: nothing is rendered by a default that an installed one replaces.
    pub async fn work(&mut self) {
        let options = &self.engine.options;
        let (sources, others) = (options.concurrent_sources, options.concurrent);
        let queues = &self.engine.queues;
        let (plugins, sources_queue, kustomizations, releases) = (
            queues.plugins.clone(),
            queues.git_repositories.clone(),
            queues.kustomizations.clone(),
            queues.helm_releases.clone(),
        );
        let reconciler = Arc::new(PluginReconciler::new(self.engine.clone()));
        reconciler.install_all().await;
        self.spawn(reconciler, plugins, sources);
        self.spawn(
            Arc::new(GitRepositoryReconciler::new(self.engine.clone())),
            sources_queue,
            sources,
        );
        self.spawn(
            Arc::new(HelmRepositoryReconciler::new(self.engine.clone())),
            self.engine.queues.helm_repositories.clone(),
            sources,
        );
        self.spawn(
            Arc::new(HelmChartReconciler::new(self.engine.clone())),
            self.engine.queues.helm_charts.clone(),
            sources,
        );
        self.spawn(
            Arc::new(KustomizationReconciler::new(self.engine.clone())),
            kustomizations,
            others,
        );
        self.spawn(
            Arc::new(HelmReleaseReconciler::new(self.engine.clone())),
            releases,
            others,
        );
    }

    fn spawn(&mut self, reconciler: Arc<dyn Reconciler>, queue: Arc<Queue>, concurrent: usize) {
        let options = &self.engine.options;
        let backoff = Arc::new(Backoff::new(options.min_retry_delay, options.max_retry_delay));
        let metrics = self.engine.metrics.clone();
        self.workers
            .spawn(worker::run(reconciler, queue, backoff, metrics, concurrent));
    }

    /// Lets every worker finish the pass it is in, for at most `grace`, then ends everything.
    pub async fn finish(mut self, grace: Duration) {
        let queues = &self.engine.queues;
        for queue in [
            &queues.git_repositories,
            &queues.helm_repositories,
            &queues.helm_charts,
            &queues.kustomizations,
            &queues.helm_releases,
            &queues.plugins,
        ] {
            queue.close();
        }
        let drained =
            tokio::time::timeout(grace, async { while self.workers.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!(
                "passes were still under way at the end; they are taken up again at the next start"
            );
        }
        self.informers.abort_all();
    }
}

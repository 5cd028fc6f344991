//! What kinds the cluster serves: cached, refreshed when a kind is missing, tolerant of broken aggregated APIs.

mod document;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::error::ClusterError;
use crate::request;
use document::Table;

/// A miss within this time after a refresh is believed without asking again.
const DEBOUNCE: Duration = Duration::from_millis(500);
/// Older knowledge is refreshed at the next look-up, so that deleted kinds are forgotten.
const MAX_AGE: Duration = Duration::from_secs(600);

/// A served kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    /// For example `v1`.
    pub version: String,
    /// For example `Deployment`.
    pub kind: String,
    /// For example `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// For example `watch`.
    pub verbs: Vec<String>,
}

impl Resource {
    /// For example `apps/v1`.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// Whether the server allows a verb on this kind (for anyone).
    pub fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|allowed| allowed == verb)
    }

    /// The same for kube's dynamic API.
    pub fn api_resource(&self) -> kube::core::ApiResource {
        kube::core::ApiResource {
            group: self.group.clone(),
            version: self.version.clone(),
            api_version: self.api_version(),
            kind: self.kind.clone(),
            plural: self.plural.clone(),
        }
    }
}

pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

#[derive(Default)]
struct State {
    table: Arc<Table>,
    /// When the request for the table was sent; none before the first and after an invalidation.
    asked: Option<Instant>,
}

/// The cached discovery of one cluster, read with the cluster's own identity.
pub struct Discovery {
    client: kube::Client,
    timeout: Duration,
    state: Mutex<State>,
    refreshing: tokio::sync::Mutex<()>,
    changed: watch::Sender<u64>,
}

impl Discovery {
    pub(crate) fn new(client: kube::Client, timeout: Duration) -> Self {
        let (changed, _) = watch::channel(0);
        Self {
            client,
            timeout,
            state: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
            changed,
        }
    }

    /// The resource of a kind. An empty version, or one that is served no more, gives the preferred one when
    /// `any_version` is set.
    ///
    /// # Errors
    /// [`ClusterError::NoMatch`] when it is not served, or the error of the refresh.
    pub async fn resolve(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        any_version: bool,
    ) -> Result<Arc<Resource>, ClusterError> {
        let find = |table: &Table| {
            let exact = table.find(group, version, kind);
            if any_version || version.is_empty() {
                exact.or_else(|| table.preferred(group, kind))
            } else {
                exact
            }
        };
        let (table, age) = self.known();
        if let (Some(resource), true) = (find(&table), age.is_some_and(|age| age < MAX_AGE)) {
            return Ok(resource);
        }
        if age.is_none_or(|age| age >= DEBOUNCE) {
            let refreshed = self.refresh(Instant::now()).await;
            if let (Err(error), None) = (refreshed, find(&table)) {
                return Err(error);
            }
        }
        let (table, _) = self.known();
        find(&table).ok_or_else(|| ClusterError::NoMatch {
            api_version: api_version(group, version),
            kind: kind.to_owned(),
            uncertain: table.is_stale(group),
        })
    }

    /// Waits until a kind is served, asking the server again and again: one that was just defined is not served at once.
    /// False when it is not by then.
    pub async fn until_served(&self, (group, version, kind): (&str, &str, &str), deadline: Instant) -> bool {
        let mut pause = Duration::from_millis(20);
        while let Err(ClusterError::NoMatch { .. }) = self.resolve(group, version, kind, false).await {
            if Instant::now() >= deadline {
                return false;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
            self.invalidate();
        }
        true
    }

    /// Every served API version, alone and with each of its kinds behind a slash, sorted: Helm's
    /// `.Capabilities.APIVersions`.
    ///
    /// # Errors
    /// The server does not tell.
    pub async fn api_versions(&self) -> Result<Vec<String>, ClusterError> {
        if self.known().1.is_none_or(|age| age >= MAX_AGE) {
            self.refresh(Instant::now()).await?;
        }
        let mut versions: Vec<String> = Vec::new();
        for resource in self.known().0.resources() {
            let version = resource.api_version();
            versions.push(format!("{version}/{}", resource.kind));
            versions.push(version);
        }
        versions.sort_unstable();
        versions.dedup();
        Ok(versions)
    }

    /// The server's version of Kubernetes, for example `v1.35.0`.
    ///
    /// # Errors
    /// The server does not tell.
    pub async fn server_version(&self) -> Result<String, ClusterError> {
        let answer = self.read("/version").await?;
        let version: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        let version = version["gitVersion"].as_str();
        version.map(ToOwned::to_owned).ok_or_else(|| ClusterError::Other {
            message: "the server's answer names no gitVersion".into(),
            reason: String::new(),
            code: 0,
        })
    }

    /// Makes the next look-up ask the server: a CRD was written, or the server no longer knows a path.
    pub fn invalidate(&self) {
        self.state.lock().asked = None;
    }

    /// A number that grows when the served kinds change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn known(&self) -> (Arc<Table>, Option<Duration>) {
        let state = self.state.lock();
        (state.table.clone(), state.asked.map(|asked| asked.elapsed()))
    }

    /// Reads the table unless someone else asked for it after `wanted`.
    async fn refresh(&self, wanted: Instant) -> Result<(), ClusterError> {
        let _one = self.refreshing.lock().await;
        if self.state.lock().asked.is_some_and(|asked| asked >= wanted) {
            return Ok(());
        }
        let asked = Instant::now();
        let (core, groups) = tokio::join!(self.read("/api"), self.read("/apis"));
        let mut table = document::parse(&core?)?;
        table.add(document::parse(&groups?)?);
        self.store(table, asked);
        Ok(())
    }

    fn store(&self, mut table: Table, asked: Instant) {
        let mut state = self.state.lock();
        table.keep_stale_from(&state.table);
        let differs = *state.table != table;
        *state = State {
            table: Arc::new(table),
            asked: Some(asked),
        };
        drop(state);
        if differs {
            self.changed.send_modify(|count| *count += 1);
        }
    }

    async fn read(&self, path: &str) -> Result<bytes::Bytes, ClusterError> {
        let request = http::Request::get(path)
            .header(http::header::ACCEPT, document::ACCEPT)
            .body(Vec::new())
            .map_err(|error| ClusterError::Unreachable {
                message: error.to_string(),
            })?;
        request::execute(&self.client, request, self.timeout).await
    }
}

#[cfg(test)]
mod tests;

//! The Git endpoint of one object: blocking libgit2 work on its own threads, with the object's timeout.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use git2::Oid;
use parking_lot::Mutex;
use sluice_model::Tree;
use sluice_model::port::{EndpointError, GitEndpoint, GitReference};
use tokio::runtime::Handle;

use crate::client::{ClientSettings, Clients};
use crate::egress::EgressPolicy;
use crate::git::GitTarget;
use crate::git::compact::compact_when_needed;
use crate::git::credentials::Credentials;
use crate::git::fetch::{Wanted, fetch, keep_tip, list};
use crate::git::repository::{Repository, parse_oid};
use crate::git::snapshot::{SnapshotError, snapshot};
use crate::git::url::{GitUrl, Scheme};
use crate::git::wire::{Operation, Wire};
use crate::proxy::ProxySettings;

/// Longest name of a reference.
const MAX_REFERENCE: usize = 1024;

#[derive(Clone)]
pub(crate) struct GitRemote {
    shared: Arc<Shared>,
}

struct Shared {
    wire: Arc<Wire>,
    repository: Arc<Repository>,
    timeout: Duration,
    references: Mutex<Option<Arc<Vec<GitReference>>>>,
}

impl GitRemote {
    pub fn new(
        target: &GitTarget,
        repository: Arc<Repository>,
        proxy: Option<ProxySettings>,
        policy: EgressPolicy,
        clients: &Clients,
    ) -> Result<Self, EndpointError> {
        let url = GitUrl::parse(&target.url, policy)?;
        let credentials = Credentials::new(&url, target.secret.as_ref())?;
        let settings = ClientSettings {
            tls: credentials.tls.clone(),
            proxy: proxy.clone(),
            direct: false,
        };
        let runtime = Handle::try_current()
            .map_err(|_| EndpointError::Failed("a Git endpoint is made outside of the runtime".into()))?;
        let wire = Wire {
            url,
            credentials,
            client: clients.get(&settings)?,
            proxy,
            policy,
            runtime,
            advertisement: Mutex::default(),
            ssh: Mutex::default(),
        };
        let shared = Shared {
            wire: Arc::new(wire),
            repository,
            timeout: target.timeout,
            references: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Runs blocking work; what it says is cleaned of credentials and names the repository.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, EndpointError> + Send + 'static,
    ) -> Result<T, EndpointError> {
        let shared = self.shared.clone();
        let done = tokio::task::spawn_blocking(move || work(&shared)).await;
        let done = done.unwrap_or_else(|_| {
            Err(EndpointError::Failed(
                "the Git operation ended unexpectedly".into(),
            ))
        });
        done.map_err(|error| self.shared.named(error))
    }
}

#[async_trait]
impl GitEndpoint for GitRemote {
    async fn refs(&self, prefixes: Vec<String>) -> Result<Vec<GitReference>, EndpointError> {
        let all = self
            .blocking(|shared| shared.references(shared.deadline()))
            .await?;
        let wanted = |name: &str| {
            let head = name == "HEAD";
            if head {
                prefixes.iter().any(|prefix| prefix == name)
            } else {
                matches(&prefixes, name)
            }
        };
        Ok(all
            .iter()
            .filter(|reference| wanted(&reference.name))
            .cloned()
            .collect())
    }

    async fn object(&self, oid: String) -> Result<Bytes, EndpointError> {
        let oid = parse_oid(&oid)?;
        self.blocking(move |shared| {
            if let Some(content) = shared.repository.meta(oid)? {
                return Ok(content);
            }
            shared.bring(oid, None)?;
            let content = shared.repository.meta(oid)?;
            content.ok_or_else(|| EndpointError::NotFound(format!("object {oid} is not in the repository")))
        })
        .await
    }

    async fn snapshot(&self, oid: String, name: Option<String>) -> Result<Tree, EndpointError> {
        let oid = parse_oid(&oid)?;
        if name.as_ref().is_some_and(|name| name.len() > MAX_REFERENCE) {
            return Err(EndpointError::Invalid(
                "the reference's name is longer than 1024 bytes".into(),
            ));
        }
        let tree = self
            .blocking(move |shared| shared.snapshot(oid, name.as_deref()))
            .await?;
        let shared = self.shared.clone();
        // Not waited for: the tree is ready, and the next fetch waits on the repository's lock if it must.
        drop(tokio::task::spawn_blocking(move || {
            if let Err(error) = compact_when_needed(&shared.repository) {
                tracing::warn!(url = shared.wire.url.shown(), %error, "failed to compact a kept Git repository");
            }
        }));
        Ok(tree)
    }
}

fn matches(prefixes: &[String], name: &str) -> bool {
    prefixes.is_empty() || prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
}

impl Shared {
    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    fn operation(&self, deadline: Instant, any_commit: bool) -> Arc<Operation> {
        Operation::new(self.wire.clone(), self.timeout, deadline, any_commit)
    }

    fn references(&self, deadline: Instant) -> Result<Arc<Vec<GitReference>>, EndpointError> {
        if let Some(known) = self.references.lock().clone() {
            return Ok(known);
        }
        let listed = Arc::new(list(&self.operation(deadline, false))?);
        Ok(self.references.lock().insert(listed).clone())
    }

    fn snapshot(&self, oid: Oid, name: Option<&str>) -> Result<Tree, EndpointError> {
        if !self.repository.holds(oid) {
            self.bring(oid, name)?;
        }
        match snapshot(&self.repository, oid) {
            Ok(tree) => return Ok(tree),
            Err(SnapshotError::Refused(error @ EndpointError::Denied(_))) => return Err(error),
            Err(error) => {
                tracing::warn!(
                    url = self.wire.url.shown(),
                    ?error,
                    "the kept Git repository is damaged: fetching it again"
                );
            }
        }
        {
            let _writing = self.repository.writing.lock();
            self.repository.wipe()?;
        }
        self.bring(oid, name)?;
        snapshot(&self.repository, oid).map_err(|error| match error {
            SnapshotError::Missing => {
                EndpointError::Failed(format!("the server sent commit {oid} incomplete"))
            }
            SnapshotError::Refused(error) => error,
        })
    }

    /// Fetches an object that the repository lacks.
    fn bring(&self, oid: Oid, name: Option<&str>) -> Result<(), EndpointError> {
        let deadline = self.deadline();
        let _writing = self.repository.writing.lock();
        if self.repository.holds(oid) {
            return Ok(());
        }
        let fetched = self.bring_shallow(oid, name, deadline);
        let found = self.repository.meta(oid)?.is_some();
        match fetched {
            Ok(()) if found => {}
            Err(error) if !may_want_history(&error) => return Err(error),
            _ => self.bring_history(oid, name, deadline)?,
        }
        match self.repository.holds(oid) {
            true => keep_tip(&self.repository, oid),
            false => Ok(()),
        }
    }

    fn bring_shallow(&self, oid: Oid, name: Option<&str>, deadline: Instant) -> Result<(), EndpointError> {
        let references = self.references(deadline)?;
        let hexed = oid.to_string();
        let leads = |reference: &&GitReference| {
            reference.oid == hexed || reference.peeled.as_deref() == Some(hexed.as_str())
        };
        let named = references
            .iter()
            .filter(leads)
            .find(|reference| Some(reference.name.as_str()) == name);
        let any = || {
            references
                .iter()
                .filter(leads)
                .find(|reference| reference.name.starts_with("refs/"))
        };
        match named.or_else(any) {
            Some(reference) => {
                let operation = self.operation(deadline, false);
                fetch(&self.repository, &operation, &Wanted::Reference(&reference.name))
            }
            None => {
                let any_commit = self.wire.url.scheme == Scheme::Http;
                fetch(
                    &self.repository,
                    &self.operation(deadline, any_commit),
                    &Wanted::Commit(oid),
                )
            }
        }
    }

    /// The way that works with every server: all of the history, as far as the named reference reaches.
    fn bring_history(&self, oid: Oid, name: Option<&str>, deadline: Instant) -> Result<(), EndpointError> {
        let references = self.references(deadline)?;
        let advertised = |name: &&str| references.iter().any(|reference| reference.name == *name);
        let names = match name.filter(advertised) {
            Some(name) => vec![name.to_owned()],
            None => vec!["refs/heads/*".to_owned(), "refs/tags/*".to_owned()],
        };
        fetch(
            &self.repository,
            &self.operation(deadline, false),
            &Wanted::History(&names),
        )?;
        if self.repository.meta(oid)?.is_none() {
            return Err(EndpointError::NotFound(format!(
                "commit {oid} is not in the repository"
            )));
        }
        Ok(())
    }

    fn named(&self, error: EndpointError) -> EndpointError {
        let url = self.wire.url.shown();
        error.map(|text| {
            format!(
                "{}: git repository '{url}'",
                self.wire.credentials.redactor.text(&text)
            )
        })
    }
}

/// What is said when a server sends no single commits or no shallow history: by libgit2 (which loses the server's words when
/// they come in place of shallow roots), and by git's upload-pack.
const REFUSALS: [&str; 7] = [
    "unexpected packet type",
    "unexpected pkt type",
    "not our ref",
    "cannot fetch a specific object",
    "unadvertised object",
    "support shallow",
    "remote error",
];

/// Whether a failed shallow fetch may succeed with the whole history. Other failures would only repeat with more bytes.
fn may_want_history(error: &EndpointError) -> bool {
    match error {
        EndpointError::Transient { message: text, .. } | EndpointError::Failed(text) => {
            REFUSALS.iter().any(|refusal| text.contains(refusal))
        }
        _ => false,
    }
}

//! Trees of artifacts that another process serves (ExternalArtifact, or a source kind that is not reconciled here):
//! fetched from `status.artifact.url`, checked by digest, unpacked under caps, and kept in memory by digest.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Weak};
use std::time::Duration;

use lru::LruCache;
use parking_lot::Mutex;
use sluice_artifact::{Limits, Symlinks, UnpackError, unpack};
use sluice_model::port::EndpointError;
use sluice_model::{Artifact, Digest, Tree};
use sluice_transport::Transport;

/// Bytes of all kept trees together.
const KEPT_BYTES: u64 = 128 << 20;
const KEPT_TREES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);
const TIMEOUT: Duration = Duration::from_secs(60);
/// Artifacts that are fetched or unpacked at once.
const AT_ONCE: usize = 2;

/// An artifact of elsewhere cannot be used; texts name its revision, never its address.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// It is longer than what is fetched.
    #[error("artifact of revision {revision} has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Revision of the source.
        revision: String,
        /// As its status says.
        size: u64,
        /// In bytes.
        limit: u64,
    },
    /// It could not be fetched.
    #[error("failed to fetch the artifact of revision {revision}: {source}")]
    Download {
        /// Revision of the source.
        revision: String,
        /// The transport's words.
        source: EndpointError,
    },
    /// Its bytes are not those that its status names.
    #[error(
        "failed to verify the artifact of revision {revision}: its digest is {found}, status says {wanted}"
    )]
    Digest {
        /// Revision of the source.
        revision: String,
        /// Of the bytes.
        found: Digest,
        /// Of the status.
        wanted: Digest,
    },
    /// It is no archive that may be unpacked.
    #[error("failed to unpack the artifact of revision {revision}: {source}")]
    Unpack {
        /// Revision of the source.
        revision: String,
        /// What is wrong with it.
        source: UnpackError,
    },
    /// The thread that unpacked it ended.
    #[error("failed to unpack the artifact of revision {revision}: the task ended")]
    Ended {
        /// Revision of the source.
        revision: String,
    },
}

impl FetchError {
    /// Whether the file is not there, or not yet.
    pub fn is_absent(&self) -> bool {
        matches!(
            self,
            Self::Download {
                source: EndpointError::NotFound(_) | EndpointError::Transient { .. },
                ..
            }
        )
    }
}

/// Address and digest: who names a digest must also name where it is served.
type Key = (String, Digest);

/// Trees by weight.
struct Kept {
    trees: LruCache<Key, (Tree, u64)>,
    bytes: u64,
}

/// Fetches trees and keeps the latest ones.
pub struct FetchedTrees {
    transport: Arc<Transport>,
    /// Replaces the host of addresses, for a process outside of the cluster.
    host: Option<String>,
    limits: Limits,
    kept: Mutex<Kept>,
    /// Consumers of one artifact take turns, so that the first one fetches it for all.
    turns: Mutex<HashMap<Key, Weak<tokio::sync::Mutex<()>>>>,
    permits: tokio::sync::Semaphore,
}

impl FetchedTrees {
    /// With the limits of archives from elsewhere.
    pub fn new(transport: Arc<Transport>, host: Option<String>) -> Self {
        Self {
            transport,
            host,
            limits: Limits::default(),
            kept: Mutex::new(Kept {
                trees: LruCache::new(KEPT_TREES),
                bytes: 0,
            }),
            turns: Mutex::default(),
            permits: tokio::sync::Semaphore::new(AT_ONCE),
        }
    }

    /// The tree of an artifact; fetched only when it is not kept.
    ///
    /// # Errors
    /// The file cannot be fetched, is another than its status says, or is no archive that may be unpacked.
    pub async fn open(&self, artifact: &Artifact) -> Result<Tree, FetchError> {
        let key = (artifact.url.clone(), artifact.digest);
        if let Some(tree) = self.kept.lock().get(&key) {
            return Ok(tree);
        }
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        if let Some(tree) = self.kept.lock().get(&key) {
            return Ok(tree);
        }
        let ended = |_| FetchError::Ended {
            revision: artifact.revision.clone(),
        };
        let _permit = self.permits.acquire().await.map_err(ended)?;
        let tree = self.fetch(artifact).await?;
        self.kept.lock().insert(key, tree.clone());
        Ok(tree)
    }

    /// The lock of those who want this artifact now.
    fn turn(&self, key: &Key) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock();
        turns.retain(|_, turn| turn.strong_count() > 0);
        if let Some(turn) = turns.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::default();
        turns.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }

    async fn fetch(&self, artifact: &Artifact) -> Result<Tree, FetchError> {
        let revision = || artifact.revision.clone();
        let bytes = self.bytes(artifact).await?;
        let limits = self.limits;
        let unpacked = tokio::task::spawn_blocking(move || unpack(&*bytes, &limits, Symlinks::Skip));
        match unpacked.await {
            Ok(Ok(tree)) => Ok(tree),
            Ok(Err(source)) => Err(FetchError::Unpack {
                revision: revision(),
                source,
            }),
            Err(_) => Err(FetchError::Ended { revision: revision() }),
        }
    }

    /// The file of an artifact as it is served, checked by its digest and not kept.
    ///
    /// # Errors
    /// It cannot be fetched, or is another than its status says.
    pub async fn bytes(&self, artifact: &Artifact) -> Result<bytes::Bytes, FetchError> {
        let revision = || artifact.revision.clone();
        let limit = self.limits.compressed;
        if artifact.size > limit {
            return Err(FetchError::TooLarge {
                revision: revision(),
                size: artifact.size,
                limit,
            });
        }
        let address = self.address(&artifact.url);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let bytes = self
            .transport
            .download(&address, limit, TIMEOUT)
            .await
            .map_err(|source| FetchError::Download {
                revision: revision(),
                source,
            })?;
        let wanted = artifact.digest;
        let hashed = bytes.clone();
        let found = tokio::task::spawn_blocking(move || Digest::of(&hashed)).await;
        match found {
            Ok(found) if found == wanted => Ok(bytes),
            Ok(found) => Err(FetchError::Digest {
                revision: revision(),
                found,
                wanted,
            }),
            Err(_) => Err(FetchError::Ended { revision: revision() }),
        }
    }

    fn address(&self, url: &str) -> String {
        let replaced = || {
            let (scheme, rest) = url.split_once("://")?;
            let path = rest.find('/').map_or("", |at| &rest[at..]);
            Some(format!("{scheme}://{}{path}", self.host.as_deref()?))
        };
        replaced().unwrap_or_else(|| url.to_owned())
    }
}

impl Kept {
    fn get(&mut self, key: &Key) -> Option<Tree> {
        self.trees.get(key).map(|(tree, _)| tree.clone())
    }

    fn insert(&mut self, key: Key, tree: Tree) {
        let files = tree.walk();
        let weight: u64 = files
            .iter()
            .map(|(path, file)| path.len() as u64 + file.size + 256)
            .sum();
        if weight > KEPT_BYTES {
            return;
        }
        self.bytes += weight;
        if let Some((_, (_, former))) = self.trees.push(key, (tree, weight)) {
            self.bytes -= former;
        }
        while self.bytes > KEPT_BYTES {
            match self.trees.pop_lru() {
                Some((_, (_, former))) => self.bytes -= former,
                None => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_model::tree::{File, Node, TreeBuilder};
    use sluice_transport::TransportOptions;

    fn fetched(host: Option<&str>) -> FetchedTrees {
        let transport = Arc::new(Transport::new(TransportOptions::default()));
        FetchedTrees::new(transport, host.map(ToOwned::to_owned))
    }

    fn tree(bytes: usize) -> Tree {
        let mut builder = TreeBuilder::default();
        let file = File::inline(vec![0_u8; bytes].into(), false);
        builder.add("a", Node::File(file)).expect("a file");
        builder.build()
    }

    #[test]
    fn an_operator_may_replace_the_host_of_addresses() {
        let url = "http://source-controller.flux-system.svc.cluster.local./bucket/ns/b/1.tar.gz";
        assert_eq!(fetched(None).address(url), url);
        assert_eq!(
            fetched(Some("localhost:8080")).address(url),
            "http://localhost:8080/bucket/ns/b/1.tar.gz"
        );
    }

    #[test]
    fn kept_trees_stay_within_their_budget() {
        let fetched = fetched(None);
        let mut kept = fetched.kept.lock();
        let key = |name: &str| (name.to_owned(), Digest::of(name.as_bytes()));
        for name in ["a", "b", "c"] {
            kept.insert(key(name), tree(50 << 20));
        }
        assert!(kept.get(&key("a")).is_none() && kept.get(&key("c")).is_some());
        assert!(kept.bytes <= KEPT_BYTES);
        kept.insert(key("d"), tree(200 << 20));
        assert!(kept.get(&key("d")).is_none() && kept.get(&key("b")).is_some());
        kept.insert(key("b"), tree(1));
        assert!(kept.bytes < 60 << 20, "the former one is given back");
    }
}

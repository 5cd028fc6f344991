//! Open repositories that wait for their next reader: few of them, because each keeps its packs open.

use std::num::NonZeroUsize;

use lru::LruCache;
use parking_lot::Mutex;

/// Repositories with waiting handles, the least recently used goes first.
const REPOSITORIES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(31);
/// Handles of one repository.
const EACH: usize = 4;

/// Waiting handles of all repositories.
pub(crate) struct Handles(Mutex<LruCache<u64, Vec<Handle>>>);

struct Handle {
    generation: u64,
    repository: git2::Repository,
}

impl Default for Handles {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REPOSITORIES)))
    }
}

impl Handles {
    /// A handle of a repository that was opened in this generation of its files.
    pub fn take(&self, repository: u64, generation: u64) -> Option<git2::Repository> {
        let handle = self.0.lock().get_mut(&repository)?.pop()?;
        (handle.generation == generation).then_some(handle.repository)
    }

    /// Gives a handle back.
    pub fn give(&self, repository: u64, generation: u64, handle: git2::Repository) {
        let mut waiting = self.0.lock();
        let handles = waiting.get_or_insert_mut(repository, Vec::new);
        if handles.len() < EACH {
            handles.push(Handle {
                generation,
                repository: handle,
            });
        }
    }

    /// Closes the handles of a repository.
    pub fn close(&self, repository: u64) {
        self.0.lock().pop(&repository);
    }
}

//! Remote bases of kustomizations: public Git repositories and files, fetched without credentials.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sluice_model::port::{EndpointError, GitEndpoint, GitReference};
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_model::{Digest, Tree};
use sluice_transport::{GitTarget, Transport};

/// Of one file, and of each step with a repository.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a file.
const MAX_FILE: usize = 16 << 20;
/// Repositories that nothing was fetched into for so long are removed.
const UNUSED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Fetches remote bases for the objects of one namespace.
pub struct RemoteBases {
    transport: Arc<Transport>,
    repositories: PathBuf,
}

impl RemoteBases {
    /// Keeps the Git objects below `repositories`.
    pub fn new(transport: Arc<Transport>, repositories: PathBuf) -> Self {
        Self {
            transport,
            repositories,
        }
    }

    /// The files of a repository at a branch, tag or commit; at its HEAD when the reference is empty.
    ///
    /// # Errors
    /// The address is refused, the remote cannot be asked, or has no such reference.
    pub async fn repository(&self, url: &str, reference: &str) -> Result<Tree, EndpointError> {
        let url = with_scheme(url);
        let folder = self.repositories.join(Digest::of(url.as_bytes()).hex());
        self.sweep(&folder);
        let endpoint = self.transport.git(&GitTarget {
            url,
            secret: None,
            proxy: None,
            timeout: TIMEOUT,
            repository: folder,
        })?;
        let (oid, name) = resolve(endpoint.as_ref(), reference).await?;
        endpoint.snapshot(oid, name).await
    }

    /// The file behind an address as a tree: `content`, or `status` with the status code of an answer without one.
    ///
    /// # Errors
    /// The address is refused, or there is no answer.
    pub async fn file(&self, url: &str) -> Result<Tree, EndpointError> {
        let (status, body) = self.transport.get_public(url, MAX_FILE, TIMEOUT).await?;
        Ok(match status {
            200..=299 => single("content", body),
            status => single("status", Bytes::from(status.to_string())),
        })
    }

    /// Removes what was not used for long. What is in use now was touched a moment ago.
    fn sweep(&self, used: &Path) {
        let Ok(folders) = std::fs::read_dir(&self.repositories) else {
            return;
        };
        for folder in folders.flatten().filter(|folder| folder.path() != used) {
            let modified = folder.metadata().and_then(|metadata| metadata.modified());
            let age = modified
                .ok()
                .and_then(|time| SystemTime::now().duration_since(time).ok());
            if age.is_some_and(|age| age > UNUSED)
                && let Err(error) = self.transport.remove_repository(&folder.path())
            {
                tracing::warn!(%error, "an unused remote base stays");
            }
        }
    }
}

/// A tree of one file.
pub fn single(name: &str, bytes: Bytes) -> Tree {
    let mut builder = TreeBuilder::default();
    // a name without a slash, in an empty tree
    let added = builder.add(name, Node::File(File::inline(bytes, false)));
    debug_assert!(added.is_ok(), "{name}");
    builder.build()
}

/// `user@host:path` is how people write SSH.
fn with_scheme(url: &str) -> String {
    match (url.contains("://"), url.split_once(':')) {
        (false, Some((host, path))) => format!("ssh://{host}/{path}"),
        _ => url.to_owned(),
    }
}

/// The commit that a reference leads to, and the reference's full name where there is one.
async fn resolve(
    endpoint: &dyn GitEndpoint,
    reference: &str,
) -> Result<(String, Option<String>), EndpointError> {
    let is_commit =
        matches!(reference.len(), 40 | 64) && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit {
        return Ok((reference.to_ascii_lowercase(), None));
    }
    let candidates = if reference.is_empty() {
        vec!["HEAD".to_owned()]
    } else if reference.starts_with("refs/") {
        vec![reference.to_owned()]
    } else {
        // git's own order
        vec![
            format!("refs/{reference}"),
            format!("refs/tags/{reference}"),
            format!("refs/heads/{reference}"),
        ]
    };
    let advertised = endpoint.refs(candidates.clone()).await?;
    let found = |name: &String| advertised.iter().find(|advertised| advertised.name == *name);
    let Some(GitReference { name, oid, peeled }) = candidates.iter().find_map(found) else {
        let wanted = if reference.is_empty() { "HEAD" } else { reference };
        return Err(EndpointError::NotFound(format!(
            "couldn't find remote ref {wanted:?}"
        )));
    };
    Ok((peeled.clone().unwrap_or_else(|| oid.clone()), Some(name.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_without_a_scheme_gets_one() {
        assert_eq!(
            with_scheme("git@github.com:o/r.git"),
            "ssh://git@github.com/o/r.git"
        );
        assert_eq!(with_scheme("https://host:8080/o/r"), "https://host:8080/o/r");
    }
}

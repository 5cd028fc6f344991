//! Moves commits from a remote into the kept repository: one commit deep, and only what the repository lacks.
//!
//! The tips of the last fetches stay as `refs/sluice/kept/<number>`: they are what the repository tells the server it
//! has. Each is a shallow root; the file `shallow` lists those that are kept.

use git2::{AutotagOption, FetchOptions, FetchPrune, Oid, Remote, RemoteCallbacks};
use sluice_model::port::{EndpointError, GitReference};

use crate::git::repository::Repository;
use crate::git::wire::{ADDRESS, Operation};
use std::sync::Arc;

const KEPT: &str = "refs/sluice/kept/";
const WANTED: &str = "refs/sluice/wanted";
/// Tips that are told to a server as present.
const KEPT_TIPS: usize = 8;
/// Most objects of one fetch.
const MAX_OBJECTS: usize = 20_000_000;
/// libgit2's depth for the whole history of a shallow repository.
const UNSHALLOW: i32 = i32::MAX;

/// What to fetch.
pub(crate) enum Wanted<'a> {
    /// The advertised reference with this name, one commit deep.
    Reference(&'a str),
    /// This commit, one commit deep.
    Commit(Oid),
    /// The whole history of the references that match.
    History(&'a [String]),
}

/// Fetches into the repository.
pub(crate) fn fetch(
    repository: &Repository,
    operation: &Arc<Operation>,
    wanted: &Wanted<'_>,
) -> Result<(), EndpointError> {
    let (refspecs, depth) = match wanted {
        Wanted::Reference(name) => (vec![format!("+{name}:{WANTED}")], 1),
        Wanted::Commit(oid) => (vec![format!("+{oid}:{WANTED}")], 1),
        Wanted::History(names) => (
            names
                .iter()
                .map(|name| format!("+{name}:refs/sluice/history/{name}"))
                .collect(),
            UNSHALLOW,
        ),
    };
    repository.with(|handle| {
        operation.run(|| {
            let mut remote = handle.remote_anonymous(ADDRESS)?;
            let mut options = options(operation, depth);
            remote.fetch(&refspecs, Some(&mut options), None)
        })
    })?
}

fn options<'a>(operation: &'a Operation, depth: i32) -> FetchOptions<'a> {
    let mut callbacks = RemoteCallbacks::new();
    callbacks.transfer_progress(|progress| !operation.is_over() && progress.total_objects() <= MAX_OBJECTS);
    callbacks.sideband_progress(|_| !operation.is_over());
    let mut options = FetchOptions::new();
    options
        .remote_callbacks(callbacks)
        .download_tags(AutotagOption::None)
        .prune(FetchPrune::Off)
        .update_fetchhead(false)
        .depth(depth);
    options
}

/// Remembers a commit as present, and forgets the oldest.
pub(crate) fn keep_tip(repository: &Repository, oid: Oid) -> Result<(), EndpointError> {
    let kept = repository.with(|handle| {
        let mut tips = kept_tips(handle)?;
        if tips.last().is_none_or(|(_, tip)| *tip != oid) {
            let number = tips.last().map_or(1, |(number, _)| number + 1);
            handle.reference(&format!("{KEPT}{number:010}"), oid, true, "kept")?;
            tips.push((number, oid));
        }
        let surplus = tips.len().saturating_sub(KEPT_TIPS);
        for (number, _) in tips.drain(..surplus) {
            handle.find_reference(&format!("{KEPT}{number:010}"))?.delete()?;
        }
        if let Ok(mut wanted) = handle.find_reference(WANTED) {
            wanted.delete()?;
        }
        Ok(tips.into_iter().map(|(_, tip)| tip).collect::<Vec<_>>())
    })?;
    let kept = kept.map_err(|error: git2::Error| {
        EndpointError::Failed(format!("failed to keep commit {oid}: {}", error.message()))
    })?;
    trim_shallow(repository, &kept)
}

/// The kept tips with their numbers, oldest first.
pub(crate) fn kept_tips(handle: &git2::Repository) -> Result<Vec<(u64, Oid)>, git2::Error> {
    let mut tips = Vec::new();
    for reference in handle.references_glob(&format!("{KEPT}*"))? {
        let reference = reference?;
        let number = reference
            .name()
            .ok()
            .and_then(|name| name.strip_prefix(KEPT)?.parse().ok());
        if let (Some(number), Some(oid)) = (number, reference.target()) {
            tips.push((number, oid));
        }
    }
    tips.sort_unstable();
    Ok(tips)
}

/// Leaves only kept commits in the list of shallow roots: each one is sent with every fetch.
fn trim_shallow(repository: &Repository, kept: &[Oid]) -> Result<(), EndpointError> {
    let path = repository.path().join("shallow");
    let Ok(listed) = std::fs::read_to_string(&path) else {
        return Ok(());
    };
    let stays = |line: &&str| kept.iter().any(|oid| oid.to_string() == line.trim());
    let trimmed: String = listed
        .lines()
        .filter(stays)
        .map(|line| format!("{line}\n"))
        .collect();
    if trimmed.len() == listed.len() {
        return Ok(());
    }
    let failed =
        |error: std::io::Error| EndpointError::Failed(format!("failed to trim shallow roots: {error}"));
    let draft = repository.path().join("shallow.draft");
    std::fs::write(&draft, trimmed).map_err(failed)?;
    std::fs::rename(&draft, &path).map_err(failed)?;
    // A handle caches the list.
    repository.rewritten();
    Ok(())
}

/// The references that the remote advertises, sorted by name; peeled tags are joined with their tags.
pub(crate) fn list(operation: &Arc<Operation>) -> Result<Vec<GitReference>, EndpointError> {
    let mut heads = operation.run(|| {
        let mut remote = Remote::create_detached(ADDRESS)?;
        let mut callbacks = RemoteCallbacks::new();
        callbacks.sideband_progress(|_| true);
        let connection = remote.connect_auth(git2::Direction::Fetch, Some(callbacks), None)?;
        let heads = connection.list()?;
        Ok(heads
            .iter()
            .map(|head| (head.name().to_owned(), head.oid().to_string()))
            .collect::<Vec<_>>())
    })?;
    heads.sort_unstable();
    heads.dedup_by(|left, right| left.0 == right.0);
    let mut references: Vec<GitReference> = Vec::with_capacity(heads.len());
    for (name, oid) in heads {
        match (name.strip_suffix("^{}"), references.last_mut()) {
            (Some(tag), Some(last)) if last.name == tag => last.peeled = Some(oid),
            (Some(_), _) => {}
            (None, _) => references.push(GitReference {
                name,
                oid,
                peeled: None,
            }),
        }
    }
    Ok(references)
}

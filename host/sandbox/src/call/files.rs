//! Interface `files`: recorded reads of input trees, and the sink that a source plugin fills.

use std::sync::Arc;

use bytes::Bytes;
use sluice_model::memo::{self, Question};
use sluice_model::path;
use sluice_model::tree::{self, EntryKind, File, Node, TreeBuilder, TreeError, TreeRead};
use sluice_model::{Digest, Tree};
use wasmtime::component::Resource;

use crate::bindings::imports::sluice::plugin::files::{Entry, Host, HostSink, HostTree, Kind, Stat};
use crate::bindings::imports::sluice::plugin::types::Error;
use crate::store::CallState;

const PUT: &str = "sluice:plugin/files.[method]sink.put";
const READ: &str = "sluice:plugin/files.[method]tree.read";

/// What stands behind a guest's `tree`.
#[derive(Clone)]
pub enum TreeHandle {
    /// An input of the call; what is read of it is recorded under this index.
    Input(usize, Arc<dyn TreeRead>),
    /// A tree that the host fetched for this call.
    Snapshot(Tree),
}

impl TreeHandle {
    fn tree(&self) -> &dyn TreeRead {
        match self {
            Self::Input(_, tree) => tree.as_ref(),
            Self::Snapshot(tree) => tree,
        }
    }
}

/// What stands behind a guest's `sink`.
#[derive(Debug, Default)]
pub struct SinkHandle {
    builder: TreeBuilder,
    path_bytes: usize,
}

/// Most files and directories that are put into a sink one by one, and most bytes of their paths.
const MAX_SINK_ENTRIES: usize = 500_000;
const MAX_SINK_PATHS: usize = 64 << 20;

impl SinkHandle {
    /// The tree of all that was put in.
    pub(crate) fn build(self) -> Tree {
        self.builder.build()
    }
}

impl CallState {
    /// A handle to a tree, or a trap when there are too many.
    pub(crate) fn keep_tree(&mut self, tree: TreeHandle) -> wasmtime::Result<Resource<TreeHandle>> {
        let limit = self.limits.handles;
        self.table
            .push(tree)
            .map_err(|_| self.refuse_resource("handles", limit))
    }

    fn handle(&self, tree: &Resource<TreeHandle>) -> wasmtime::Result<TreeHandle> {
        Ok(self.table.get(tree)?.clone())
    }

    /// Notes a reading of an input tree.
    fn note(
        &mut self,
        handle: &TreeHandle,
        question: Question,
        path: &str,
        answer: Digest,
    ) -> wasmtime::Result<()> {
        match handle {
            TreeHandle::Input(index, _) => self.record(*index, question, path, answer),
            TreeHandle::Snapshot(_) => Ok(()),
        }
    }

    fn read_file(&mut self, handle: &TreeHandle, at: &str) -> wasmtime::Result<Result<Bytes, Error>> {
        let at = match path::normalize(at) {
            Ok(at) => at,
            Err(error) => return Ok(Err(Error::Denied(error.to_string()))),
        };
        let tree = handle.tree();
        // The file must fit into the guest anyway: do not load into the host what cannot.
        let size = tree.stat(&at).map_or(0, |stat| stat.size);
        if size > self.limits.memory {
            self.note(handle, Question::Read, &at, memo::read_answer(tree, &at, &Ok(())))?;
            let message = format!(
                "file {at:?} has {size} bytes, more than the memory limit of {}",
                self.limits.memory
            );
            return Ok(Err(Error::Failed(message)));
        }
        self.import = Some(READ);
        let answer = tree.read(&at);
        self.import = None;
        self.note(handle, Question::Read, &at, memo::read_answer(tree, &at, &answer))?;
        Ok(answer.map_err(tree_error))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn tree_error(error: TreeError) -> Error {
    let message = error.to_string();
    match error {
        TreeError::NotFound { .. } => Error::NotFound(message),
        TreeError::Path(_) => Error::Denied(message),
        TreeError::NotADirectory { .. } | TreeError::IsADirectory { .. } | TreeError::Read { .. } => {
            Error::Failed(message)
        }
    }
}

fn kind(kind: EntryKind) -> Kind {
    match kind {
        EntryKind::File => Kind::File,
        EntryKind::Directory => Kind::Directory,
        EntryKind::Symlink => Kind::Symlink,
    }
}

fn entry(entry: tree::Entry) -> Entry {
    Entry {
        name: entry.name,
        kind: kind(entry.kind),
    }
}

impl Host for CallState {}

impl HostTree for CallState {
    fn entries(
        &mut self,
        tree: Resource<TreeHandle>,
        dir: String,
    ) -> wasmtime::Result<Result<Vec<Entry>, Error>> {
        let handle = self.handle(&tree)?;
        let dir = match path::normalize(&dir) {
            Ok(dir) => dir,
            Err(error) => return Ok(Err(Error::Denied(error.to_string()))),
        };
        let answer = handle.tree().entries(&dir);
        self.note(&handle, Question::Entries, &dir, memo::entries_answer(&answer))?;
        Ok(answer
            .map(|entries| entries.into_iter().map(entry).collect())
            .map_err(tree_error))
    }

    fn stat(&mut self, tree: Resource<TreeHandle>, at: String) -> wasmtime::Result<Result<Stat, Error>> {
        let handle = self.handle(&tree)?;
        let at = match path::normalize(&at) {
            Ok(at) => at,
            Err(error) => return Ok(Err(Error::Denied(error.to_string()))),
        };
        let answer = handle.tree().stat(&at);
        self.note(&handle, Question::Stat, &at, memo::stat_answer(&answer))?;
        let contract = |stat: tree::Stat| Stat {
            kind: kind(stat.kind),
            size: stat.size,
            executable: stat.executable,
        };
        Ok(answer.map(contract).map_err(tree_error))
    }

    fn read(&mut self, tree: Resource<TreeHandle>, at: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let handle = self.handle(&tree)?;
        Ok(self.read_file(&handle, &at)?.map(Into::into))
    }

    fn read_many(
        &mut self,
        tree: Resource<TreeHandle>,
        paths: Vec<String>,
    ) -> wasmtime::Result<Result<Vec<(String, Vec<u8>)>, Error>> {
        let handle = self.handle(&tree)?;
        let mut files = Vec::new();
        let mut size = 0;
        for at in paths {
            let bytes = match self.read_file(&handle, &at)? {
                Ok(bytes) => bytes,
                Err(error) => return Ok(Err(error)),
            };
            size += bytes.len() as u64;
            if size > self.limits.memory {
                let message = format!(
                    "the files have more bytes than the memory limit of {}",
                    self.limits.memory
                );
                return Ok(Err(Error::Failed(message)));
            }
            files.push((at, bytes.into()));
        }
        Ok(Ok(files))
    }

    fn drop(&mut self, tree: Resource<TreeHandle>) -> wasmtime::Result<()> {
        self.table.delete(tree)?;
        Ok(())
    }
}

impl HostSink for CallState {
    fn put(
        &mut self,
        sink: Resource<SinkHandle>,
        at: String,
        data: Vec<u8>,
        executable: bool,
    ) -> wasmtime::Result<Result<(), Error>> {
        self.spend_output(data.len(), PUT)?;
        self.add(&sink, &at, Node::File(File::inline(data.into(), executable)))
    }

    fn take(
        &mut self,
        sink: Resource<SinkHandle>,
        from: Resource<TreeHandle>,
        at: String,
        to: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let TreeHandle::Snapshot(tree) = self.handle(&from)? else {
            return Ok(Err(Error::Failed(
                "only trees that the host fetched can be taken".into(),
            )));
        };
        match node(&tree, &at) {
            Ok(node) => self.add(&sink, &to, node),
            Err(error) => Ok(Err(tree_error(error))),
        }
    }

    fn drop(&mut self, sink: Resource<SinkHandle>) -> wasmtime::Result<()> {
        self.table.delete(sink)?;
        Ok(())
    }
}

impl CallState {
    fn add(
        &mut self,
        sink: &Resource<SinkHandle>,
        to: &str,
        node: Node,
    ) -> wasmtime::Result<Result<(), Error>> {
        let sink = self.table.get_mut(sink)?;
        sink.path_bytes += to.len();
        if sink.builder.len() >= MAX_SINK_ENTRIES || sink.path_bytes > MAX_SINK_PATHS {
            return Err(self.refuse_resource("files put one by one", MAX_SINK_ENTRIES as u64));
        }
        Ok(sink.builder.add(to, node).map_err(|error| match error {
            tree::BuildTreeError::Path(error) => Error::Denied(error.to_string()),
            error => Error::Failed(error.to_string()),
        }))
    }
}

/// The node at a path, shared with the tree.
fn node(tree: &Tree, at: &str) -> Result<Node, TreeError> {
    let at = path::normalize(at)?;
    let missing = || TreeError::NotFound { path: at.clone() };
    let mut node = Node::Directory(tree.root().clone());
    for part in at.split('/').filter(|part| !part.is_empty()) {
        let next = match &node {
            Node::Directory(directory) => directory.get(part).cloned(),
            Node::File(_) => None,
        };
        node = next.ok_or_else(missing)?;
    }
    Ok(node)
}

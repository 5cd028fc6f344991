//! A tree as the files of a build: the same questions that render-kustomize asks through the contract, noted as the
//! sandbox notes them.

use std::cell::RefCell;

use sluice_kustomize::{BuildOptions, Entry, EntryKind, Files, FilesError, build};
use sluice_model::memo::{Question, Recorder, Trace, entries_answer, read_answer, stat_answer};
use sluice_model::path::normalize;
use sluice_model::tree::{self, Tree, TreeError, TreeRead};

/// What a build gave: its text, or the words of its error.
pub type Outcome = Result<String, String>;

struct RecordedTree<'a> {
    tree: &'a Tree,
    recorder: RefCell<Recorder>,
}

/// Builds a directory of a tree, with the trace of what was read.
pub fn render(tree: &Tree, directory: &str, options: &BuildOptions) -> (Outcome, Trace) {
    let files = RecordedTree {
        tree,
        recorder: RefCell::default(),
    };
    let outcome = build(&files, directory, options)
        .and_then(|built| built.to_yaml())
        .map_err(|error| error.to_string());
    (outcome, files.recorder.into_inner().finish(&[tree]))
}

fn kind(kind: tree::EntryKind) -> EntryKind {
    match kind {
        tree::EntryKind::File => EntryKind::File,
        tree::EntryKind::Directory => EntryKind::Directory,
        tree::EntryKind::Symlink => EntryKind::Symlink,
    }
}

fn error(error: TreeError) -> FilesError {
    match error {
        TreeError::NotFound { .. } => FilesError::NotFound,
        TreeError::NotADirectory { .. } => FilesError::NotADirectory,
        TreeError::IsADirectory { .. } => FilesError::IsADirectory,
        other => FilesError::Other(other.to_string()),
    }
}

impl RecordedTree<'_> {
    fn note(&self, question: Question, path: &str, answer: sluice_model::Digest) {
        self.recorder.borrow_mut().note(0, question, path, answer);
    }
}

fn at(path: &str) -> Result<String, FilesError> {
    normalize(path.trim_start_matches('/')).map_err(|error| FilesError::Other(error.to_string()))
}

impl Files for RecordedTree<'_> {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let dir = at(dir)?;
        let answer = self.tree.entries(&dir);
        self.note(Question::Entries, &dir, entries_answer(&answer));
        let entry = |entry: tree::Entry| Entry {
            name: entry.name,
            kind: kind(entry.kind),
        };
        Ok(answer.map_err(error)?.into_iter().map(entry).collect())
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        let path = at(path)?;
        let answer = self.tree.stat(&path);
        self.note(Question::Stat, &path, stat_answer(&answer));
        answer.map(|stat| kind(stat.kind)).map_err(error)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        let path = at(path)?;
        let answer = self.tree.read(&path);
        self.note(Question::Read, &path, read_answer(self.tree, &path, &answer));
        answer.map(|bytes| bytes.to_vec()).map_err(error)
    }

    /// The host's trees hold no links that lead elsewhere.
    fn resolve(&self, path: &str) -> Result<String, FilesError> {
        Ok(path.to_owned())
    }
}

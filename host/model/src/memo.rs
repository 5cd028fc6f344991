//! What a renderer read, and how a stored trace is replayed against another tree (promise 1 of the design).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, DigestBuilder};
use crate::path;
use crate::tree::{Entry, EntryKind, Stat, TreeError, TreeRead};

/// Which question was asked of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// The bytes of a file.
    Read,
    /// Kind, size and executable bit.
    Stat,
    /// The names of a directory.
    Entries,
}

/// One question with the id of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Index of the input tree.
    pub input: usize,
    /// What was asked.
    pub question: Question,
    /// Normalised path.
    pub path: String,
    /// Id of the answer; misses and errors have ids too.
    pub answer: Digest,
}

/// Everything one render read, and the ids of the directories that hold it all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Sorted, without duplicates.
    pub readings: Vec<Reading>,
    /// Directories (input, path, id) that cover all readings: equal ids answer for everything at once.
    pub covers: Vec<(usize, String, Option<Digest>)>,
}

/// The id of an answer to [`Question::Read`].
pub fn read_answer<T>(tree: &dyn TreeRead, path: &str, answer: &Result<T, TreeError>) -> Digest {
    match answer {
        Ok(_) => match tree.id(path) {
            Ok(Some(id)) => id,
            _ => Digest::of(b"unknown"),
        },
        Err(error) => error_answer(error),
    }
}

/// The id of an answer to [`Question::Stat`].
pub fn stat_answer(answer: &Result<Stat, TreeError>) -> Digest {
    let mut builder = DigestBuilder::default();
    match answer {
        Ok(stat) => {
            let kind = [kind_tag(stat.kind), u8::from(stat.executable)];
            builder
                .piece(b"stat")
                .piece(&kind)
                .piece(&stat.size.to_le_bytes());
        }
        Err(error) => return error_answer(error),
    }
    builder.finish()
}

/// The id of an answer to [`Question::Entries`].
pub fn entries_answer(answer: &Result<Vec<Entry>, TreeError>) -> Digest {
    let mut builder = DigestBuilder::default();
    match answer {
        Ok(entries) => {
            builder.piece(b"entries");
            for entry in entries {
                builder
                    .piece(&[kind_tag(entry.kind)])
                    .piece(entry.name.as_bytes());
            }
        }
        Err(error) => return error_answer(error),
    }
    builder.finish()
}

fn kind_tag(kind: EntryKind) -> u8 {
    match kind {
        EntryKind::File => b'f',
        EntryKind::Directory => b'd',
        EntryKind::Symlink => b'l',
    }
}

fn error_answer(error: &TreeError) -> Digest {
    Digest::of(match error {
        TreeError::NotFound { .. } => b"not found",
        TreeError::NotADirectory { .. } => b"not a directory",
        TreeError::IsADirectory { .. } => b"is a directory",
        TreeError::Path(_) => b"path",
        TreeError::Read { .. } => b"unreadable",
    })
}

fn ask(tree: &dyn TreeRead, question: Question, path: &str) -> Digest {
    match question {
        Question::Stat => stat_answer(&tree.stat(path)),
        Question::Entries => entries_answer(&tree.entries(path)),
        // The id alone answers: no bytes move.
        Question::Read => match (tree.stat(path), tree.id(path)) {
            (Ok(stat), Ok(Some(id))) if stat.kind == EntryKind::File => id,
            (Ok(_), _) => error_answer(&TreeError::IsADirectory { path: String::new() }),
            (Err(error), _) => error_answer(&error),
        },
    }
}

/// Collects readings during one call.
#[derive(Debug, Default)]
pub struct Recorder {
    readings: BTreeMap<(usize, String, Question), Digest>,
}

impl Recorder {
    /// Notes one question with the id of its answer.
    pub fn note(&mut self, input: usize, question: Question, path: &str, answer: Digest) {
        self.readings.insert((input, path.to_owned(), question), answer);
    }

    /// How many different questions were noted.
    pub fn len(&self) -> usize {
        self.readings.len()
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.readings.is_empty()
    }

    /// The trace, with the directories of `trees` that cover it.
    pub fn finish(self, trees: &[&dyn TreeRead]) -> Trace {
        let readings: Vec<Reading> = self
            .readings
            .into_iter()
            .map(|((input, path, question), answer)| Reading {
                input,
                question,
                path,
                answer,
            })
            .collect();
        let covers = covers(&readings)
            .into_iter()
            .map(|(input, dir)| {
                let id = trees.get(input).and_then(|tree| tree.id(&dir).ok().flatten());
                (input, dir, id)
            })
            .collect();
        Trace { readings, covers }
    }
}

/// The topmost directories that hold every reading of a trace, at most [`MAX_COVERS`] an input.
fn covers(readings: &[Reading]) -> Vec<(usize, String)> {
    let mut out: Vec<(usize, String)> = Vec::new();
    for reading in readings {
        let dir = match reading.question {
            Question::Entries => reading.path.as_str(),
            Question::Read | Question::Stat => path::parent(&reading.path),
        };
        if out
            .iter()
            .any(|(input, cover)| *input == reading.input && path::is_within(dir, cover))
        {
            continue;
        }
        out.retain(|(input, cover)| *input != reading.input || !path::is_within(cover, dir));
        out.push((reading.input, dir.to_owned()));
    }
    out
}

impl Trace {
    /// Whether every question would be answered as it was.
    pub fn holds(&self, trees: &[&dyn TreeRead]) -> bool {
        self.covered(trees) || self.replayed(trees)
    }

    fn covered(&self, trees: &[&dyn TreeRead]) -> bool {
        !self.covers.is_empty()
            && self.covers.iter().all(|(input, dir, id)| {
                id.is_some()
                    && trees
                        .get(*input)
                        .is_some_and(|tree| tree.id(dir).ok() == Some(*id))
            })
    }

    fn replayed(&self, trees: &[&dyn TreeRead]) -> bool {
        self.readings.iter().all(|reading| {
            trees
                .get(reading.input)
                .is_some_and(|tree| ask(*tree, reading.question, &reading.path) == reading.answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{File, Node, Tree, TreeBuilder};
    use bytes::Bytes;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut builder = TreeBuilder::default();
        for (path, text) in files {
            let file = File::inline(Bytes::copy_from_slice(text.as_bytes()), false);
            builder.add(path, Node::File(file)).expect("path is free");
        }
        builder.build()
    }

    fn trace(tree: &Tree, asked: &[(Question, &str)]) -> Trace {
        let mut recorder = Recorder::default();
        for (question, path) in asked {
            recorder.note(0, *question, path, ask(tree, *question, path));
        }
        recorder.finish(&[tree])
    }

    const ASKED: [(Question, &str); 4] = [
        (Question::Read, "app/kustomization.yaml"),
        (Question::Stat, "app/kustomization.yml"),
        (Question::Entries, "app"),
        (Question::Read, "base/deploy.yaml"),
    ];

    #[test]
    fn holds_when_nothing_it_read_changed() {
        let old = tree(&[
            ("app/kustomization.yaml", "a"),
            ("base/deploy.yaml", "b"),
            ("x", "1"),
        ]);
        let new = tree(&[
            ("app/kustomization.yaml", "a"),
            ("base/deploy.yaml", "b"),
            ("x", "2"),
        ]);
        let trace = trace(&old, &ASKED);
        assert!(trace.covered(&[&new]) && trace.holds(&[&new]));
        // a neighbour that was never read: the cover fails, the replay holds
        let beside = tree(&[
            ("app/kustomization.yaml", "a"),
            ("base/deploy.yaml", "b"),
            ("base/other", "c"),
        ]);
        assert!(!trace.covered(&[&beside]) && trace.holds(&[&beside]));
    }

    #[test]
    fn fails_on_changed_file_new_name_and_filled_miss() {
        let old = tree(&[("app/kustomization.yaml", "a"), ("base/deploy.yaml", "b")]);
        let trace = trace(&old, &ASKED);
        for changed in [
            tree(&[("app/kustomization.yaml", "A"), ("base/deploy.yaml", "b")]),
            tree(&[("app/kustomization.yaml", "a"), ("base/deploy.yaml", "B")]),
            tree(&[
                ("app/kustomization.yaml", "a"),
                ("app/new", ""),
                ("base/deploy.yaml", "b"),
            ]),
            tree(&[
                ("app/kustomization.yaml", "a"),
                ("app/kustomization.yml", ""),
                ("base/deploy.yaml", "b"),
            ]),
            tree(&[("app/kustomization.yaml", "a")]),
        ] {
            assert!(!trace.holds(&[&changed]));
        }
    }
}

//! Promise 1 over the corpus: whatever file changes, is added or goes, when the memo's trace still holds, a fresh render
//! gives the stored output; and it holds whenever nothing that was read changed.
//!
//! The test command takes a sample of kustomizations and changes; `SLUICE_CONFORMANCE=full` takes every kustomization and every
//! file that it reads, misses or lists, and some of those that it does not look at.

#[path = "../../../plugins/lib/kustomize/tests/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "../../../plugins/lib/kustomize/tests/support/host.rs"]
mod host;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use sluice_conformance_test::recorded::{Outcome, render};
use sluice_conformance_test::repository::Repository;
use sluice_kustomize::{BuildOptions, LoadRestriction, Reorder};
use sluice_model::memo::{Question, Trace};

const SAMPLE: usize = 60;
const MUTATIONS: usize = 10;
/// Changes of files that a kustomization does not look at, about.
const UNRELATED: usize = 30;

fn is_full() -> bool {
    std::env::var_os("SLUICE_CONFORMANCE").is_some_and(|value| value == "full")
}

/// As Flux builds: no order, no load restriction.
fn options() -> BuildOptions {
    BuildOptions {
        load_restriction: LoadRestriction::None,
        reorder: Reorder::None,
        ..BuildOptions::default()
    }
}

/// One change of a repository.
#[derive(Debug, Clone)]
enum Change {
    Edit(String),
    Remove(String),
    Add(String),
}

impl Change {
    fn path(&self) -> &str {
        match self {
            Self::Edit(path) | Self::Remove(path) | Self::Add(path) => path,
        }
    }

    fn apply(&self, repository: &Repository) -> Repository {
        let mut changed = repository.clone();
        match self {
            Self::Edit(path) => {
                let file = changed.files.get(path);
                let mut bytes = file
                    .and_then(|file| file.read().ok())
                    .map_or_else(Vec::new, |bytes| bytes.to_vec());
                bytes.extend(b"\n# changed\n");
                changed.put(path.clone(), bytes);
            }
            Self::Remove(path) => {
                changed.files.remove(path);
            }
            Self::Add(path) => {
                changed.put(path.clone(), Bytes::from_static(b"{}\n"));
            }
        }
        changed
    }
}

/// Changes of what was read, of what was missed, of listed directories, and of files that nothing read.
fn changes(repository: &Repository, trace: &Trace, turn: usize) -> Vec<Change> {
    let mut list = Vec::new();
    for reading in &trace.readings {
        let path = &reading.path;
        match (reading.question, repository.files.contains_key(path)) {
            (Question::Read, true) => {
                list.push(Change::Edit(path.clone()));
                list.push(Change::Remove(path.clone()));
            }
            (Question::Read | Question::Stat, false) => list.push(Change::Add(path.clone())),
            (Question::Entries, _) => list.push(Change::Add(format!("{path}/new.yaml"))),
            (Question::Stat, true) => {}
        }
    }
    let step = (3 * repository.files.len() / UNRELATED).max(1);
    for path in repository.files.keys().skip(turn % step).step_by(step) {
        list.push(Change::Edit(path.clone()));
        list.push(Change::Remove(path.clone()));
        list.push(Change::Add(format!("{path}.new")));
    }
    // A file cannot stand where a directory is, nor below a file.
    list.retain(|change| match change {
        Change::Add(path) => {
            let below = format!("{path}/");
            let is_directory = repository
                .files
                .range(below.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&below));
            let under_file = path
                .match_indices('/')
                .any(|(at, _)| repository.files.contains_key(&path[..at]));
            !path.is_empty() && !path.starts_with('/') && !is_directory && !under_file
        }
        _ => true,
    });
    list
}

fn sample(list: Vec<Change>, turn: usize) -> Vec<Change> {
    if is_full() || list.len() <= MUTATIONS {
        return list;
    }
    let step = list.len() / MUTATIONS;
    list.into_iter().skip(turn % step.max(1)).step_by(step).collect()
}

fn same(stored: &Outcome, fresh: &Outcome) -> bool {
    match (stored, fresh) {
        (Ok(a), Ok(b)) => a == b,
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

/// Whether any reading looks at this path, or lists or misses a directory that the change makes or empties.
fn may_matter(repository: &Repository, trace: &Trace, change: &Change) -> bool {
    let asked: BTreeSet<&str> = trace
        .readings
        .iter()
        .map(|reading| reading.path.as_str())
        .collect();
    let path = change.path();
    let parents = path.match_indices('/').map(|(at, _)| &path[..at]);
    let changes_a_directory = |directory: &str| {
        let below = format!("{directory}/");
        let others = repository
            .files
            .range(below.clone()..)
            .take_while(|(other, _)| other.starts_with(&below));
        others.filter(|(other, _)| other.as_str() != path).count() == 0
    };
    let root_listed = asked.contains("") && !matches!(change, Change::Edit(_)) && !path.contains('/');
    root_listed
        || asked.contains(path)
        || (!matches!(change, Change::Edit(_))
            && parents.clone().any(|parent| {
                asked.contains(parent) && (changes_a_directory(parent) || is_listed(trace, parent))
            }))
}

fn is_listed(trace: &Trace, directory: &str) -> bool {
    trace
        .readings
        .iter()
        .any(|reading| reading.question == Question::Entries && reading.path == directory)
}

fn check(repository: &Repository, directory: &str, turn: usize, counts: &mut [usize; 3]) -> Vec<String> {
    let options = options();
    let (stored, trace) = render(&repository.tree(), directory, &options);
    let mut wrong = Vec::new();
    for change in sample(changes(repository, &trace, turn), turn) {
        let tree = change.apply(repository).tree();
        counts[0] += 1;
        if trace.holds(&[&tree]) {
            counts[1] += 1;
            let (fresh, _) = render(&tree, directory, &options);
            if !same(&stored, &fresh) {
                wrong.push(format!(
                    "{directory} {change:?}: the memo holds, a fresh render differs: {fresh:?}"
                ));
            }
        } else if !may_matter(repository, &trace, &change) {
            counts[2] += 1;
            wrong.push(format!(
                "{directory} {change:?}: nothing that was read changed, yet the memo does not hold"
            ));
        }
    }
    wrong
}

#[test]
fn what_the_memo_answers_is_what_a_fresh_render_gives() {
    let Some((cases, data)) = corpus::open() else {
        return;
    };
    let inputs = data.join("inputs");
    let mut directories: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for case in cases.iter().filter(|case| !case.must_fail) {
        let Some(directory) = case
            .arguments
            .iter()
            .find_map(|argument| Path::new(argument).strip_prefix(&inputs).ok())
        else {
            continue;
        };
        let text = directory.to_string_lossy().into_owned();
        if let Some((repository, below)) = text.split_once('/') {
            directories
                .entry(repository.to_owned())
                .or_default()
                .insert(below.to_owned());
        }
    }
    let total: usize = directories.values().map(BTreeSet::len).sum();
    let step = if is_full() { 1 } else { (total / SAMPLE).max(1) };
    let (mut wrong, mut counts, mut turn, mut rendered) = (Vec::new(), [0; 3], 0, 0);
    for (name, below) in &directories {
        let repository = Repository::read(&inputs.join(name)).expect("a readable repository");
        for directory in below {
            turn += 1;
            if turn % step == 0 {
                rendered += 1;
                wrong.extend(check(&repository, directory, turn, &mut counts));
            }
        }
    }
    let [changes, held, _] = counts;
    println!("{rendered} kustomizations, {changes} changes, the memo held for {held}");
    assert!(
        wrong.is_empty(),
        "{} of {changes}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(held > 0 && held < changes);
}

/// Overlays that reach outside of their folder, listings and misses, by hand.
#[test]
fn reaches_listings_and_misses_are_all_answers() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let files = [
        (
            "apps/prod/kustomization.yaml",
            "resources: [../../base]\nconfigMapGenerator:\n- name: g\n  files: [../../shared/x.txt]\n",
        ),
        ("base/kustomization.yaml", "resources: [a.yaml]\n"),
        ("base/a.yaml", text),
        ("shared/x.txt", "x"),
        ("elsewhere/y.txt", "y"),
    ];
    let mut repository = Repository::default();
    for (path, text) in files {
        repository.put(path.to_owned(), text);
    }
    let (stored, trace) = render(&repository.tree(), "apps/prod", &options());
    stored.expect("builds");
    let holds = |change: &Change| trace.holds(&[&change.apply(&repository).tree()]);
    for change in [
        Change::Edit("base/a.yaml".into()),
        Change::Edit("shared/x.txt".into()),
        Change::Remove("base/a.yaml".into()),
        Change::Add("apps/prod/kustomization.yml".into()),
        Change::Add("base/Kustomization".into()),
    ] {
        assert!(!holds(&change), "{change:?}");
    }
    for change in [
        Change::Edit("elsewhere/y.txt".into()),
        Change::Add("shared/z.txt".into()),
        Change::Add("base/unused.yaml".into()),
        Change::Remove("elsewhere/y.txt".into()),
    ] {
        assert!(holds(&change), "{change:?}");
    }
}

/// Flux makes a missing kustomization of what it finds: a new manifest counts, as the directory was listed.
#[test]
fn a_generated_kustomization_follows_new_files() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let mut repository = Repository::default();
    repository.put("apps/a.yaml".to_owned(), text);
    let flux = sluice_kustomize::Config::parse("{}").expect("a config").options;
    let (stored, trace) = render(&repository.tree(), "apps", &flux);
    stored.expect("builds");
    let added = Change::Add("apps/b.yaml".into()).apply(&repository).tree();
    assert!(!trace.holds(&[&added]));
    let beside = Change::Add("other/b.yaml".into()).apply(&repository).tree();
    assert!(trace.holds(&[&beside]));
}

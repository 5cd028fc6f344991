//! The stage with a double of the plugin that reads trees as a renderer does and records what it read.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use proptest::prelude::*;
use serde_json::json;
use sluice_model::memo::{Question, Recorder, Trace, entries_answer, read_answer, stat_answer};
use sluice_model::tree::{EntryKind, File, Node, Tree, TreeBuilder};
use sluice_sandbox::RenderedObject;

use super::*;

mod sealed;

/// A memo in memory.
#[derive(Default)]
struct Memo {
    traces: Mutex<HashMap<Digest, Vec<(Trace, Digest)>>>,
    outputs: Mutex<HashMap<Digest, (Bytes, bool)>>,
}

impl MemoStore for Memo {
    fn traces(&self, key: &Digest) -> Vec<(Trace, Digest)> {
        self.traces.lock().get(key).cloned().unwrap_or_default()
    }

    fn store(&self, key: &Digest, trace: Trace, output: Bytes, durable: bool) -> Digest {
        let digest = Digest::of(&output);
        self.outputs.lock().insert(digest, (output, durable));
        self.traces
            .lock()
            .entry(*key)
            .or_default()
            .insert(0, (trace, digest));
        digest
    }

    fn output(&self, digest: &Digest) -> Option<Bytes> {
        self.outputs.lock().get(digest).map(|(bytes, _)| bytes.clone())
    }
}

/// Reads `list` in its root: each line names a file, a directory (`dir/`), or another list (`@path`); a file's text
/// becomes an object, a directory one of its names, and an optional file `<name>.patch` is looked for beside each.
#[derive(Default)]
struct Double {
    used_entropy: bool,
    untraceable: bool,
    slow: bool,
}

struct Reading<'a> {
    tree: &'a dyn TreeRead,
    recorder: Recorder,
    objects: Vec<RenderedObject>,
}

impl Reading<'_> {
    fn read(&mut self, path: &str) -> Option<Bytes> {
        let answer = self.tree.read(path);
        self.recorder
            .note(0, Question::Read, path, read_answer(self.tree, path, &answer));
        answer.ok()
    }

    fn object(&mut self, path: &str, data: &Value) {
        let name = path.replace('/', "-");
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
        self.objects.push(RenderedObject {
            json: object.to_string(),
            origin: Some(path.into()),
        });
    }

    fn list(&mut self, path: &str, depth: usize) {
        let Some(text) = self.read(path).filter(|_| depth < 4) else {
            return;
        };
        for line in String::from_utf8_lossy(&text).lines() {
            if let Some(other) = line.strip_prefix('@') {
                self.list(other, depth + 1);
            } else if let Some(dir) = line.strip_suffix('/') {
                let answer = self.tree.entries(dir);
                self.recorder
                    .note(0, Question::Entries, dir, entries_answer(&answer));
                let names: Vec<String> = answer
                    .into_iter()
                    .flatten()
                    .map(|entry| {
                        format!(
                            "{}{}",
                            entry.name,
                            if entry.kind == EntryKind::File { "" } else { "/" }
                        )
                    })
                    .collect();
                self.object(&format!("dir{dir}"), &json!(names));
            } else {
                let text = self
                    .read(line)
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                let patch = format!("{line}.patch");
                let answer = self.tree.stat(&patch);
                self.recorder
                    .note(0, Question::Stat, &patch, stat_answer(&answer));
                self.object(
                    line,
                    &json!([text, answer.ok().map(|stat| (stat.size, stat.executable))]),
                );
            }
        }
    }
}

impl Engine for Double {
    type Call = &'static str;

    fn digest(&self) -> Digest {
        Digest::of(b"double")
    }

    fn contract(&self) -> &str {
        "0.1"
    }

    fn namespace<'a>(&self, call: &'a Self::Call) -> &'a str {
        call
    }

    async fn render(&self, _: &Self::Call, request: Request) -> Result<Outcome, RenderError> {
        if self.slow {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        if request.config.contains("fail") {
            return Err(RenderError::Plugin {
                reason: "PluginTrapped",
                message: "double trapped".into(),
                stalled: false,
            });
        }
        let tree = request.inputs[0].1.as_ref();
        let mut reading = Reading {
            tree,
            recorder: Recorder::default(),
            objects: Vec::new(),
        };
        let list = sluice_model::path::join(&request.root, "list").expect("is a path");
        reading.list(&list, 0);
        let trace = reading.recorder.finish(&[tree]);
        Ok(Outcome {
            objects: reading.objects,
            used_entropy: self.used_entropy,
            trace: (!self.untraceable).then_some(trace),
            ..Outcome::default()
        })
    }
}

type Files = BTreeMap<String, (String, bool)>;

/// A tree of these files; one that would stand where another needs a directory is left out.
fn tree(files: &Files) -> Arc<dyn TreeRead> {
    let mut builder = TreeBuilder::default();
    for (path, (text, executable)) in files {
        let _ = builder.add(
            path,
            Node::File(File::inline(Bytes::from(text.clone()), *executable)),
        );
    }
    Arc::new(builder.build())
}

fn files(files: &[(&str, &str)]) -> Files {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), ((*text).to_owned(), false)))
        .collect()
}

fn input<'a>(plugin: &'a Double, tree: &Arc<dyn TreeRead>) -> RenderInput<'a, Double> {
    RenderInput {
        plugin,
        call: "team",
        config: json!({}),
        root: String::new(),
        trees: vec![("main".into(), tree.clone())],
        durable: true,
        decryptor: None,
        supplier: None,
    }
}

fn renderer() -> (Renderer, Arc<Memo>) {
    let memo = Arc::new(Memo::default());
    (Renderer::new(memo.clone()), memo)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
        .block_on(future)
}

#[tokio::test]
async fn a_commit_that_touches_no_read_calls_no_plugin() {
    let (renderer, _) = renderer();
    let plugin = Double::default();
    let mut repository = files(&[("list", "a\napp/"), ("a", "1"), ("app/x", "2"), ("other", "3")]);
    let old = tree(&repository);
    assert_eq!(renderer.check(&input(&plugin, &old)), None);
    let first = renderer.render(input(&plugin, &old)).await.expect("renders");
    assert!(!first.memo_hit && first.manifests.objects.len() == 2);

    repository.insert("other".into(), ("changed".into(), false));
    repository.insert(
        "app/x".into(),
        ("also changed, but only its name was read".into(), false),
    );
    let new = tree(&repository);
    assert_eq!(renderer.check(&input(&plugin, &new)), Some(first.digest));
    let second = renderer.render(input(&plugin, &new)).await.expect("renders");
    assert_eq!(
        second,
        Rendering {
            memo_hit: true,
            ..first
        }
    );
    assert_eq!(
        renderer.stats(),
        RenderStats {
            renders: 1,
            memo_hits: 2,
            joined: 0
        }
    );

    repository.insert("a.patch".into(), ("a miss is filled".into(), false));
    let changed = tree(&repository);
    assert_eq!(renderer.check(&input(&plugin, &changed)), None);
    assert!(
        !renderer
            .render(input(&plugin, &changed))
            .await
            .expect("renders")
            .memo_hit
    );
    assert!(
        renderer.check(&input(&plugin, &old)).is_some(),
        "going back is a hit too"
    );
}

#[tokio::test]
async fn what_used_entropy_or_left_no_trace_is_not_kept() {
    for plugin in [
        Double {
            used_entropy: true,
            ..Double::default()
        },
        Double {
            untraceable: true,
            ..Double::default()
        },
    ] {
        let (renderer, memo) = renderer();
        let tree = tree(&files(&[("list", "a"), ("a", "1")]));
        let rendering = renderer.render(input(&plugin, &tree)).await.expect("renders");
        assert_eq!(rendering.used_entropy, plugin.used_entropy);
        assert_eq!(renderer.check(&input(&plugin, &tree)), None);
        renderer
            .render(input(&plugin, &tree))
            .await
            .expect("renders again");
        assert_eq!(renderer.stats().renders, 2);
        assert!(memo.outputs.lock().is_empty());
    }
}

#[tokio::test]
async fn tells_the_memo_what_may_reach_the_disk() {
    let (renderer, memo) = renderer();
    let (plugin, tree) = (Double::default(), tree(&files(&[("list", "a"), ("a", "secret")])));
    let secret = RenderInput {
        durable: false,
        ..input(&plugin, &tree)
    };
    let rendering = renderer.render(secret).await.expect("renders");
    assert!(!memo.outputs.lock()[&rendering.digest].1);
}

#[tokio::test]
async fn a_lost_output_is_rendered_again() {
    let (renderer, memo) = renderer();
    let (plugin, tree) = (Double::default(), tree(&files(&[("list", "a"), ("a", "1")])));
    let first = renderer.render(input(&plugin, &tree)).await.expect("renders");
    memo.outputs.lock().clear();
    assert_eq!(
        renderer.check(&input(&plugin, &tree)),
        Some(first.digest),
        "the trace still answers"
    );
    assert_eq!(
        renderer.render(input(&plugin, &tree)).await.expect("renders"),
        first
    );
    memo.outputs
        .lock()
        .insert(first.digest, (Bytes::from_static(b"of another version"), true));
    assert_eq!(
        renderer.render(input(&plugin, &tree)).await.expect("renders"),
        first
    );
    assert_eq!(renderer.stats().renders, 3);
}

#[tokio::test]
async fn equal_renders_at_one_time_are_made_once() {
    let (renderer, _) = renderer();
    let plugin = Double {
        slow: true,
        ..Double::default()
    };
    let tree = tree(&files(&[("list", "a"), ("a", "1")]));
    let render = || renderer.render(input(&plugin, &tree));
    let (a, b, c) = tokio::join!(render(), render(), render());
    let hits = [a, b, c].map(|result| result.expect("renders").memo_hit);
    assert_eq!(hits.iter().filter(|hit| **hit).count(), 2);
    assert_eq!(
        renderer.stats(),
        RenderStats {
            renders: 1,
            memo_hits: 0,
            joined: 2
        }
    );
}

/// Promise 2: a failure is shared within a namespace, never with another one.
#[tokio::test]
async fn a_failure_stays_in_its_namespace() {
    let (renderer, memo) = renderer();
    let plugin = Double {
        slow: true,
        ..Double::default()
    };
    let tree = tree(&files(&[]));
    let failing = |call| {
        let config = json!({"fail": true});
        renderer.render(RenderInput {
            call,
            config,
            ..input(&plugin, &tree)
        })
    };
    let (a, b, other) = tokio::join!(failing("team"), failing("team"), failing("other"));
    for error in [a, b, other].map(|result| result.expect_err("fails")) {
        assert_eq!(
            (error.reason(), error.to_string().as_str()),
            ("PluginTrapped", "double trapped")
        );
    }
    assert_eq!(renderer.stats().renders, 2);
    assert!(memo.outputs.lock().is_empty());
    failing("team").await.expect_err("a failure is not remembered");
    assert_eq!(renderer.stats().renders, 3);
}

#[tokio::test]
async fn trees_without_ids_bypass_the_memo() {
    struct Live(Tree);
    impl TreeRead for Live {
        fn entries(&self, dir: &str) -> Result<Vec<sluice_model::Entry>, sluice_model::TreeError> {
            self.0.entries(dir)
        }
        fn stat(&self, path: &str) -> Result<sluice_model::Stat, sluice_model::TreeError> {
            self.0.stat(path)
        }
        fn read(&self, path: &str) -> Result<Bytes, sluice_model::TreeError> {
            self.0.read(path)
        }
        fn id(&self, path: &str) -> Result<Option<Digest>, sluice_model::TreeError> {
            Err(sluice_model::TreeError::Read {
                path: path.into(),
                reason: "a live folder has no ids".into(),
            })
        }
    }
    let (renderer, memo) = renderer();
    let plugin = Double::default();
    let live: Arc<dyn TreeRead> = Arc::new(Live(TreeBuilder::default().build()));
    for _ in 0..2 {
        assert!(
            !renderer
                .render(input(&plugin, &live))
                .await
                .expect("renders")
                .memo_hit
        );
    }
    assert!(memo.outputs.lock().is_empty());
}

const PATHS: [&str; 9] = [
    "list",
    "a",
    "b",
    "a.patch",
    "app/list",
    "app/a",
    "app/b/c",
    "lib/list",
    "lib/d.patch",
];
const TEXTS: [&str; 8] = [
    "a\nb",
    "@app/list\na",
    "app/\n@lib/list",
    "app/a\napp/b/\nlib/d",
    "x",
    "",
    "app/b/c\n/",
    "@a\nlib/",
];

fn repository() -> impl Strategy<Value = Files> {
    let file =
        (proptest::sample::select(&TEXTS[..]), any::<bool>()).prop_map(|(text, bit)| (text.to_owned(), bit));
    let path = proptest::sample::select(&PATHS[..]).prop_map(str::to_owned);
    proptest::collection::btree_map(path, file, 1..9)
}

#[derive(Debug, Clone)]
enum Change {
    Write(&'static str, &'static str, bool),
    Remove(&'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let path = || proptest::sample::select(&PATHS[..]);
    prop_oneof![
        3 => (path(), proptest::sample::select(&TEXTS[..]), any::<bool>()).prop_map(|(path, text, bit)| Change::Write(path, text, bit)),
        1 => path().prop_map(Change::Remove),
    ]
}

fn apply(files: &mut Files, change: &Change) {
    match change {
        Change::Write(path, text, bit) => drop(files.insert((*path).into(), ((*text).into(), *bit))),
        Change::Remove(path) => drop(files.remove(*path)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The promise of the design: whatever changes, the memo's answer equals a fresh render.
    #[test]
    fn the_memo_answers_as_a_fresh_render(start in repository(), changes in proptest::collection::vec(change(), 1..12)) {
        let (renderer, _) = renderer();
        let plugin = Double::default();
        let mut files = start;
        for change in &changes {
            apply(&mut files, change);
            let tree = tree(&files);
            let checked = renderer.check(&input(&plugin, &tree));
            let answer = block_on(renderer.render(input(&plugin, &tree))).expect("renders");
            let fresh = block_on(Renderer::new(Arc::new(Memo::default())).render(input(&plugin, &tree))).expect("renders");
            prop_assert_eq!(&answer.manifests, &fresh.manifests);
            prop_assert_eq!(answer.digest, fresh.digest);
            prop_assert_eq!(answer.memo_hit, checked.is_some());
            prop_assert!(checked.is_none_or(|digest| digest == fresh.digest));
        }
    }
}

//! The guests, compiled once a run, and the calls that tests make of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_model::{Tree, TreeRead};
use sluice_sandbox::{
    Call, CallError, CallObject, Entropy, Form, Grants, Limits, Plugin, RenderOutcome, RenderRequest,
    Sandbox, SandboxConfig,
};

/// Every guest of tests/guests that is a component.
const GUESTS: &[&str] = &[
    "bad-description",
    "deep-recursion",
    "errors",
    "forbidden-import",
    "huge-output",
    "invalid-output",
    "leftovers",
    "log-flood",
    "loop-forever",
    "loop-in-describe",
    "loop-in-host",
    "memory-bomb",
    "nosy",
    "notify-echo",
    "path-escape",
    "receive-echo",
    "render-echo",
    "render-lookup",
    "render-reads",
    "sleep",
    "source-fake",
    "trap",
    "unsteady",
    "wrong-shape",
    "wrong-version",
    "wrong-world",
];

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("guests")
}

fn compiled() -> &'static HashMap<String, Bytes> {
    static COMPILED: OnceLock<HashMap<String, Bytes>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/guests");
        let packages: Vec<String> = GUESTS.iter().map(|name| format!("guest-{name}")).collect();
        let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
        let options = sluice_build::Options {
            target_dir: Some(target()),
            ..Default::default()
        };
        let built = sluice_build::build_packages(&root, &packages, &options).expect("the guests compile");
        let read = |built: sluice_build::Built| Bytes::from(std::fs::read(built.path).expect("a component"));
        GUESTS
            .iter()
            .map(|name| (*name).to_owned())
            .zip(built.into_iter().map(read))
            .collect()
    })
}

/// The component of a guest.
pub fn bytes(name: &str) -> Bytes {
    compiled().get(name).expect("a guest of the list").clone()
}

/// The sandbox that most tests share.
pub fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let cache_path = Some(target().with_file_name("guests-compiled"));
    SANDBOX
        .get_or_init(|| {
            Sandbox::new(SandboxConfig {
                cache_path,
                ..SandboxConfig::default()
            })
            .expect("starts")
        })
        .clone()
}

/// A guest, loaded with all grants.
pub async fn plugin(name: &str) -> Arc<Plugin> {
    sandbox().load(bytes(name), Grants::all()).await.expect("loads")
}

/// A tree of these files.
pub fn tree(files: &[(&str, &str)]) -> Tree {
    let mut builder = TreeBuilder::default();
    for (path, text) in files {
        let file = File::inline(Bytes::copy_from_slice(text.as_bytes()), false);
        builder.add(path, Node::File(file)).expect("the path is free");
    }
    builder.build()
}

/// Limits that keep tests short.
pub const SHORT: Limits = Limits {
    memory: 64 << 20,
    wall: Duration::from_secs(20),
    cpu: Duration::from_secs(20),
    output: 16 << 20,
    ..Limits::RENDER
};

/// A call for an object of tests.
pub fn call(limits: Limits) -> Call {
    let object = CallObject {
        kind: "Stack".into(),
        namespace: "tests".into(),
        name: "it".into(),
    };
    Call::new(object, limits)
}

/// A request over one small tree.
pub fn request(config: &str) -> RenderRequest {
    let tree: Arc<dyn TreeRead> = Arc::new(tree(&[
        ("app/a.yaml", "one"),
        ("app/b.yaml", "two"),
        ("secret", "no"),
    ]));
    RenderRequest {
        config: config.into(),
        root: "app".into(),
        inputs: vec![("main".into(), tree)],
        want: Form::Objects,
        entropy: Entropy::fixed([7; 32], 1_000),
    }
}

/// Renders with a guest whose config is `{"mode": …}`.
pub async fn render(name: &str, mode: &str, limits: Limits) -> Result<RenderOutcome, CallError> {
    let config = format!("{{\"mode\":\"{mode}\"}}");
    plugin(name).await.render(&call(limits), request(&config)).await
}

/// Another plugin still works: nothing of a failed call stays.
pub async fn assert_others_work() {
    let outcome = plugin("render-echo")
        .await
        .render(&call(SHORT), request("{}"))
        .await
        .expect("renders");
    assert!(
        outcome.objects[0].json.contains("\"a.yaml\":\"one\""),
        "{:?}",
        outcome.objects
    );
}

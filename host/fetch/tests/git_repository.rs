//! The whole fetch: a spec, the compiled plugin in its sandbox, the transport and a real Git server.

#![allow(clippy::expect_used, reason = "a test")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use sluice_api::GitRepositorySpec;
use sluice_fetch::{FetchError, Fetched, GitFetch, GitFetchOptions};
use sluice_model::{SecretData, TreeRead};
use sluice_sandbox::{CallObject, Embedded, Limits, Plugin, PluginStore, Sandbox, SandboxConfig};
use sluice_testbed::{Change, GitHttpServer, Repository};
use sluice_transport::{Transport, TransportOptions};
use tempfile::TempDir;
use tokio::sync::OnceCell;

static PLUGIN: OnceCell<Arc<Plugin>> = OnceCell::const_new();

/// The plugin as authors build it.
async fn plugin() -> Arc<Plugin> {
    let load = async || {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/source-git");
        let build = move || sluice_build::build(&folder, &sluice_build::Options::default());
        let built = tokio::task::spawn_blocking(build)
            .await
            .expect("built")
            .expect("a component");
        let bytes = std::fs::read(built.path).expect("readable");
        let sandbox = Sandbox::new(SandboxConfig::default()).expect("a sandbox");
        let store = PluginStore::new(sandbox);
        store
            .add_builtins([Embedded::new("source-git", bytes)])
            .await
            .expect("loads");
        store.get_builtin("source-git").expect("is there")
    };
    PLUGIN.get_or_init(load).await.clone()
}

struct Bench {
    server: GitHttpServer,
    repository: Repository,
    transport: Transport,
    folder: TempDir,
}

impl Bench {
    async fn new() -> Self {
        let server = GitHttpServer::start().await.expect("server");
        let repository = server.create("app").expect("repository");
        let options = TransportOptions {
            allow_loopback: true,
            environment_proxy: false,
        };
        Self {
            server,
            repository,
            transport: Transport::new(options),
            folder: TempDir::new().expect("folder"),
        }
    }

    fn spec(&self, extra: &Value) -> GitRepositorySpec {
        let mut spec = json!({"interval": "1m", "url": self.server.url(&self.repository)});
        spec.as_object_mut()
            .expect("a map")
            .extend(extra.as_object().expect("a map").clone());
        serde_json::from_value(spec).expect("a spec")
    }

    async fn fetch(&self, extra: Value, secret: Option<SecretData>) -> Result<Fetched, FetchError> {
        let options = GitFetchOptions {
            limits: Limits::FETCH,
            object: CallObject {
                kind: "GitRepository".into(),
                namespace: "default".into(),
                name: "app".into(),
            },
            secret,
            proxy: None,
            repository: self.folder.path().join("kept"),
        };
        let fetch = GitFetch::new(&self.spec(&extra), plugin().await, &self.transport, options)?;
        let revision = fetch.resolve(None).await?;
        fetch.fetch(&revision).await
    }
}

fn paths(fetched: &Fetched) -> Vec<String> {
    fetched.tree.walk().into_iter().map(|(path, _)| path).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn fetches_what_the_spec_names() {
    let bench = Bench::new().await;
    let first = bench
        .repository
        .commit(
            "main",
            "Add the app\n\nWith reasons.",
            &[
                Change::text(".gitignore", "x"),
                Change::text(".sourceignore", "*.md\n"),
                Change::text("app/a.yaml", "a"),
                Change::text("app/README.md", "r"),
                Change::text("other/b.yaml", "b"),
            ],
        )
        .expect("commit");
    bench.repository.tag("v1.2.3", &first).expect("tag");
    let second = bench
        .repository
        .commit("main", "Second", &[Change::text("app/a.yaml", "2")])
        .expect("commit");

    let fetched = bench
        .fetch(json!({"ref": {"branch": "main"}}), None)
        .await
        .expect("fetches");
    assert_eq!(
        (fetched.revision, fetched.summary.as_str()),
        (format!("main@sha1:{second}"), "Second")
    );
    assert_eq!(fetched.tree.read("app/a.yaml").expect("read"), "2");

    let fetched = bench
        .fetch(json!({"ref": {"semver": "~1.2"}}), None)
        .await
        .expect("fetches");
    assert_eq!(
        (fetched.revision.as_str(), fetched.summary.as_str()),
        (&*format!("v1.2.3@sha1:{first}"), "Add the app")
    );
    assert_eq!(paths(&fetched), [".sourceignore", "app/a.yaml", "other/b.yaml"]);

    let extra = json!({"ref": {"commit": first}, "ignore": "/other/\n!README.md\n"});
    let fetched = bench.fetch(extra, None).await.expect("fetches");
    assert_eq!(fetched.revision, format!("sha1:{first}"));
    assert_eq!(paths(&fetched), [".sourceignore", "app/README.md", "app/a.yaml"]);

    let extra = json!({"ref": {"name": "refs/heads/main"}, "sparseCheckout": ["./app"]});
    let fetched = bench.fetch(extra, None).await.expect("fetches");
    assert_eq!(fetched.revision, format!("refs/heads/main@sha1:{second}"));
    assert_eq!(paths(&fetched), ["app/README.md", "app/a.yaml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_reasons_as_flux_does() {
    let bench = Bench::new().await;
    let check = async |extra: Value, secret: Option<SecretData>| {
        let error = bench.fetch(extra, secret).await.expect_err("fails");
        (error.reason(), error.is_stalling(), error.message())
    };
    let (reason, stalled, _) = check(json!({"ref": {"branch": "main"}}), None).await;
    assert_eq!((reason, stalled), ("EmptyGitRepository", false));

    bench
        .repository
        .commit("main", "first", &[Change::text("a", "a")])
        .expect("commit");
    let (reason, stalled, message) = check(json!({"ref": {"branch": "nope"}}), None).await;
    assert_eq!((reason, stalled), ("GitOperationFailed", false));
    assert!(message.contains("refs/heads/nope"), "{message}");
    let (reason, _, message) = check(
        json!({"ref": {"branch": "main"}, "sparseCheckout": ["nope"]}),
        None,
    )
    .await;
    assert_eq!(reason, "GitOperationFailed");
    assert!(message.contains("'nope'"), "{message}");
    for url in ["https://example.com/a b", "file:///etc", "ssh://-x/y"] {
        let (reason, stalled, _) = check(json!({"url": url}), None).await;
        assert_eq!((reason, stalled), ("URLInvalid", true), "{url}");
    }
    let secret = |key: &str| {
        Some(SecretData::new(
            "default/login",
            [(key.to_owned(), b"secret-value".to_vec())],
        ))
    };
    let (reason, stalled, _) = check(json!({}), secret("password")).await;
    assert_eq!((reason, stalled), ("AuthenticationFailed", false));
    let (reason, stalled, _) = check(json!({}), secret("githubAppID")).await;
    assert_eq!((reason, stalled), ("InvalidProviderConfiguration", false));
    let (_, stalled, message) = check(json!({"recurseSubmodules": true}), None).await;
    assert!(stalled && message.contains("spec.recurseSubmodules"), "{message}");
    bench.server.require_login(Some(("bob", "right-password")));
    let (reason, stalled, message) = check(json!({"ref": {"branch": "main"}}), None).await;
    assert_eq!((reason, stalled), ("AuthenticationFailed", false));
    assert!(message.contains("401"), "{message}");
}

/// The monorepo of the benchmark: one changed file, all of the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_of_a_monorepo_takes_a_moment() {
    let bench = Bench::new().await;
    let mut files = vec![Change::text(".gitignore", "x")];
    files.extend((0..500).map(|n| {
        Change::text(
            format!("apps/app-{}/file-{}.yaml", n / 5, n % 5),
            format!("v: {n}\n"),
        )
    }));
    files.extend((0..5000).map(|n| {
        Change::text(
            format!("filler/{}/{n}.txt", n / 500),
            format!("{n}\n").repeat(200),
        )
    }));
    bench.repository.commit("main", "first", &files).expect("commit");
    let branch = json!({"ref": {"branch": "main"}});
    plugin().await;
    for round in 0..6 {
        let started = Instant::now();
        let fetched = bench.fetch(branch.clone(), None).await.expect("fetches");
        println!("round {round}: {:?}", started.elapsed());
        assert_eq!(fetched.tree.walk().len(), 5500);
        let change = Change::text("apps/app-7/file-0.yaml", format!("v: {round} changed\n"));
        bench
            .repository
            .commit("main", "next", &[change])
            .expect("commit");
    }
}

/// The component asks for no more than it needs.
#[tokio::test(flavor = "multi_thread")]
async fn the_component_is_small_and_asks_for_little() {
    let plugin = plugin().await;
    assert_eq!(plugin.description().name, "source-git");
    assert_eq!(plugin.description().bindings, ["target"]);
}

//! Git over HTTP against the real `git http-backend`.

#![allow(clippy::expect_used, reason = "a test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use sluice_model::port::{EndpointError, GitEndpoint};
use sluice_model::{SecretData, TreeRead};
use sluice_testbed::{Change, GitHttpServer, Repository};
use sluice_transport::{GitTarget, Transport, TransportOptions};
use tempfile::TempDir;

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
        // As a plain git installation has it.
        repository
            .git(&["config", "uploadpack.allowAnySHA1InWant", "false"])
            .expect("config");
        Self {
            server,
            repository,
            transport: transport(),
            folder: TempDir::new().expect("folder"),
        }
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn endpoint_to(&self, url: &str, secret: Option<SecretData>) -> Arc<dyn GitEndpoint> {
        self.transport
            .git(&target(url, secret, &self.kept()))
            .expect("an endpoint")
    }

    fn endpoint(&self) -> Arc<dyn GitEndpoint> {
        self.endpoint_to(&self.server.url(&self.repository), None)
    }

    fn commit(&self, message: &str, changes: &[Change]) -> String {
        self.repository.commit("main", message, changes).expect("commit")
    }
}

fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    })
}

fn target(url: &str, secret: Option<SecretData>, kept: &Path) -> GitTarget {
    GitTarget {
        url: url.into(),
        secret,
        proxy: None,
        timeout: Duration::from_secs(20),
        repository: kept.to_owned(),
    }
}

fn login(username: &str, password: &str) -> SecretData {
    let data = [("username", username), ("password", password)];
    SecretData::new(
        "default/login",
        data.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())),
    )
}

/// Bytes that do not compress, so that sizes tell what moved.
fn noise(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let step = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state as u8
    };
    (0..length).map(|_| step(&mut state)).collect()
}

fn monorepo() -> Vec<Change> {
    let apps = (0..100).flat_map(|app| {
        (0..5).map(move |file| {
            Change::Write(
                format!("apps/app-{app}/file-{file}.yaml"),
                noise(app * 10 + file, 300),
            )
        })
    });
    let filler = (0..5000).map(|n| {
        Change::Write(
            format!("filler/{}/file-{n}.txt", n / 100),
            noise(n + 10_000, 1024),
        )
    });
    apps.chain(filler).collect()
}

fn pack_bytes(kept: &Path) -> Vec<u64> {
    let packs = std::fs::read_dir(kept.join("objects/pack")).expect("packs");
    let packs = packs
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|e| e == "pack"));
    packs
        .map(|entry| entry.metadata().expect("metadata").len())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_references_and_reads_a_commit() {
    let bench = Bench::new().await;
    let first = bench.commit(
        "first",
        &[
            Change::text("a/b.yaml", "hello\n"),
            Change::WriteExecutable("run.sh".into(), b"#!/bin/sh\n".to_vec()),
            Change::Link("link".into(), "run.sh".into()),
        ],
    );
    bench
        .repository
        .git(&["tag", "-a", "v1.0.0", "-m", "one", &first])
        .expect("tag");
    let endpoint = bench.endpoint();
    let all = endpoint.refs(Vec::new()).await.expect("refs");
    let names: Vec<&str> = all.iter().map(|reference| reference.name.as_str()).collect();
    assert_eq!(names, ["refs/heads/main", "refs/tags/v1.0.0"]);
    assert_eq!(all[0].oid, first);
    assert_eq!(all[1].peeled.as_deref(), Some(first.as_str()));
    let head = endpoint.refs(vec!["HEAD".into()]).await.expect("refs");
    assert_eq!((head.len(), head[0].oid.as_str()), (1, first.as_str()));

    let tree = endpoint
        .snapshot(first.clone(), Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    let files: Vec<String> = tree.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(files, ["a/b.yaml", "run.sh"], "the symlink is left out");
    assert_eq!(tree.read("a/b.yaml").expect("read"), "hello\n");
    let stat = tree.stat("run.sh").expect("stat");
    assert!(stat.executable && stat.size == 10);
    let commit = endpoint.object(first.clone()).await.expect("commit");
    assert!(commit.starts_with(b"tree ") && commit.ends_with(b"first\n") || commit.ends_with(b"first"));
    let tag = endpoint.object(all[1].oid.clone()).await.expect("tag");
    assert!(tag.starts_with(format!("object {first}").as_bytes()));
    let blob = bench.repository.git(&["rev-parse", "main:run.sh"]).expect("blob");
    assert!(
        endpoint.object(blob).await.is_err(),
        "files are not read as objects"
    );
    assert_eq!(
        bench.server.advertisements(),
        1,
        "references are listed once an endpoint"
    );
}

/// A second commit moves its own objects only, and everything is fast enough for a monorepo.
#[tokio::test(flavor = "multi_thread")]
async fn the_next_commit_moves_only_what_changed() {
    let bench = Bench::new().await;
    let first = bench.commit("first", &monorepo());
    let started = Instant::now();
    bench
        .endpoint()
        .snapshot(first, Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    println!("clone and snapshot of 5,500 files: {:?}", started.elapsed());
    assert!(pack_bytes(&bench.kept())[0] > 5_000_000);

    let mut last = String::new();
    for round in 0..12 {
        let file = format!("apps/app-{round}/file-0.yaml");
        last = bench.commit("next", &[Change::Write(file.clone(), noise(90_000 + round, 300))]);
        let endpoint = bench.endpoint();
        let started = Instant::now();
        let refs = endpoint.refs(vec!["refs/heads/main".into()]).await.expect("refs");
        let listed = started.elapsed();
        assert_eq!(refs[0].oid, last);
        let tree = endpoint
            .snapshot(last.clone(), Some("refs/heads/main".into()))
            .await
            .expect("snapshot");
        println!("round {round}: refs {listed:?}, all {:?}", started.elapsed());
        assert_eq!(tree.read(&file).expect("read"), noise(90_000 + round, 300));
        assert_eq!(tree.walk().len(), 5500);
    }
    let mut packs = pack_bytes(&bench.kept());
    packs.sort_unstable();
    assert_eq!(packs.len(), 13);
    assert!(packs[11] < 40_000, "a delta moved {} bytes", packs[11]);
    let shallow = std::fs::read_to_string(bench.kept().join("shallow")).expect("shallow");
    assert!(
        shallow.lines().count() <= 8 && shallow.contains(&last),
        "{shallow}"
    );

    // Back to what is here: no objects move, and after a restart nothing is listed or moved.
    let packs = bench.server.packs();
    let again = transport()
        .git(&target(&bench.server.url(&bench.repository), None, &bench.kept()))
        .expect("endpoint");
    let started = Instant::now();
    again.snapshot(last, None).await.expect("snapshot");
    println!("snapshot after a restart: {:?}", started.elapsed());
    assert_eq!(bench.server.packs(), packs);
}

/// S15: wrong credentials are told as such, right ones work, and neither shows up in an error.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_checked_and_hidden() {
    let bench = Bench::new().await;
    let first = bench.commit("first", &[Change::text("a", "a")]);
    let url = bench.server.url(&bench.repository);
    bench.server.require_login(Some(("bob", "right-password")));
    for secret in [None, Some(login("bob", "wrong-password"))] {
        let error = bench
            .endpoint_to(&url, secret)
            .refs(Vec::new())
            .await
            .expect_err("refused");
        assert!(matches!(error, EndpointError::Unauthorized(_)), "{error:?}");
        assert!(!error.to_string().contains("wrong-password"), "{error}");
    }
    let endpoint = bench.endpoint_to(&url, Some(login("bob", "right-password")));
    endpoint.snapshot(first.clone(), None).await.expect("snapshot");
    let with_userinfo = url.replace("://", "://bob:right-password@");
    let refs = bench
        .endpoint_to(&with_userinfo, None)
        .refs(Vec::new())
        .await
        .expect("refs");
    assert_eq!(refs[0].oid, first);
    bench.server.fail_with(Some(503));
    let error = bench
        .endpoint_to(&with_userinfo, None)
        .refs(Vec::new())
        .await
        .expect_err("refused");
    assert!(matches!(error, EndpointError::Transient { .. }), "{error:?}");
    assert!(!error.to_string().contains("right-password"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_things_are_not_found() {
    let bench = Bench::new().await;
    bench.commit("first", &[Change::text("a", "a")]);
    let url = format!("{}x", bench.server.url(&bench.repository));
    let error = bench
        .endpoint_to(&url, None)
        .refs(Vec::new())
        .await
        .expect_err("no repository");
    assert!(matches!(error, EndpointError::NotFound(_)), "{error:?}");
    let error = bench
        .endpoint()
        .snapshot("1".repeat(40), None)
        .await
        .expect_err("no commit");
    assert!(matches!(error, EndpointError::NotFound(_)), "{error:?}");
    assert!(bench.endpoint().snapshot("zz".into(), None).await.is_err());
    let empty = bench.server.create("empty").expect("repository");
    let refs = bench
        .endpoint_to(&bench.server.url(&empty), None)
        .refs(Vec::new())
        .await
        .expect("no refs");
    assert!(refs.is_empty());
}

/// Commits behind the tips, with git's default settings and with a server that sends advertised commits only.
#[tokio::test(flavor = "multi_thread")]
async fn reads_commits_that_are_not_advertised() {
    let bench = Bench::new().await;
    let first = bench.commit("first", &[Change::text("a", "1")]);
    for n in 0..5 {
        bench.commit("more", &[Change::text("a", format!("more {n}"))]);
    }
    let tree = bench
        .endpoint()
        .snapshot(first.clone(), None)
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a").expect("read"), "1");
    assert!(bench.kept().join("shallow").exists(), "one commit deep");
    // Rewritten history: the old commit is reachable no more, but is held here.
    bench
        .repository
        .git(&["update-ref", "-d", "refs/heads/main"])
        .expect("delete");
    let other = bench.commit("other", &[Change::text("a", "other")]);
    bench.endpoint().snapshot(first, None).await.expect("held");
    let tree = bench
        .endpoint()
        .snapshot(other, Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a").expect("read"), "other");
}

/// S5: a tree that no working copy should get.
#[tokio::test(flavor = "multi_thread")]
async fn s5_refuses_a_tree_with_dot_git() {
    let bench = Bench::new().await;
    let blob = {
        bench.commit("first", &[Change::text("config", "[core]")]);
        bench.repository.git(&["rev-parse", "main:config"]).expect("blob")
    };
    let file = bench.folder.path().join("raw");
    let oid: Vec<u8> = (0..20)
        .map(|n| u8::from_str_radix(&blob[2 * n..2 * n + 2], 16).expect("hex"))
        .collect();
    std::fs::write(&file, [b"100644 .GIT\0".as_slice(), &oid].concat()).expect("write");
    let file = file.to_string_lossy().into_owned();
    let tree = bench
        .repository
        .git(&["hash-object", "-t", "tree", "--literally", "-w", &file])
        .expect("tree");
    let commit = bench
        .repository
        .git(&["commit-tree", &tree, "-m", "evil"])
        .expect("commit");
    bench
        .repository
        .git(&["update-ref", "refs/heads/main", &commit])
        .expect("update");
    let error = bench
        .endpoint()
        .snapshot(commit, None)
        .await
        .expect_err("refused");
    assert!(matches!(error, EndpointError::Denied(_)), "{error:?}");
}

/// A14, S7: what is damaged on disk is fetched again.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_repository_is_fetched_again() {
    let bench = Bench::new().await;
    let first = bench.commit("first", &[Change::text("a/b", "hello")]);
    bench
        .endpoint()
        .snapshot(first.clone(), None)
        .await
        .expect("snapshot");
    for name in ["objects/pack", "HEAD"] {
        let path = bench.kept().join(name);
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("packs").flatten() {
                let mut bytes = std::fs::read(entry.path()).expect("read");
                let middle = bytes.len() / 2;
                bytes.truncate(middle);
                let _ = std::fs::remove_file(entry.path());
                std::fs::write(entry.path(), bytes).expect("write");
            }
        } else {
            std::fs::write(path, "garbage").expect("write");
        }
        let fresh = transport();
        let endpoint = fresh
            .git(&target(&bench.server.url(&bench.repository), None, &bench.kept()))
            .expect("endpoint");
        let tree = endpoint
            .snapshot(first.clone(), None)
            .await
            .expect("fetched again");
        assert_eq!(tree.read("a/b").expect("read"), "hello");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_packs_become_one() {
    let bench = Bench::new().await;
    let mut tree = None;
    let mut last = String::new();
    for n in 0..30 {
        last = bench.commit(
            "next",
            &[Change::text("a", format!("{n}")), Change::text("b/c", "same")],
        );
        tree = Some(
            bench
                .endpoint()
                .snapshot(last.clone(), None)
                .await
                .expect("snapshot"),
        );
    }
    let tree = tree.expect("a tree");
    for _ in 0..100 {
        if pack_bytes(&bench.kept()).len() < 10 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        pack_bytes(&bench.kept()).len() < 10,
        "{:?}",
        pack_bytes(&bench.kept())
    );
    assert_eq!(tree.read("a").expect("a tree made before still reads"), "29");
    let again = transport()
        .git(&target(&bench.server.url(&bench.repository), None, &bench.kept()))
        .expect("endpoint");
    let tree = again.snapshot(last, None).await.expect("snapshot");
    assert_eq!(tree.read("b/c").expect("read"), "same");
}

/// P6, N2: without the flag no loopback server is reached.
#[tokio::test(flavor = "multi_thread")]
async fn p6_loopback_is_refused_without_the_flag() {
    let bench = Bench::new().await;
    let strict = Transport::new(TransportOptions {
        allow_loopback: false,
        environment_proxy: false,
    });
    let url = bench.server.url(&bench.repository);
    let literal = strict
        .git(&target(&url, None, &bench.kept()))
        .err()
        .expect("refused");
    assert!(matches!(literal, EndpointError::Denied(_)), "{literal:?}");
    let named = strict
        .git(&target(
            &url.replace("127.0.0.1", "localhost"),
            None,
            &bench.kept(),
        ))
        .expect("an endpoint");
    let error = named.refs(Vec::new()).await.expect_err("refused");
    assert!(matches!(error, EndpointError::Denied(_)), "{error:?}");
    assert_eq!(bench.server.advertisements(), 0);
}

async fn serve(router: Router) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// S3: a redirect to another host (or port) is refused, and no credential gets there.
#[tokio::test(flavor = "multi_thread")]
async fn s3_credentials_do_not_follow_a_redirect() {
    let bench = Bench::new().await;
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = visits.clone();
    let thief = serve(Router::new().fallback(move |_: HeaderMap| {
        let seen = seen.clone();
        async move {
            seen.fetch_add(1, Ordering::SeqCst);
            StatusCode::OK
        }
    }))
    .await;
    let door = serve(Router::new().fallback(move |uri: Uri| async move {
        Redirect::temporary(&format!("http://{thief}{uri}")).into_response()
    }))
    .await;
    let endpoint = bench.endpoint_to(
        &format!("http://{door}/app.git"),
        Some(login("bob", "right-password")),
    );
    let error = endpoint.refs(Vec::new()).await.expect_err("refused");
    assert!(matches!(error, EndpointError::Denied(_)), "{error:?}");
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// A repository that moved on the same host is followed, for the second request too.
#[tokio::test(flavor = "multi_thread")]
async fn follows_a_redirect_on_the_same_host() {
    let bench = Bench::new().await;
    let first = bench.commit("first", &[Change::text("a", "a")]);
    let backend = bench.server.url(&bench.repository).replace("/app.git", "");
    let client = reqwest::Client::new();
    let address = serve(Router::new().fallback(move |request: axum::extract::Request| {
        let (backend, client) = (backend.clone(), client.clone());
        async move { forward_or_redirect(&backend, &client, request).await }
    }))
    .await;
    let endpoint = bench.endpoint_to(&format!("http://{address}/old.git"), None);
    let tree = endpoint
        .snapshot(first, Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a").expect("read"), "a");
}

async fn forward_or_redirect(
    backend: &str,
    client: &reqwest::Client,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.to_string();
    if target.starts_with("/old.git") {
        return Redirect::permanent(&target.replace("/old.git", "/app.git")).into_response();
    }
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("body");
    let kind = parts.headers.get("content-type").cloned();
    let mut forwarded = client
        .request(parts.method, format!("{backend}{target}"))
        .body(body);
    if let Some(kind) = kind {
        forwarded = forwarded.header("content-type", kind);
    }
    let answer = forwarded.send().await.expect("answer");
    let kind = answer.headers().get("content-type").cloned().expect("a type");
    ([("content-type", kind)], answer.bytes().await.expect("bytes")).into_response()
}

/// O2: a server that never answers ends with the timeout.
#[tokio::test(flavor = "multi_thread")]
async fn o2_a_silent_server_times_out() {
    let bench = Bench::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let mut target = target(&format!("http://{address}/app.git"), None, &bench.kept());
    target.timeout = Duration::from_millis(400);
    let started = Instant::now();
    let error = bench
        .transport
        .git(&target)
        .expect("endpoint")
        .refs(Vec::new())
        .await
        .expect_err("no answer");
    assert!(
        matches!(&error, EndpointError::Transient { message, .. } if message.contains("timed out")),
        "{error:?}"
    );
    assert!(started.elapsed() < Duration::from_secs(3));
}

/// S8: pages and garbage instead of a repository.
#[tokio::test(flavor = "multi_thread")]
async fn s8_garbage_is_an_error() {
    let bench = Bench::new().await;
    for (kind, body) in [
        ("text/html", "<html>please log in</html>"),
        ("application/x-git-upload-pack-advertisement", "zzzz"),
        (
            "application/x-git-upload-pack-advertisement",
            "001e# service=git-upload-pack\n0000ffff",
        ),
        ("application/x-git-upload-pack-advertisement", ""),
    ] {
        let address =
            serve(Router::new().fallback(move || async move { ([("content-type", kind)], body) })).await;
        let endpoint = bench.endpoint_to(&format!("http://{address}/app.git"), None);
        assert!(endpoint.refs(Vec::new()).await.is_err(), "{kind} {body}");
    }
}

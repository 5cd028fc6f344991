//! Git over SSH against a real server.

use std::time::Duration;

use sluice_model::port::EndpointError;
use sluice_model::{SecretData, TreeRead};
use sluice_testbed::{Change, GitSshServer};
use sluice_transport::{GitTarget, Transport, TransportOptions};
use tempfile::TempDir;

fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    })
}

fn target(url: &str, folder: &TempDir, identity: &str, known_hosts: &str) -> GitTarget {
    let data = [("identity", identity), ("known_hosts", known_hosts)];
    let data = data.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    GitTarget {
        url: url.into(),
        secret: Some(SecretData::new("default/ssh", data)),
        proxy: None,
        timeout: Duration::from_secs(20),
        repository: folder.path().join("kept"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_commits_over_ssh() {
    let server = GitSshServer::start().expect("server");
    let repository = server.create("app").expect("repository");
    let first = repository
        .commit("main", "first", &[Change::text("a/b", "one")])
        .expect("commit");
    let folder = TempDir::new().expect("folder");
    let key = server.client_key().expect("key");
    let target = target(&server.url(&repository), &folder, &key, &server.known_hosts());
    let transport = transport();
    let endpoint = transport.git(&target).expect("endpoint");
    let refs = endpoint.refs(vec!["refs/heads/".into()]).await.expect("refs");
    assert_eq!(refs[0].oid, first);
    let tree = endpoint
        .snapshot(first.clone(), Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a/b").expect("read"), "one");

    let second = repository
        .commit("main", "second", &[Change::text("a/b", "two")])
        .expect("commit");
    let started = std::time::Instant::now();
    let endpoint = transport.git(&target).expect("endpoint");
    let refs = endpoint.refs(vec!["refs/heads/".into()]).await.expect("refs");
    assert_eq!(refs[0].oid, second);
    let tree = endpoint
        .snapshot(second, Some("refs/heads/main".into()))
        .await
        .expect("snapshot");
    println!("second commit over ssh: {:?}", started.elapsed());
    assert_eq!(tree.read("a/b").expect("read"), "two");

    // A commit behind the tip needs the history here, in a new repository and in one that holds single commits.
    repository
        .git(&["config", "uploadpack.allowAnySHA1InWant", "false"])
        .expect("config");
    let mut middle = String::new();
    for n in 0..4 {
        let commit = repository
            .commit("main", "more", &[Change::text("a/b", format!("more {n}"))])
            .expect("commit");
        if n == 1 {
            middle = commit;
        }
    }
    let tree = transport
        .git(&target)
        .expect("endpoint")
        .snapshot(middle, None)
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a/b").expect("read"), "more 1");
    let last = repository
        .commit("main", "last", &[Change::text("a/b", "last")])
        .expect("commit");
    let tree = transport
        .git(&target)
        .expect("endpoint")
        .snapshot(last, None)
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a/b").expect("read"), "last");
    let other = TempDir::new().expect("folder");
    let mut pinned = target.clone();
    pinned.repository = other.path().join("kept");
    repository
        .git(&["config", "uploadpack.allowAnySHA1InWant", "false"])
        .expect("config");
    let tree = transport
        .git(&pinned)
        .expect("endpoint")
        .snapshot(first, None)
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a/b").expect("read"), "one");
}

/// S4: no, another or a revoked host key ends the connection before anything is shown to the host.
#[tokio::test(flavor = "multi_thread")]
async fn s4_host_keys_fail_closed() {
    let server = GitSshServer::start().expect("server");
    let repository = server.create("app").expect("repository");
    repository
        .commit("main", "first", &[Change::text("a", "one")])
        .expect("commit");
    let folder = TempDir::new().expect("folder");
    let key = server.client_key().expect("key");
    let known = server.known_hosts();
    let host = known.split(' ').next().expect("a host").to_owned();
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIiCSbaqhzBLsmcTFWkpAdJ1Ty1OSkCqdCtlFiqMHSaa";
    for line in [
        known.replace(&host, "elsewhere.example"),
        known.replace(&host, "127.0.0.1"),
        format!("{host} {other}"),
        format!("@revoked {known}\n{known}"),
        format!("{host} ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDA"),
        format!("@cert-authority {known}"),
    ] {
        let target = target(&server.url(&repository), &folder, &key, &line);
        let endpoint = transport().git(&target).expect("endpoint");
        let error = endpoint.refs(Vec::new()).await.expect_err("refused");
        assert!(
            matches!(&error, EndpointError::Denied(text) if text.contains("host key")),
            "{line}: {error:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tells_what_is_wrong() {
    let server = GitSshServer::start().expect("server");
    let repository = server.create("app").expect("repository");
    let folder = TempDir::new().expect("folder");
    let key = server.client_key().expect("key");
    let url = server.url(&repository);
    let stranger = folder.path().join("stranger");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&stranger)
        .status();
    if made.is_ok_and(|status| status.success()) {
        let stranger = std::fs::read_to_string(&stranger).expect("key");
        let target = target(&url, &folder, &stranger, &server.known_hosts());
        let error = transport()
            .git(&target)
            .expect("endpoint")
            .refs(Vec::new())
            .await
            .expect_err("refused");
        assert!(matches!(error, EndpointError::Unauthorized(_)), "{error:?}");
    } else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("SKIPPED: ssh-keygen is not installed, no second key was tried\n"),
        );
    }
    let broken = target(&url, &folder, "no key", &server.known_hosts());
    let error = transport()
        .git(&broken)
        .expect("endpoint")
        .refs(Vec::new())
        .await
        .expect_err("refused");
    assert!(matches!(error, EndpointError::Unauthorized(_)), "{error:?}");
    let missing = target(
        &url.replace("app.git", "nope.git"),
        &folder,
        &key,
        &server.known_hosts(),
    );
    let error = transport()
        .git(&missing)
        .expect("endpoint")
        .refs(Vec::new())
        .await
        .expect_err("missing");
    assert!(matches!(error, EndpointError::NotFound(_)), "{error:?}");
}

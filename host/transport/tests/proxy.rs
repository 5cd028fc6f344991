//! Connections through proxies of an object's proxySecretRef.

#![allow(clippy::expect_used, reason = "a test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sluice_model::port::EndpointError;
use sluice_model::{SecretData, TreeRead};
use sluice_testbed::{Change, GitHttpServer, GitSshServer};
use sluice_transport::{GitTarget, Transport, TransportOptions};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const USER: &str = "proxy-user";
const PASSWORD: &str = "proxy-password";

fn transport() -> Transport {
    Transport::new(TransportOptions {
        allow_loopback: true,
        environment_proxy: false,
    })
}

fn secret(name: &str, data: &[(&str, &str)]) -> SecretData {
    SecretData::new(
        name,
        data.iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())),
    )
}

fn target(url: &str, credentials: Option<SecretData>, proxy: SecretData, folder: &TempDir) -> GitTarget {
    GitTarget {
        url: url.into(),
        secret: credentials,
        proxy: Some(proxy),
        timeout: Duration::from_secs(10),
        repository: folder.path().join("kept"),
    }
}

/// A proxy for one protocol; it counts the connections that it made.
async fn proxy<F>(
    serve: impl Fn(TcpStream, Arc<AtomicUsize>) -> F + Send + 'static,
) -> (String, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, counter.clone()));
        }
    });
    (address, count)
}

async fn relay(mut client: TcpStream, target: std::net::SocketAddr, count: Arc<AtomicUsize>) {
    count.fetch_add(1, Ordering::SeqCst);
    let mut server = TcpStream::connect(target).await.expect("connects");
    let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
}

/// RFC 1928 with the login of RFC 1929; IPv4 only.
async fn socks5(mut client: TcpStream, count: Arc<AtomicUsize>) {
    let mut head = [0u8; 2];
    client.read_exact(&mut head).await.expect("methods");
    let mut methods = vec![0u8; usize::from(head[1])];
    client.read_exact(&mut methods).await.expect("methods");
    if !methods.contains(&2) {
        let _ = client.write_all(&[5, 0xff]).await;
        return;
    }
    client.write_all(&[5, 2]).await.expect("answer");
    let mut wanted = vec![1, USER.len() as u8];
    wanted.extend(USER.bytes());
    wanted.push(PASSWORD.len() as u8);
    wanted.extend(PASSWORD.bytes());
    let mut login = vec![0u8; 2];
    client.read_exact(&mut login).await.expect("login");
    let mut rest = vec![0u8; usize::from(login[1]) + 1];
    client.read_exact(&mut rest).await.expect("login");
    let mut password = vec![0u8; usize::from(*rest.last().expect("a length"))];
    client.read_exact(&mut password).await.expect("login");
    let given = [login, rest, password].concat();
    client
        .write_all(&[1, u8::from(given != wanted)])
        .await
        .expect("answer");
    if given != wanted {
        return;
    }
    let mut request = [0u8; 10];
    client.read_exact(&mut request).await.expect("request");
    assert_eq!(request[..4], [5, 1, 0, 1], "an IPv4 address, not a name");
    let port = u16::from_be_bytes([request[8], request[9]]);
    let address = std::net::SocketAddr::from(([request[4], request[5], request[6], request[7]], port));
    client
        .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        .await
        .expect("answer");
    relay(client, address, count).await;
}

async fn connect(mut client: TcpStream, count: Arc<AtomicUsize>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.expect("head"));
    }
    let text = String::from_utf8(head).expect("text");
    // `proxy-user:proxy-password`
    if !text.contains("Basic cHJveHktdXNlcjpwcm94eS1wYXNzd29yZA==") {
        let _ = client
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            .await;
        return;
    }
    let target = text
        .split(' ')
        .nth(1)
        .expect("a target")
        .parse()
        .expect("an address");
    client
        .write_all(b"HTTP/1.1 200 OK\r\n\r\n")
        .await
        .expect("answer");
    relay(client, target, count).await;
}

fn proxy_secret(scheme: &str, address: &str, password: &str) -> SecretData {
    let address = format!("{scheme}://{address}");
    secret(
        "default/proxy",
        &[("address", &address), ("username", USER), ("password", password)],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn git_over_http_goes_through_socks5() {
    let server = GitHttpServer::start().await.expect("server");
    let repository = server.create("app").expect("repository");
    let commit = repository
        .commit("main", "first", &[Change::text("a", "one")])
        .expect("commit");
    let (address, count) = proxy(socks5).await;
    let folder = TempDir::new().expect("folder");
    let url = server.url(&repository);
    let right = target(&url, None, proxy_secret("socks5", &address, PASSWORD), &folder);
    let tree = transport()
        .git(&right)
        .expect("endpoint")
        .snapshot(commit, None)
        .await
        .expect("snapshot");
    assert_eq!(tree.read("a").expect("read"), "one");
    assert!(count.load(Ordering::SeqCst) > 0);
    let wrong = target(
        &url,
        None,
        proxy_secret("socks5", &address, "wrong-password"),
        &folder,
    );
    let error = transport()
        .git(&wrong)
        .expect("endpoint")
        .refs(Vec::new())
        .await
        .expect_err("refused");
    assert!(!error.to_string().contains("wrong-password"), "{error}");
}

/// N3: the proxy wants other credentials.
#[tokio::test(flavor = "multi_thread")]
async fn n3_git_over_ssh_goes_through_proxies() {
    let server = GitSshServer::start().expect("server");
    let repository = server.create("app").expect("repository");
    let commit = repository
        .commit("main", "first", &[Change::text("a", "one")])
        .expect("commit");
    let key = server.client_key().expect("key");
    let credentials = secret(
        "default/ssh",
        &[("identity", &key), ("known_hosts", &server.known_hosts())],
    );
    let (socks, socks_count) = proxy(socks5).await;
    let (tunnel, tunnel_count) = proxy(connect).await;
    for (scheme, address, count) in [("socks5", socks, socks_count), ("http", tunnel, tunnel_count)] {
        let folder = TempDir::new().expect("folder");
        let url = server.url(&repository);
        let right = target(
            &url,
            Some(credentials.clone()),
            proxy_secret(scheme, &address, PASSWORD),
            &folder,
        );
        let endpoint = transport().git(&right).expect("endpoint");
        let tree = endpoint.snapshot(commit.clone(), None).await.expect("snapshot");
        assert_eq!(tree.read("a").expect("read"), "one");
        assert_eq!(
            count.load(Ordering::SeqCst),
            1,
            "{scheme}: one connection an endpoint"
        );
        let wrong = target(
            &url,
            Some(credentials.clone()),
            proxy_secret(scheme, &address, "wrong"),
            &folder,
        );
        let error = transport()
            .git(&wrong)
            .expect("endpoint")
            .refs(Vec::new())
            .await
            .expect_err("refused");
        assert!(
            matches!(error, EndpointError::Unauthorized(_)),
            "{scheme}: {error:?}"
        );
    }
}

/// P6: a proxy is a target like any other.
#[tokio::test(flavor = "multi_thread")]
async fn p6_a_proxy_on_loopback_is_refused_without_the_flag() {
    let folder = TempDir::new().expect("folder");
    let strict = Transport::new(TransportOptions {
        allow_loopback: false,
        environment_proxy: false,
    });
    for address in ["http://127.0.0.1:1", "socks5://[::1]:1"] {
        let proxy = secret("default/proxy", &[("address", address)]);
        let error = strict
            .git(&target("https://example.com/x", None, proxy, &folder))
            .err()
            .expect("refused");
        assert!(matches!(error, EndpointError::Denied(_)), "{address}: {error:?}");
    }
}

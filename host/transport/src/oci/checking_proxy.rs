//! The proxy in this process through which oci-client speaks: it has no hook for resolved addresses, so every
//! connection comes here, is checked by the egress policy and counted. It lives as long as one use of a registry and lets
//! in only who knows its password.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use parking_lot::Mutex;
use sluice_model::port::EndpointError;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use crate::egress::EgressPolicy;
use crate::proxy::{ProxySettings, connect_any};

const MAX_HEAD: usize = 64 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// A running proxy.
pub(crate) struct CheckingProxy {
    shared: Arc<Shared>,
    address: String,
    task: JoinHandle<()>,
}

struct Shared {
    policy: EgressPolicy,
    upstream: Option<ProxySettings>,
    authorization: String,
    refusal: Mutex<Option<EndpointError>>,
    /// Bytes that may still come back from registries.
    budget: AtomicU64,
}

impl CheckingProxy {
    /// Starts on a free port of loopback.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(
        policy: EgressPolicy,
        upstream: Option<ProxySettings>,
        budget: u64,
    ) -> Result<Self, EndpointError> {
        let failed =
            |error: std::io::Error| EndpointError::Failed(format!("failed to start a proxy: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let password = format!("{:032x}", rand::random::<u128>());
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("sluice:{password}"));
        let shared = Arc::new(Shared {
            policy,
            upstream,
            authorization: format!("Basic {basic}"),
            refusal: Mutex::default(),
            budget: AtomicU64::new(budget),
        });
        let serving = shared.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        Ok(Self {
            shared,
            address: format!("http://sluice:{password}@127.0.0.1:{port}"),
            task,
        })
    }

    /// The proxy's address, with its password.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Why the last connection was refused.
    pub fn take_refusal(&self) -> Option<EndpointError> {
        self.shared.refusal.lock().take()
    }
}

impl Drop for CheckingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head of a request to the proxy.
struct Head {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    /// What was read after the head.
    rest: Vec<u8>,
}

impl Shared {
    async fn serve(self: Arc<Self>, mut client: TcpStream) {
        let answer = match tokio::time::timeout(CONNECT_TIMEOUT, read_head(&mut client)).await {
            Ok(Some(head)) if self.admits(&head) => self.forward(&mut client, head).await,
            Ok(Some(_)) => Some("407 Proxy Authentication Required"),
            _ => Some("400 Bad Request"),
        };
        if let Some(status) = answer {
            // The client may be gone: there is nobody else to tell.
            let _ = client
                .write_all(
                    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                )
                .await;
        }
    }

    fn admits(&self, head: &Head) -> bool {
        use subtle::ConstantTimeEq as _;
        let given = head
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
        given.is_some_and(|(_, value)| value.as_bytes().ct_eq(self.authorization.as_bytes()).into())
    }

    /// Connects and relays; a status when that was refused.
    async fn forward(&self, client: &mut TcpStream, head: Head) -> Option<&'static str> {
        let tunnel = head.method == "CONNECT";
        let address = if tunnel {
            format!("https://{}/", head.target)
        } else {
            head.target.clone()
        };
        let Ok(url) = Url::parse(&address) else {
            return Some("400 Bad Request");
        };
        let mut server = match self.dial(&url).await {
            Ok(server) => server,
            Err(error) => {
                self.refusal.lock().get_or_insert(error);
                return Some("403 Forbidden");
            }
        };
        let opened = if tunnel {
            client
                .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                .await
        } else {
            server.write_all(&origin_form(&head, &url)).await
        };
        if opened.is_ok() && server.write_all(&head.rest).await.is_ok() {
            self.relay(client, &mut server).await;
        }
        None
    }

    async fn dial(&self, url: &Url) -> Result<TcpStream, EndpointError> {
        self.policy.check_url(url, &["http", "https"])?;
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let stream = match &self.upstream {
            Some(proxy) => proxy.connect(self.policy, host, port, CONNECT_TIMEOUT).await?,
            None => connect_any(&self.policy.resolve(host, port).await?, CONNECT_TIMEOUT).await?,
        };
        // Small writes wait for nothing; without it the relay is slow, not wrong.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    async fn relay(&self, client: &mut TcpStream, server: &mut TcpStream) {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let up = async {
            let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
            let _ = to_server.shutdown().await;
        };
        let down = self.copy_counted(&mut from_server, &mut to_client);
        tokio::pin!(up, down);
        // The answer's end ends the relay; a client that stops sending still waits for its answer.
        tokio::select! {
            () = &mut down => {}
            () = &mut up => down.await,
        }
    }

    async fn copy_counted(&self, from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
        let mut buffer = vec![0u8; 32 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let spent = self
                .budget
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(length as u64)
                });
            if spent.is_err() {
                let error = EndpointError::Failed("the registry sends more than it may".into());
                self.refusal.lock().get_or_insert(error);
                return;
            }
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    }
}

async fn read_head(client: &mut TcpStream) -> Option<Head> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if bytes.len() > MAX_HEAD || client.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = text.split("\r\n");
    let mut request = lines.next()?.split(' ');
    let (method, target) = (request.next()?.to_owned(), request.next()?.to_owned());
    let header = |line: &str| {
        line.split_once(':')
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
    };
    let headers = lines.map(header).collect::<Option<Vec<_>>>()?;
    Some(Head {
        method,
        target,
        headers,
        rest: bytes[end + 4..].to_vec(),
    })
}

/// The request as a server reads it, one a connection.
fn origin_form(head: &Head, url: &Url) -> Vec<u8> {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut request = format!(
        "{} {}{query} HTTP/1.1\r\nConnection: close\r\n",
        head.method,
        url.path()
    );
    for (name, value) in &head.headers {
        let ours = name.eq_ignore_ascii_case("connection") || name.to_ascii_lowercase().starts_with("proxy-");
        if !ours {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    request.push_str("\r\n");
    request.into_bytes()
}

//! Outgoing proxies: from a Secret (Flux's `proxySecretRef`), and tunnels through them for protocols that are not
//! HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use sluice_model::SecretData;
use sluice_model::port::EndpointError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::egress::EgressPolicy;

const SCHEMES: [&str; 3] = ["http", "https", "socks5"];
const LONGEST_ADDRESS: usize = 2048;
/// Longest answer to CONNECT that is read.
const MAX_CONNECT_ANSWER: usize = 16 * 1024;

/// A proxy's address with its credentials.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ProxySettings {
    url: Url,
}

impl ProxySettings {
    /// From `address` with optional `username` and `password`.
    ///
    /// # Errors
    /// The address is missing, too long, has another scheme, or is refused by the policy.
    pub fn from_secret(secret: &SecretData, policy: EgressPolicy) -> Result<Self, EndpointError> {
        let fail = |reason: &str| {
            EndpointError::Unauthorized(format!("invalid proxy secret '{}': {reason}", secret.name))
        };
        let address = secret
            .text("address")
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let address = address.ok_or_else(|| fail("key address is required"))?;
        if address.len() > LONGEST_ADDRESS {
            return Err(fail("key address is longer than 2048 characters"));
        }
        let mut url = Url::parse(address).map_err(|_| fail("key address is not a URL"))?;
        policy.check_url(&url, &SCHEMES)?;
        if let Some(username) = secret.text("username").filter(|text| !text.is_empty()) {
            let password = secret.text("password").unwrap_or_default();
            url.set_username(username)
                .map_err(|()| fail("key username cannot be used"))?;
            url.set_password(Some(password))
                .map_err(|()| fail("key password cannot be used"))?;
        }
        Ok(Self { url })
    }

    /// For HTTP clients.
    pub(crate) fn for_http(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        reqwest::Proxy::all(self.url.as_str())
    }

    fn credentials(&self) -> Option<(String, String)> {
        let username = self.url.username();
        (!username.is_empty()).then(|| {
            (
                percent_decoded(username),
                percent_decoded(self.url.password().unwrap_or_default()),
            )
        })
    }

    /// A TCP connection to a host through the proxy. The proxy's own address is checked; a SOCKS5 proxy gets the
    /// target's checked address, an HTTP proxy its name.
    ///
    /// # Errors
    /// The proxy is refused by the policy, cannot be reached or does not connect.
    pub(crate) async fn connect(
        &self,
        policy: EgressPolicy,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<TcpStream, EndpointError> {
        let work = async {
            let proxy_host = self.url.host_str().unwrap_or_default();
            let proxy_port = self.url.port_or_known_default().unwrap_or(1080);
            let addresses = policy.resolve(proxy_host, proxy_port).await?;
            let stream = connect_any(&addresses, limit).await?;
            match self.url.scheme() {
                "socks5" => {
                    let target = policy.resolve(host, port).await?;
                    let target = target
                        .first()
                        .copied()
                        .ok_or_else(|| proxy_failed("no address"))?;
                    self.socks5(stream, target).await
                }
                "http" => self.tunnel(stream, host, port).await,
                _ => Err(EndpointError::Invalid(
                    "ssh through an https proxy is not supported".into(),
                )),
            }
        };
        tokio::time::timeout(limit, work)
            .await
            .map_err(|_| proxy_failed("timed out"))?
    }

    /// RFC 9110, section 9.3.6.
    async fn tunnel(&self, mut stream: TcpStream, host: &str, port: u16) -> Result<TcpStream, EndpointError> {
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some((username, password)) = self.credentials() {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
            request.push_str(&format!("Proxy-Authorization: Basic {basic}\r\n"));
        }
        request.push_str("\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .map_err(|error| proxy_failed(&error.to_string()))?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() > MAX_CONNECT_ANSWER {
                return Err(proxy_failed("the answer to CONNECT is too long"));
            }
            let byte = stream
                .read_u8()
                .await
                .map_err(|error| proxy_failed(&error.to_string()))?;
            answer.push(byte);
        }
        match answer.get(9..12) {
            Some(b"200") => Ok(stream),
            Some(b"407") => Err(EndpointError::Unauthorized(
                "the proxy refused the credentials".into(),
            )),
            status => {
                let status = String::from_utf8_lossy(status.unwrap_or_default()).into_owned();
                Err(proxy_failed(&format!("CONNECT gave status {status}")))
            }
        }
    }

    /// RFC 1928 and RFC 1929.
    async fn socks5(&self, mut stream: TcpStream, target: SocketAddr) -> Result<TcpStream, EndpointError> {
        let io = |error: std::io::Error| proxy_failed(&error.to_string());
        let credentials = self.credentials();
        let method = if credentials.is_some() { 2u8 } else { 0 };
        stream.write_all(&[5, 1, method]).await.map_err(io)?;
        let mut chosen = [0u8; 2];
        stream.read_exact(&mut chosen).await.map_err(io)?;
        if chosen != [5, method] {
            return Err(EndpointError::Unauthorized(
                "the proxy wants another authentication".into(),
            ));
        }
        if let Some((username, password)) = credentials {
            socks5_login(&mut stream, &username, &password).await?;
        }
        let mut request = vec![5u8, 1, 0];
        match target {
            SocketAddr::V4(v4) => {
                request.push(1);
                request.extend(v4.ip().octets());
            }
            SocketAddr::V6(v6) => {
                request.push(4);
                request.extend(v6.ip().octets());
            }
        }
        request.extend(target.port().to_be_bytes());
        stream.write_all(&request).await.map_err(io)?;
        let mut head = [0u8; 4];
        stream.read_exact(&mut head).await.map_err(io)?;
        if head[1] != 0 {
            return Err(proxy_failed(&format!("SOCKS5 gave code {}", head[1])));
        }
        let rest = match head[3] {
            1 => 4,
            4 => 16,
            3 => usize::from(stream.read_u8().await.map_err(io)?),
            _ => return Err(proxy_failed("SOCKS5 gave an unknown address type")),
        };
        let mut bound = vec![0u8; rest + 2];
        stream.read_exact(&mut bound).await.map_err(io)?;
        Ok(stream)
    }
}

async fn socks5_login(stream: &mut TcpStream, username: &str, password: &str) -> Result<(), EndpointError> {
    let length = |text: &str| {
        u8::try_from(text.len()).map_err(|_| proxy_failed("user name or password is longer than 255 bytes"))
    };
    let mut request = vec![1u8, length(username)?];
    request.extend(username.bytes());
    request.push(length(password)?);
    request.extend(password.bytes());
    let mut answer = [0u8; 2];
    stream
        .write_all(&request)
        .await
        .map_err(|error| proxy_failed(&error.to_string()))?;
    stream
        .read_exact(&mut answer)
        .await
        .map_err(|error| proxy_failed(&error.to_string()))?;
    if answer[1] == 0 {
        Ok(())
    } else {
        Err(EndpointError::Unauthorized(
            "the proxy refused the credentials".into(),
        ))
    }
}

/// Connects to the first address that answers.
pub(crate) async fn connect_any(
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<TcpStream, EndpointError> {
    let mut last = "no address".to_owned();
    let each = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    for address in addresses {
        match tokio::time::timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error.to_string(),
            Err(_) => last = "timed out".into(),
        }
    }
    Err(EndpointError::Transient {
        message: format!("failed to connect: {last}"),
        after_ms: None,
    })
}

fn proxy_failed(reason: &str) -> EndpointError {
    EndpointError::Transient {
        message: format!("failed to connect through the proxy: {reason}"),
        after_ms: None,
    }
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hexed = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match (
            bytes[at],
            hexed.and_then(|pair| u8::from_str_radix(pair, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(address: &str) -> SecretData {
        SecretData::new("a/proxy", [("address".to_owned(), address.as_bytes().to_vec())])
    }

    #[test]
    fn reads_flux_proxy_secrets() {
        let policy = EgressPolicy::default();
        assert!(ProxySettings::from_secret(&secret("http://proxy.example:3128"), policy).is_ok());
        assert!(ProxySettings::from_secret(&secret("socks5://10.0.0.1:1080"), policy).is_ok());
        assert!(ProxySettings::from_secret(&secret("ftp://proxy.example"), policy).is_err());
        assert!(ProxySettings::from_secret(&secret(""), policy).is_err());
        assert!(ProxySettings::from_secret(&secret("http://127.0.0.1:3128"), policy).is_err());
    }

    #[test]
    fn decodes_percent_forms() {
        assert_eq!(percent_decoded("a%20b%2"), "a b%2");
    }
}

//! HTTP clients under the egress policy: made once a TLS and proxy setting, shared by all targets with the same.

use std::num::NonZeroUsize;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use lru::LruCache;
use parking_lot::Mutex;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, LOCATION, RETRY_AFTER};
use sluice_model::port::EndpointError;
use url::Url;

use crate::egress::{EgressError, EgressPolicy, resolver};
use crate::proxy::ProxySettings;
use crate::tls::TlsMaterial;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
const MAX_REDIRECTS: usize = 5;
const KEPT_CLIENTS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(63);

/// What a client depends on besides the policy.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct ClientSettings {
    pub tls: TlsMaterial,
    pub proxy: Option<ProxySettings>,
    /// Never through the environment's proxy.
    pub direct: bool,
}

/// Clients by their settings.
pub(crate) struct Clients {
    policy: EgressPolicy,
    environment_proxy: bool,
    kept: Mutex<LruCache<ClientSettings, reqwest::Client>>,
}

impl Clients {
    pub fn new(policy: EgressPolicy, environment_proxy: bool) -> Self {
        Self {
            policy,
            environment_proxy,
            kept: Mutex::new(LruCache::new(KEPT_CLIENTS)),
        }
    }

    /// A client with these settings.
    pub fn get(&self, settings: &ClientSettings) -> Result<CheckedClient, EndpointError> {
        let mut kept = self.kept.lock();
        if let Some(client) = kept.get(settings) {
            return Ok(CheckedClient {
                client: client.clone(),
                policy: self.policy,
            });
        }
        let client = self.build(settings).map_err(|error| {
            EndpointError::Invalid(format!("failed to set up an HTTP client: {}", describe(&error)))
        })?;
        kept.put(settings.clone(), client.clone());
        Ok(CheckedClient {
            client,
            policy: self.policy,
        })
    }

    fn build(&self, settings: &ClientSettings) -> Result<reqwest::Client, reqwest::Error> {
        let mut builder = reqwest::Client::builder()
            .dns_resolver(resolver(self.policy))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_nodelay(true)
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .tls_certs_merge(settings.tls.certificates()?);
        if let Some(identity) = settings.tls.identity()? {
            builder = builder.identity(identity);
        }
        match &settings.proxy {
            Some(proxy) => builder = builder.proxy(proxy.for_http()?),
            None if settings.direct || !self.environment_proxy => builder = builder.no_proxy(),
            None => {}
        }
        builder.build()
    }
}

/// A request that can be sent again after a redirect.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub method: http::Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A client that checks every address before it sends.
#[derive(Clone)]
pub(crate) struct CheckedClient {
    client: reqwest::Client,
    policy: EgressPolicy,
}

impl CheckedClient {
    /// Sends a request. Redirects are followed on the same host only (an upgrade from http to https included), for
    /// GET and HEAD, and for other methods when the status keeps the method.
    pub async fn send(&self, request: Outgoing) -> Result<reqwest::Response, EndpointError> {
        self.follow(request, is_same_place).await
    }

    /// Sends a request that carries no credentials: redirects are followed to other hosts too, never from https to http.
    pub async fn send_anywhere(&self, request: Outgoing) -> Result<reqwest::Response, EndpointError> {
        self.follow(request, keeps_tls).await
    }

    async fn follow(
        &self,
        mut request: Outgoing,
        may: impl Fn(&Url, &Url) -> bool,
    ) -> Result<reqwest::Response, EndpointError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send_once(&request).await?;
            match redirect_target(&request, &response, &may)? {
                Some(url) => request.url = url,
                None => return Ok(response),
            }
        }
        Err(too_many_redirects())
    }

    /// Gets a file that its server may keep elsewhere: redirects also lead to other hosts, without the request's
    /// headers but `Accept`, and through `elsewhere`, but never from https to http.
    pub async fn get_anywhere(
        &self,
        elsewhere: &Self,
        mut request: Outgoing,
    ) -> Result<reqwest::Response, EndpointError> {
        let mut client = self;
        for _ in 0..=MAX_REDIRECTS {
            let response = client.send_once(&request).await?;
            let Some(next) = redirect_target(&request, &response, keeps_tls)? else {
                return Ok(response);
            };
            if !is_same_place(&request.url, &next) {
                let accept = request.headers.remove(ACCEPT);
                request.headers.clear();
                request.headers.extend(accept.map(|accept| (ACCEPT, accept)));
                client = elsewhere;
            }
            request.url = next;
        }
        Err(too_many_redirects())
    }

    async fn send_once(&self, request: &Outgoing) -> Result<reqwest::Response, EndpointError> {
        self.policy.check_url(&request.url, &["http", "https"])?;
        self.client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone())
            .body(request.body.clone())
            .send()
            .await
            .map_err(|error| classify(&error))
    }
}

fn too_many_redirects() -> EndpointError {
    EndpointError::Failed(format!("more than {MAX_REDIRECTS} redirects"))
}

/// Whether a redirect does not lead from https to http.
fn keeps_tls(from: &Url, next: &Url) -> bool {
    next.scheme() == "https" || from.scheme() == "http"
}

/// Whether two addresses are of one server, or the second one is the first one's with TLS.
fn is_same_place(from: &Url, next: &Url) -> bool {
    let upgrade = from.scheme() == "http" && next.scheme() == "https";
    let same_port = from.port_or_known_default() == next.port_or_known_default();
    let default_ports = from.port().is_none() && next.port().is_none();
    from.host() == next.host()
        && ((from.scheme() == next.scheme() && same_port) || (upgrade && (default_ports || same_port)))
}

/// Where a redirect leads; none when the response is an answer.
fn redirect_target(
    request: &Outgoing,
    response: &reqwest::Response,
    may: impl Fn(&Url, &Url) -> bool,
) -> Result<Option<Url>, EndpointError> {
    let status = response.status().as_u16();
    let safe = matches!(request.method, http::Method::GET | http::Method::HEAD);
    let follow = matches!(status, 307 | 308) || (safe && matches!(status, 301..=303));
    if !follow {
        return Ok(None);
    }
    let Some(location) = response.headers().get(LOCATION) else {
        return Ok(None);
    };
    let from = &request.url;
    let next = location.to_str().ok().and_then(|text| from.join(text).ok());
    let next = next.ok_or_else(|| EndpointError::Failed("redirect to an address that is no URL".into()))?;
    if !may(from, &next) {
        let host = next.host_str().unwrap_or_default();
        return Err(EndpointError::Denied(format!(
            "redirect from host {:?} to {host:?} refused: redirects stay on one host",
            from.host_str().unwrap_or_default()
        )));
    }
    Ok(Some(next))
}

/// The Retry-After header (RFC 9110, section 10.2.3) in milliseconds, when it is given in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    value
        .trim()
        .parse::<u64>()
        .ok()
        .map(|seconds| seconds.min(3600) * 1000)
}

/// The body, at most `limit` bytes.
pub(crate) async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes, EndpointError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(EndpointError::Failed(format!(
                "the response is larger than {limit} bytes"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// An error of the HTTP library as a port's error, without the address in it.
pub(crate) fn classify(error: &reqwest::Error) -> EndpointError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(egress) = inner.downcast_ref::<EgressError>() {
            return egress.clone().into();
        }
        source = inner.source();
    }
    if error.is_builder() {
        return EndpointError::Invalid(describe(error));
    }
    EndpointError::Transient {
        message: describe(error),
        after_ms: None,
    }
}

/// The innermost causes in words; reqwest's own text would carry the address.
fn describe(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "timed out"
    } else if error.is_connect() {
        "failed to connect"
    } else if error.is_body() || error.is_decode() {
        "failed to read the response"
    } else {
        "request failed"
    };
    let mut text = kind.to_owned();
    let mut source = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(inner) = source {
        last = inner.to_string();
        source = inner.source();
    }
    if !last.is_empty() && last != kind {
        text = format!("{text}: {last}");
    }
    text
}

/// A header value that is marked as sensitive, so that no log shows it.
pub(crate) fn sensitive(value: &str) -> Result<http::HeaderValue, EndpointError> {
    let mut value = http::HeaderValue::from_str(value).map_err(|_| {
        EndpointError::Unauthorized("a credential holds characters that no header can".into())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Adds a basic Authorization header.
pub(crate) fn basic_auth(
    headers: &mut HeaderMap,
    username: &str,
    password: &str,
) -> Result<(), EndpointError> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
    headers.insert(AUTHORIZATION, sensitive(&format!("Basic {text}"))?);
    Ok(())
}

/// Adds a bearer Authorization header.
pub(crate) fn bearer_auth(headers: &mut HeaderMap, token: &str) -> Result<(), EndpointError> {
    headers.insert(AUTHORIZATION, sensitive(&format!("Bearer {token}"))?);
    Ok(())
}

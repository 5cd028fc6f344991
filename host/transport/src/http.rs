//! HTTP endpoints of notifiers, receivers and plain HTTP sources: a secret address with credentials, behind the
//! egress policy. What comes back carries no credentials.

use std::time::Duration;

use ::http::header::{HeaderMap, HeaderName};
use ::http::{HeaderValue, Method};
use async_trait::async_trait;
use bytes::Bytes;
use sluice_model::SecretData;
use sluice_model::port::{EndpointError, HttpEndpoint, HttpRequest, HttpResponse, HttpSignature};
use url::Url;
use zeroize::Zeroizing;

use crate::client::{CheckedClient, Outgoing, basic_auth, bearer_auth, read_body, sensitive};
use crate::redact::Redactor;
use crate::sign::hmac_hex;

/// Headers that a request of a plugin may not set: credentials, and what the connection owns.
const OWNED_HEADERS: [&str; 15] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
];
/// Headers of a response that do not reach a plugin.
pub(crate) const WITHHELD_HEADERS: [&str; 7] = [
    "set-cookie",
    "set-cookie2",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "proxy-authentication-info",
    "authorization",
];
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// Longest `headers` document of a Secret.
const MAX_SECRET_HEADERS: usize = 16 * 1024;

/// Which Authorization header is made of the Secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HttpAuth {
    /// None; extra headers from the Secret are still sent.
    #[default]
    None,
    /// Basic, of `username` and `password`.
    Basic,
    /// Bearer, of `token`.
    Bearer,
}

/// One HTTP address of an object with its credentials.
#[derive(Clone)]
pub struct HttpTarget {
    /// From the spec; the Secret's `address` wins over it, as in Flux.
    pub address: Option<String>,
    /// May hold `address`, `headers` (a YAML map), `token` (bearer or HMAC key), `username`, `password`.
    pub secret: Option<SecretData>,
    /// May hold `ca.crt`, `tls.crt`, `tls.key`.
    pub tls: Option<SecretData>,
    /// Holds `address`, `username`, `password` of a proxy.
    pub proxy: Option<SecretData>,
    /// What the Secret is used for.
    pub auth: HttpAuth,
    /// Of one request with its answer.
    pub timeout: Duration,
    /// Largest body of an answer, in bytes.
    pub max_response: usize,
}

pub(crate) struct HttpRemote {
    address: Url,
    headers: HeaderMap,
    key: Option<Zeroizing<Vec<u8>>>,
    client: CheckedClient,
    redactor: Redactor,
    timeout: Duration,
    max_response: usize,
}

impl HttpRemote {
    pub fn new(target: &HttpTarget, client: CheckedClient) -> Result<Self, EndpointError> {
        let secret = target.secret.as_ref();
        let from_secret = secret.and_then(|secret| secret.text("address")).map(str::trim);
        let from_secret = from_secret.filter(|text| !text.is_empty());
        let text = from_secret
            .or(target.address.as_deref().map(str::trim))
            .unwrap_or_default();
        // The address may be a secret: no error repeats it.
        let mut address =
            Url::parse(text).map_err(|error| EndpointError::Invalid(format!("invalid address: {error}")))?;
        if !matches!(address.scheme(), "http" | "https") || address.host().is_none() {
            return Err(EndpointError::Invalid(
                "invalid address: want http:// or https:// and a host".into(),
            ));
        }
        let mut headers = HeaderMap::new();
        let mut redactor = Redactor::default();
        if let Some(secret) = secret {
            add_secret_headers(secret, &mut headers, &mut redactor)?;
            add_auth(target.auth, secret, &mut headers, &mut redactor)?;
        }
        move_userinfo(&mut address, &mut headers, &mut redactor)?;
        if from_secret.is_some() {
            redactor.add(text);
            redactor.add(address.as_str());
            // A short path is a word of ordinary text, not a secret.
            Some(address.path())
                .filter(|path| path.len() > 8)
                .inspect(|path| redactor.add(path));
        }
        if let Some(query) = address.query() {
            redactor.add(query);
        }
        let key = secret
            .and_then(|secret| secret.get("token"))
            .filter(|key| !key.is_empty());
        Ok(Self {
            address,
            headers,
            key: key.map(|key| Zeroizing::new(key.to_vec())),
            client,
            redactor,
            timeout: target.timeout,
            max_response: target.max_response,
        })
    }

    fn prepare(&self, request: HttpRequest) -> Result<Outgoing, EndpointError> {
        let method = Some(request.method.as_str()).filter(|method| METHODS.contains(method));
        let method = method.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
        let method = method.ok_or_else(|| EndpointError::Invalid("the method is not allowed".into()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let (name, value) = plugin_header(name, value)?;
            headers.append(name, value);
        }
        // The object's own headers win over the plugin's, the signature over both.
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let Some(signature) = &request.sign {
            let (name, value) = self.signature(signature, &request.body)?;
            headers.insert(name, value);
        }
        let url = join(&self.address, &request.path, &request.query)?;
        Ok(Outgoing {
            method,
            url,
            headers,
            body: request.body,
        })
    }

    fn signature(
        &self,
        sign: &HttpSignature,
        body: &Bytes,
    ) -> Result<(HeaderName, HeaderValue), EndpointError> {
        let key = self.key.as_ref().ok_or_else(|| {
            EndpointError::Invalid("a signature needs the key token in the object's secret".into())
        })?;
        let digest = hmac_hex(sign.algorithm, key, body)
            .ok_or_else(|| EndpointError::Failed("failed to sign the body".into()))?;
        plugin_header(&sign.header, &format!("{}{digest}", sign.prefix))
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
        let response = self.client.send(self.prepare(request)?).await?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter(|(name, _)| !WITHHELD_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    self.redactor.text(&String::from_utf8_lossy(value.as_bytes())),
                )
            })
            .collect();
        let body = self.redactor.bytes(read_body(response, self.max_response).await?);
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    fn redacted(&self, error: EndpointError) -> EndpointError {
        error.map(|text| self.redactor.text(&text))
    }
}

#[async_trait]
impl HttpEndpoint for HttpRemote {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
        let answer = tokio::time::timeout(self.timeout, self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|_| {
            let message = format!("request timed out after {:?}", self.timeout);
            Err(EndpointError::Transient {
                message,
                after_ms: None,
            })
        });
        answer.map_err(|error| self.redacted(error))
    }
}

/// The headers of the Secret's key `headers`: a YAML map from name to value.
fn add_secret_headers(
    secret: &SecretData,
    headers: &mut HeaderMap,
    redactor: &mut Redactor,
) -> Result<(), EndpointError> {
    let Some(text) = secret.text("headers").filter(|text| !text.trim().is_empty()) else {
        return Ok(());
    };
    let fail = |reason: &str| {
        EndpointError::Unauthorized(format!(
            "invalid key headers in secret '{}': {reason}",
            secret.name
        ))
    };
    if text.len() > MAX_SECRET_HEADERS {
        return Err(fail("longer than 16 KiB"));
    }
    let map: std::collections::BTreeMap<String, String> =
        serde_yaml_ng::from_str(text).map_err(|_| fail("want a YAML map of strings"))?;
    for (name, value) in map {
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fail("a name is no header"))?;
        headers.insert(header, sensitive(&value)?);
        redactor.add(&value);
        if let Some((_, token)) = value.split_once(' ') {
            redactor.add(token);
        }
    }
    Ok(())
}

fn add_auth(
    auth: HttpAuth,
    secret: &SecretData,
    headers: &mut HeaderMap,
    redactor: &mut Redactor,
) -> Result<(), EndpointError> {
    for key in ["token", "password"] {
        if let Some(value) = secret.text(key) {
            redactor.add(value);
        }
    }
    let missing =
        |key: &str| EndpointError::Unauthorized(format!("secret '{}' has no key {key}", secret.name));
    match auth {
        HttpAuth::None => Ok(()),
        HttpAuth::Basic => {
            let username = secret.text("username").ok_or_else(|| missing("username"))?;
            let password = secret.text("password").unwrap_or_default();
            redactor.add_basic(username, password);
            basic_auth(headers, username, password)
        }
        HttpAuth::Bearer => {
            let token = secret.text("token").ok_or_else(|| missing("token"))?;
            bearer_auth(headers, token.trim())
        }
    }
}

/// Credentials in the address become a header, so that no message shows them.
pub(crate) fn move_userinfo(
    address: &mut Url,
    headers: &mut HeaderMap,
    redactor: &mut Redactor,
) -> Result<(), EndpointError> {
    let username = crate::proxy::percent_decoded(address.username());
    let password = address.password().map(crate::proxy::percent_decoded);
    if username.is_empty() && password.is_none() {
        return Ok(());
    }
    let password = password.unwrap_or_default();
    redactor.add_basic(&username, &password);
    if !headers.contains_key(::http::header::AUTHORIZATION) {
        basic_auth(headers, &username, &password)?;
    }
    let cannot = |()| EndpointError::Invalid("invalid address: it cannot hold credentials".into());
    address.set_username("").map_err(cannot)?;
    address.set_password(None).map_err(cannot)
}

/// A header that a plugin asks for.
pub(crate) fn plugin_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), EndpointError> {
    let header = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| EndpointError::Invalid(format!("invalid header name {name:?}")))?;
    let owned = OWNED_HEADERS.contains(&header.as_str()) || header.as_str().starts_with("proxy-");
    if owned {
        return Err(EndpointError::Denied(format!(
            "header {name:?} is set by the host only"
        )));
    }
    let value = HeaderValue::from_str(value)
        .map_err(|_| EndpointError::Invalid(format!("invalid value of header {name:?}")))?;
    Ok((header, value))
}

/// The endpoint's address with a path below it and more query; it never leaves the endpoint's host or path.
fn join(address: &Url, path: &str, query: &[(String, String)]) -> Result<Url, EndpointError> {
    let mut url = address.clone();
    if !path.is_empty() {
        let leaves = path.split('/').any(|part| {
            matches!(
                part.to_ascii_lowercase().as_str(),
                ".." | "%2e%2e" | ".%2e" | "%2e."
            )
        });
        if leaves || path.contains(['\\', '?', '#']) || path.chars().any(char::is_control) {
            return Err(EndpointError::Denied(format!(
                "path {path:?} is not below the address"
            )));
        }
        let base = address.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{}", path.trim_start_matches('/')));
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    if url.origin() != address.origin() {
        return Err(EndpointError::Denied(format!("path {path:?} leaves the host")));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_below_the_address() {
        let base = Url::parse("https://h.example/a/?k=1").expect("a URL");
        let joined = join(&base, "/b c/d", &[("q".into(), "x&y".into())]).expect("joins");
        assert_eq!(joined.as_str(), "https://h.example/a/b%20c/d?k=1&q=x%26y");
        assert_eq!(join(&base, "", &[]).expect("joins"), base);
    }

    /// P6: a plugin cannot steer the request away from its address.
    #[test]
    fn p6_refuses_paths_that_leave() {
        let base = Url::parse("https://h.example/a").expect("a URL");
        for path in ["../b", "x/../../y", "%2e%2E/b", "a\\b", "x?y", "#z", "a\nb"] {
            assert!(join(&base, path, &[]).is_err(), "{path}");
        }
        for path in [
            "//evil.example/x",
            "@evil.example/",
            "http://evil.example/",
            ":80/x",
        ] {
            let url = join(&base, path, &[]).expect("stays");
            assert_eq!(url.host_str(), Some("h.example"), "{path}");
            assert!(url.path().starts_with("/a/"), "{path}");
        }
    }

    #[test]
    fn refuses_headers_of_the_host() {
        for name in [
            "Authorization",
            "Host",
            "Cookie",
            "Proxy-Connection",
            "Transfer-Encoding",
            "a b",
        ] {
            assert!(plugin_header(name, "x").is_err(), "{name}");
        }
        assert!(plugin_header("X-Ok", "a\r\nb").is_err());
        assert!(plugin_header("Content-Type", "application/json").is_ok());
    }
}

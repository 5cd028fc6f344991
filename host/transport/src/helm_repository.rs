//! The endpoint of a Helm repository over HTTP: its index, and packed charts that may be kept on other servers. Credentials
//! go to the repository's own server, elsewhere only where the object says so (CVE-2021-32690).

use std::time::Duration;

use ::http::Method;
use ::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use sluice_model::SecretData;
use sluice_model::port::{EndpointError, HttpEndpoint, HttpRequest, HttpResponse};
use url::Url;

use crate::client::{CheckedClient, Outgoing, basic_auth, read_body};
use crate::http::{WITHHELD_HEADERS, move_userinfo, plugin_header};
use crate::redact::Redactor;

/// Path of the index below the repository's address.
const INDEX: &str = "index.yaml";

/// One Helm repository of an object with its credentials.
#[derive(Clone)]
pub struct HelmRepositoryTarget {
    /// `https://…` or `http://…`.
    pub url: String,
    /// May hold `username` and `password`.
    pub secret: Option<SecretData>,
    /// May hold `ca.crt`, `tls.crt`, `tls.key`.
    pub tls: Option<SecretData>,
    /// Sends the credentials to the servers that the index names, too.
    pub pass_credentials: bool,
    /// Of one request with its answer.
    pub timeout: Duration,
    /// Largest index, in bytes.
    pub max_index: usize,
    /// Largest packed chart, in bytes.
    pub max_chart: usize,
}

pub(crate) struct HelmRepositoryRemote {
    url: Url,
    credentials: HeaderMap,
    client: CheckedClient,
    /// For other servers: without the client certificate.
    elsewhere: CheckedClient,
    target: HelmRepositoryTarget,
    redactor: Redactor,
    /// The index, so that it is fetched once a reconciliation.
    index: Mutex<Option<HttpResponse>>,
}

impl HelmRepositoryRemote {
    pub fn new(
        target: &HelmRepositoryTarget,
        client: CheckedClient,
        elsewhere: CheckedClient,
    ) -> Result<Self, EndpointError> {
        let invalid = |reason: &str| EndpointError::Invalid(format!("invalid Helm repository URL: {reason}"));
        let mut url = Url::parse(target.url.trim()).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("want http:// or https:// and a host"));
        }
        let (mut credentials, mut redactor) = (HeaderMap::new(), Redactor::default());
        if let Some((username, password)) = target.secret.as_ref().map(basic).transpose()?.flatten() {
            redactor.add_basic(username, password);
            basic_auth(&mut credentials, username, password)?;
        }
        move_userinfo(&mut url, &mut credentials, &mut redactor)?;
        Ok(Self {
            url,
            credentials,
            client,
            elsewhere,
            target: target.clone(),
            redactor,
            index: Mutex::default(),
        })
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
        let url = resolve(&self.url, &request.path)?;
        let is_index = request.path == INDEX;
        let (method, mut headers) = (method(&request)?, HeaderMap::new());
        for (name, value) in &request.headers {
            let (name, value) = plugin_header(name, value)?;
            headers.append(name, value);
        }
        if !is_index {
            // a packed chart is to come as it is kept
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let own = url.origin() == self.url.origin();
        if own || self.target.pass_credentials {
            headers.extend(self.credentials.clone());
        }
        let client = if own { &self.client } else { &self.elsewhere };
        let outgoing = Outgoing {
            method,
            url,
            headers,
            body: Bytes::new(),
        };
        let response = client.get_anywhere(&self.elsewhere, outgoing).await?;
        let limit = if is_index {
            self.target.max_index
        } else {
            self.target.max_chart
        };
        let (status, headers) = (response.status().as_u16(), self.visible(response.headers()));
        let body = read_body(response, limit).await?;
        Ok(HttpResponse {
            status,
            headers,
            body,
        })
    }

    fn visible(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let text = |value: &HeaderValue| self.redactor.text(&String::from_utf8_lossy(value.as_bytes()));
        headers
            .iter()
            .filter(|(name, _)| !WITHHELD_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect()
    }
}

#[async_trait]
impl HttpEndpoint for HelmRepositoryRemote {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError> {
        let is_index = request.path == INDEX && request.method == "GET";
        if is_index && let Some(known) = self.index.lock().clone() {
            return Ok(known);
        }
        let timeout = self.target.timeout;
        let answer = tokio::time::timeout(timeout, self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(EndpointError::Transient {
                message: format!("request timed out after {timeout:?}"),
                after_ms: None,
            })
        });
        let answer = answer.map_err(|error| error.map(|text| self.redactor.text(&text)))?;
        if is_index && answer.status == 200 {
            *self.index.lock() = Some(answer.clone());
        }
        Ok(answer)
    }
}

/// User and password, both or neither.
fn basic(secret: &SecretData) -> Result<Option<(&str, &str)>, EndpointError> {
    let set = |key: &str| secret.text(key).filter(|text| !text.is_empty());
    match (set("username"), set("password")) {
        (Some(username), Some(password)) => Ok(Some((username, password))),
        (None, None) => Ok(None),
        _ => Err(EndpointError::Unauthorized(format!(
            "invalid secret '{}': keys username and password must be set together",
            secret.name
        ))),
    }
}

fn method(request: &HttpRequest) -> Result<Method, EndpointError> {
    match request.method.as_str() {
        "GET" if request.body.is_empty() && request.sign.is_none() => Ok(Method::GET),
        _ => Err(EndpointError::Denied("a Helm repository is only read".into())),
    }
}

/// The address that a reference of the index stands for, as helm resolves it: relative ones below the repository, whose
/// query they keep.
fn resolve(repository: &Url, reference: &str) -> Result<Url, EndpointError> {
    let invalid =
        |reason: String| EndpointError::Failed(format!("the index has an invalid chart URL: {reason}"));
    if reference.chars().any(char::is_control) {
        return Err(invalid("it holds control characters".into()));
    }
    match Url::parse(reference) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => return Ok(url),
        Ok(url) => return Err(invalid(format!("scheme {:?} is not allowed", url.scheme()))),
        Err(url::ParseError::RelativeUrlWithoutBase) => {}
        Err(error) => return Err(invalid(error.to_string())),
    }
    let mut base = repository.clone();
    base.set_path(&format!("{}/", repository.path().trim_end_matches('/')));
    let mut url = base.join(reference).map_err(|error| invalid(error.to_string()))?;
    url.set_query(repository.query());
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_as_helm_does() {
        let repository = Url::parse("https://h.example/charts?k=1").expect("a URL");
        let resolved = |reference: &str| resolve(&repository, reference).map(String::from).ok();
        for (reference, wanted) in [
            ("index.yaml", "https://h.example/charts/index.yaml?k=1"),
            ("web-1.tgz", "https://h.example/charts/web-1.tgz?k=1"),
            ("/web-1.tgz?x=2", "https://h.example/web-1.tgz?k=1"),
            ("../a/web.tgz", "https://h.example/a/web.tgz?k=1"),
            ("https://other.example/web.tgz", "https://other.example/web.tgz"),
            ("//other.example/web.tgz", "https://other.example/web.tgz?k=1"),
        ] {
            assert_eq!(resolved(reference).as_deref(), Some(wanted), "{reference}");
        }
        for reference in ["file:///etc/passwd", "oci://h/x", "http://", "a\nb"] {
            assert_eq!(resolved(reference), None, "{reference}");
        }
    }

    #[test]
    fn credentials_are_set_together() {
        let secret = |keys: &[&str]| {
            let data = keys.iter().map(|key| ((*key).to_owned(), b"x".to_vec()));
            SecretData::new("ns/s", data)
        };
        assert!(basic(&secret(&["username", "password"])).is_ok_and(|found| found.is_some()));
        assert!(basic(&secret(&["ca.crt"])).is_ok_and(|found| found.is_none()));
        assert!(basic(&secret(&["username"])).is_err());
    }
}

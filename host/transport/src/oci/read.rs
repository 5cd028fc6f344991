//! What is read of a registry besides blobs: manifests, indexes and lists of tags (distribution-spec), by our own client, so
//! that the bound is on what an answer unpacks to.

use std::collections::HashSet;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LINK};
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;
use sluice_model::Digest;
use sluice_model::port::EndpointError;
use url::Url;

use crate::client::{Outgoing, basic_auth, read_body, retry_after};
use crate::oci::component::{MANIFEST_TYPE, MAX_MANIFEST};
use crate::oci::reference::is_tag;
use crate::oci::registry::{PULL, Registry};

pub(super) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const JSON: &str = "application/json";
/// Everything that a tag may lead to.
const ANY_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";
const DIGEST: &str = "docker-content-digest";
/// Tags of one page.
const PAGE: usize = 1000;
/// Most tags that are read.
const MAX_TAGS: usize = 100_000;
/// Characters of a registry's error that are told.
const MAX_TOLD: usize = 300;

/// An answer of a registry.
pub(super) struct Answer {
    pub status: u16,
    pub media_type: String,
    headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Deserialize)]
struct Tags {
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<RegistryError>,
}

#[derive(Deserialize)]
struct RegistryError {
    code: String,
    #[serde(default)]
    message: String,
}

impl Registry {
    /// The digest of the manifest behind a tag.
    pub(super) async fn resolve_tag(&self, tag: &str) -> Result<Digest, EndpointError> {
        let path = self.manifest_path(tag)?;
        let named = |error: EndpointError| self.named(error.map(|text| format!("tag {tag:?}: {text}")));
        let resolved = async {
            // costs nothing where requests are counted; a refusal has no words
            let head = self.ask(Method::HEAD, self.url(&path)?, ANY_MANIFEST).await?;
            if let Some(digest) = head.digest() {
                return Ok(digest);
            }
            let got = self.get(&path, ANY_MANIFEST).await?.accepted()?;
            Ok(Digest::of(&got.body))
        };
        self.timed(resolved).await.map_err(named)
    }

    /// The bytes of a manifest, checked against its digest.
    pub(super) async fn manifest(&self, digest: &Digest) -> Result<Bytes, EndpointError> {
        let path = self.manifest_path(&digest.to_string())?;
        let got = async { self.get(&path, MANIFEST_TYPE).await?.accepted() };
        let bytes = self.timed(got).await.map_err(|error| self.named(error))?.body;
        if Digest::of(&bytes) != *digest {
            return Err(self.named(malformed(&format!("the manifest is not {digest}"))));
        }
        Ok(bytes)
    }

    /// All tags.
    ///
    /// # Errors
    /// The registry cannot be asked, or lists without end.
    pub async fn tags(&self) -> Result<Vec<String>, EndpointError> {
        self.timed(self.read_tags())
            .await
            .map_err(|error| self.named(error))
    }

    async fn read_tags(&self) -> Result<Vec<String>, EndpointError> {
        let mut tags: Vec<String> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        let mut next = Some(self.url(&format!("tags/list?n={PAGE}"))?);
        while let Some(url) = next.take() {
            let page = self.ask(Method::GET, url.clone(), JSON).await?.accepted()?;
            let listed: Tags =
                serde_json::from_slice(&page.body).map_err(|_| malformed("its list of tags is malformed"))?;
            let listed = listed.tags.unwrap_or_default();
            let after = listed.last().filter(|_| listed.len() >= PAGE).cloned();
            let before = tags.len();
            let fresh = listed.into_iter().filter(|tag| is_tag(tag));
            tags.extend(fresh.filter(|tag| known.insert(tag.clone())));
            if tags.len() > MAX_TAGS {
                return Err(malformed("the repository has more than 100,000 tags"));
            }
            // O7: a page that repeats what is known would go on for ever
            if tags.len() > before {
                next = self.next_page(&page, &url, after.as_deref())?;
            }
        }
        Ok(tags)
    }

    /// Where a list goes on: where the registry says (RFC 8288), as long as that is its own, or after the last one of a full
    /// page.
    fn next_page(
        &self,
        page: &Answer,
        from: &Url,
        after: Option<&str>,
    ) -> Result<Option<Url>, EndpointError> {
        let link = page.headers.get(LINK).and_then(|value| value.to_str().ok());
        if let Some(link) = link {
            let target = link.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
            let url = target.and_then(|(target, _)| from.join(target).ok());
            return Ok(url.filter(|url| url.origin() == self.base.origin()));
        }
        let Some(after) = after else { return Ok(None) };
        let mut url = self.url(&format!("tags/list?n={PAGE}"))?;
        url.query_pairs_mut().append_pair("last", after);
        Ok(Some(url))
    }

    /// The path of a manifest below the repository.
    pub(super) fn manifest_path(&self, reference: &str) -> Result<String, EndpointError> {
        if !is_tag(reference) && reference.parse::<Digest>().is_err() {
            let shown: String = reference.chars().take(128).collect();
            return Err(EndpointError::Invalid(format!("{shown:?} is no tag")));
        }
        Ok(format!("manifests/{reference}"))
    }

    /// An address below the repository.
    fn url(&self, path: &str) -> Result<Url, EndpointError> {
        let url = self
            .base
            .join(&format!("/v2/{}/{path}", self.reference.repository));
        url.map_err(|_| EndpointError::Invalid("invalid registry address".into()))
    }

    /// Gets something of the repository, whatever the status.
    pub(super) async fn get(&self, path: &str, accept: &str) -> Result<Answer, EndpointError> {
        self.ask(Method::GET, self.url(path)?, accept).await
    }

    /// The body of something of the repository; none where it is not there.
    pub(super) async fn find(&self, path: &str, accept: &str) -> Result<Option<Bytes>, EndpointError> {
        let answer = self.get(path, accept).await?;
        match answer.status {
            404 => Ok(None),
            _ => Ok(Some(answer.accepted()?.body)),
        }
    }

    /// Asks for something, whatever the status; at most 4 MiB. Redirects are followed, without the credentials to other
    /// hosts.
    async fn ask(&self, method: Method, url: Url, accept: &str) -> Result<Answer, EndpointError> {
        let mut headers = self.authorization().await?;
        let accept = HeaderValue::from_str(accept).map_err(|error| malformed(&error.to_string()))?;
        headers.insert(ACCEPT, accept);
        let request = Outgoing {
            method,
            url,
            headers,
            body: Bytes::new(),
        };
        let response = self.client.get_anywhere(&self.client, request).await?;
        let headers = response.headers().clone();
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type
            .and_then(|text| text.split(';').next())
            .unwrap_or_default();
        Ok(Answer {
            status: response.status().as_u16(),
            media_type: media_type.trim().to_owned(),
            headers,
            body: read_body(response, MAX_MANIFEST).await?,
        })
    }

    /// What a pull carries; a token is asked for once.
    pub(super) async fn pull_auth(&self) -> Result<&RegistryAuth, EndpointError> {
        self.pull.get_or_try_init(|| self.authenticate(PULL)).await
    }

    /// The header with the token or the credentials.
    async fn authorization(&self) -> Result<HeaderMap, EndpointError> {
        let mut headers = HeaderMap::new();
        match self.pull_auth().await? {
            RegistryAuth::Anonymous => {}
            RegistryAuth::Basic(username, password) => basic_auth(&mut headers, username, password)?,
            RegistryAuth::Bearer(token) => {
                let value = HeaderValue::from_str(&format!("Bearer {token}"));
                let mut value = value.map_err(|_| malformed("the registry's token is malformed"))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(headers)
    }
}

impl Answer {
    /// The answer, when it is one.
    pub(super) fn accepted(self) -> Result<Self, EndpointError> {
        if matches!(self.status, 200..300) {
            return Ok(self);
        }
        let (code, told) = self.told().unwrap_or_default();
        let or = |text: String| if told.is_empty() { text } else { told.clone() };
        match (self.status, code.as_str()) {
            (404, _) | (400, "NAME_UNKNOWN" | "MANIFEST_UNKNOWN" | "NOT_FOUND") => {
                Err(EndpointError::NotFound(or("not found in the registry".into())))
            }
            (401 | 403, _) | (400, "UNAUTHORIZED" | "DENIED") => {
                let end = if told.is_empty() { "" } else { ": " };
                let message = format!("the registry refused{end}{told}");
                Err(EndpointError::Unauthorized(message))
            }
            (status, _) => Err(EndpointError::Transient {
                message: or(format!("the registry answered with status {status}")),
                after_ms: retry_after(&self.headers),
            }),
        }
    }

    /// The digest that the registry gives of a manifest.
    fn digest(&self) -> Option<Digest> {
        let given = self.headers.get(DIGEST).filter(|_| self.status == 200)?;
        given.to_str().ok()?.parse().ok()
    }

    /// Code and words of what the registry says is wrong (distribution-spec, error codes).
    fn told(&self) -> Option<(String, String)> {
        let errors: Errors = serde_json::from_slice(&self.body).ok()?;
        let RegistryError { code, message } = errors.errors.into_iter().next()?;
        let told = format!("{code}: {message}").chars().take(MAX_TOLD).collect();
        Some((code, told))
    }
}

fn malformed(reason: &str) -> EndpointError {
    EndpointError::Failed(reason.to_owned())
}

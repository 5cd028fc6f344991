//! What is read of a registry besides blobs: manifests, indexes and lists of tags (distribution-spec), by our own client, so
//! that the bound is on what an answer unpacks to.

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use oci_client::secrets::RegistryAuth;
use serde::Deserialize;
use sluice_model::Digest;
use sluice_model::port::EndpointError;

use crate::client::{Outgoing, basic_auth, read_body};
use crate::oci::component::{MANIFEST_TYPE, MAX_MANIFEST};
use crate::oci::login::authenticate;
use crate::oci::reference::is_tag;
use crate::oci::registry::Registry;

pub(super) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
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
            let head = self.ask(Method::HEAD, &path, ANY_MANIFEST).await?.accepted()?;
            let given = head.headers.get(DIGEST).and_then(|value| value.to_str().ok());
            if let Some(given) = given {
                return given
                    .parse()
                    .map_err(|_| malformed("its digest is no sha256 digest"));
            }
            let got = self.ask(Method::GET, &path, ANY_MANIFEST).await?.accepted()?;
            Ok(Digest::of(&got.body))
        };
        self.timed(resolved).await.map_err(named)
    }

    /// The bytes of a manifest, checked against its digest.
    pub(super) async fn manifest(&self, digest: &Digest) -> Result<Bytes, EndpointError> {
        let path = self.manifest_path(&digest.to_string())?;
        let got = async { self.ask(Method::GET, &path, MANIFEST_TYPE).await?.accepted() };
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
        loop {
            let after = tags
                .last()
                .map(|last| format!("&last={last}"))
                .unwrap_or_default();
            let path = format!("tags/list?n={PAGE}{after}");
            let page = self
                .ask(Method::GET, &path, "application/json")
                .await?
                .accepted()?;
            let page: Tags =
                serde_json::from_slice(&page.body).map_err(|_| malformed("its list of tags is malformed"))?;
            let page = page.tags.unwrap_or_default();
            let full = page.len() >= PAGE;
            // O7: a page that repeats what is known would go on for ever.
            let fresh = page
                .first()
                .is_some_and(|first| Some(first) != tags.last() && !tags.contains(first));
            if fresh {
                tags.extend(page.into_iter().filter(|tag| is_tag(tag)));
            }
            if !full || !fresh {
                return Ok(tags);
            }
            if tags.len() > MAX_TAGS {
                return Err(malformed("the repository has more than 100,000 tags"));
            }
        }
    }

    /// The path of a manifest below the repository.
    pub(super) fn manifest_path(&self, reference: &str) -> Result<String, EndpointError> {
        if !is_tag(reference) && reference.parse::<Digest>().is_err() {
            let shown: String = reference.chars().take(128).collect();
            return Err(EndpointError::Invalid(format!("{shown:?} is no tag")));
        }
        Ok(format!("manifests/{reference}"))
    }

    /// Asks for something of the repository, whatever the status; at most 4 MiB. Redirects are followed, without the
    /// credentials to other hosts.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        accept: &str,
    ) -> Result<Answer, EndpointError> {
        let mut headers = self.authorization().await?;
        let accept = HeaderValue::from_str(accept).map_err(|error| malformed(&error.to_string()))?;
        headers.insert(ACCEPT, accept);
        let url = self
            .base
            .join(&format!("/v2/{}/{path}", self.reference.repository));
        let request = Outgoing {
            method,
            url: url.map_err(|_| EndpointError::Invalid("invalid registry address".into()))?,
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

    /// The header with the token or the credentials; a token is asked for once.
    async fn authorization(&self) -> Result<HeaderMap, EndpointError> {
        let scope = format!("repository:{}:pull", self.reference.repository);
        let asked = authenticate(&self.client, &self.base, &scope, self.login.as_ref());
        let auth = self.pull.get_or_try_init(|| asked).await?;
        let mut headers = HeaderMap::new();
        match auth {
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
        let told = self.told();
        match self.status {
            200..300 => Ok(self),
            404 => Err(EndpointError::NotFound(
                told.unwrap_or_else(|| "not found in the registry".into()),
            )),
            401 | 403 => Err(EndpointError::Unauthorized(
                told.unwrap_or_else(|| "the registry refused".into()),
            )),
            status => Err(EndpointError::Transient {
                message: told.unwrap_or_else(|| format!("the registry answered with status {status}")),
                after_ms: None,
            }),
        }
    }

    /// What the registry says is wrong (distribution-spec, error codes).
    fn told(&self) -> Option<String> {
        let errors: Errors = serde_json::from_slice(&self.body).ok()?;
        let RegistryError { code, message } = errors.errors.into_iter().next()?;
        Some(format!("{code}: {message}").chars().take(MAX_TOLD).collect())
    }
}

fn malformed(reason: &str) -> EndpointError {
    EndpointError::Failed(reason.to_owned())
}

//! One repository of a registry: versions become digests, digests become checked bytes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use oci_client::Reference;
use oci_client::client::{Certificate, CertificateEncoding, Client, ClientConfig, ClientProtocol};
use oci_client::errors::{OciDistributionError, OciErrorCode};
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use sluice_model::port::EndpointError;
use sluice_model::{Digest, SecretData};
use sluice_semver as semver;
use tokio::io::AsyncWrite;
use tokio::sync::OnceCell;
use url::Url;

use crate::client::CheckedClient;
use crate::egress::EgressPolicy;
use crate::oci::checking_proxy::CheckingProxy;
use crate::oci::component::{Component, MANIFEST_TYPE, MAX_MANIFEST, PulledComponent, compose, inspect};
use crate::oci::login::{Login, authenticate};
use crate::oci::reference::{RegistryReference, Version, is_tag};
use crate::proxy::ProxySettings;
use crate::redact::Redactor;
use crate::tls::TlsMaterial;

/// The actions of whoever only reads.
pub(super) const PULL: &str = "pull";
/// What a registry may send beside the component: manifests, tokens, lists of tags, TLS.
const OVERHEAD: u64 = 64 * 1024 * 1024;

/// One repository of a registry, with the credentials for it.
#[derive(Clone)]
pub struct RegistryTarget {
    /// `oci://HOST/REPO`; a tag or digest in it is not used here.
    pub url: String,
    /// A docker config (`.dockerconfigjson`) that names the host, or `username` and `password`.
    pub secret: Option<SecretData>,
    /// May hold `ca.crt`.
    pub tls: Option<SecretData>,
    /// Holds `address`, `username`, `password` of a proxy.
    pub proxy: Option<SecretData>,
    /// Speaks plain HTTP.
    pub insecure: bool,
    /// Of each operation.
    pub timeout: Duration,
}

/// A repository of a registry, ready for use.
pub struct Registry {
    pub(super) reference: RegistryReference,
    pub(super) base: Url,
    insecure: bool,
    tls: TlsMaterial,
    login: Option<Login>,
    /// What requests that read carry.
    pub(super) pull: OnceCell<RegistryAuth>,
    proxy: Option<ProxySettings>,
    policy: EgressPolicy,
    pub(super) client: CheckedClient,
    timeout: Duration,
    redactor: Redactor,
}

/// A client of oci-client with what it speaks through.
struct Session {
    client: Client,
    auth: RegistryAuth,
    proxy: CheckingProxy,
}

impl Registry {
    pub(crate) fn new(
        target: &RegistryTarget,
        client: CheckedClient,
        tls: TlsMaterial,
        proxy: Option<ProxySettings>,
        policy: EgressPolicy,
    ) -> Result<Self, EndpointError> {
        let reference = RegistryReference::parse(&target.url)
            .map_err(|error| EndpointError::Invalid(error.to_string()))?;
        let scheme = if target.insecure { "http" } else { "https" };
        let base = Url::parse(&format!("{scheme}://{}/", reference.host))
            .map_err(|error| EndpointError::Invalid(format!("invalid registry host: {error}")))?;
        policy.check_url(&base, &[scheme])?;
        if tls.has_identity() {
            return Err(EndpointError::Invalid(
                "client certificates are not supported for registries".into(),
            ));
        }
        let login = target
            .secret
            .as_ref()
            .map(|secret| Login::from_secret(secret, &reference.host))
            .transpose()?;
        let mut redactor = Redactor::default();
        login
            .iter()
            .for_each(|login| redactor.add_basic(&login.username, &login.password));
        let (insecure, timeout) = (target.insecure, target.timeout);
        Ok(Self {
            reference,
            base,
            insecure,
            tls,
            login,
            pull: OnceCell::new(),
            proxy,
            policy,
            client,
            timeout,
            redactor,
        })
    }

    /// The digest of the manifest behind a version.
    ///
    /// # Errors
    /// There is none, or the registry cannot be asked.
    pub async fn resolve(&self, version: &Version) -> Result<Digest, EndpointError> {
        match version {
            Version::Digest(digest) => Ok(*digest),
            Version::Tag(tag) => self.resolve_tag(tag).await,
            Version::Semver(range) => self.resolve_tag(&self.best_tag(range).await?).await,
        }
    }

    /// The tag of the highest version in a range.
    ///
    /// # Errors
    /// The range is malformed, no tag is in it, or the registry cannot be asked.
    pub async fn best_tag(&self, range: &str) -> Result<String, EndpointError> {
        let constraint = semver::Constraint::parse(range)
            .map_err(|error| EndpointError::Invalid(format!("invalid semver {range:?}: {error}")))?;
        let tags = self.tags().await?;
        let versions = tags.iter().filter_map(|tag| semver::Version::parse_tag(tag).ok());
        let best = versions.filter(|version| constraint.allows(version)).max();
        best.map(|version| version.original().to_owned())
            .ok_or_else(|| EndpointError::NotFound(format!("no tag matches semver {range:?}")))
    }

    /// The component with this manifest digest, checked against it.
    ///
    /// # Errors
    /// It does not exist, is no component, has more than `max_bytes`, or differs from its digests.
    pub async fn pull(&self, digest: &Digest, max_bytes: u64) -> Result<PulledComponent, EndpointError> {
        let manifest = self.manifest(digest).await?;
        let (layer, annotations) =
            inspect(&manifest, max_bytes).map_err(|reason| self.named(EndpointError::Denied(reason)))?;
        let layer_digest = layer
            .digest
            .parse()
            .map_err(|_| self.named(EndpointError::Denied("the layer has no sha256 digest".into())))?;
        let bytes = self.blob(&layer_digest, layer.size).await?;
        Ok(PulledComponent {
            digest: *digest,
            bytes,
            annotations,
        })
    }

    /// The bytes of a blob of this size, checked against its digest.
    pub(super) async fn blob(&self, digest: &Digest, size: u64) -> Result<Bytes, EndpointError> {
        let limit = usize::try_from(size).unwrap_or(usize::MAX);
        let mut out = Bounded {
            bytes: BytesMut::with_capacity(limit.min(MAX_MANIFEST)),
            limit,
        };
        // Without the URLs that a descriptor may carry: nothing is read from elsewhere (O5).
        let descriptor = OciDescriptor {
            digest: digest.to_string(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            ..OciDescriptor::default()
        };
        let image = self.image("latest")?;
        self.session(PULL, size + OVERHEAD, async |session| {
            session
                .client
                .store_auth_if_needed(image.resolve_registry(), &session.auth)
                .await;
            session.client.pull_blob(&image, &descriptor, &mut out).await
        })
        .await?;
        let bytes = out.bytes.freeze();
        if Digest::of(&bytes) != *digest {
            return Err(self.named(EndpointError::Failed(format!("the layer is not {digest}"))));
        }
        Ok(bytes)
    }

    /// Pushes a component under a tag; the digest of its manifest.
    ///
    /// # Errors
    /// The tag is malformed, or the registry refuses.
    pub async fn push(&self, tag: &str, component: &Component) -> Result<Digest, EndpointError> {
        let image = self.image(tag)?;
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let upload = compose(component, &now)
            .map_err(|error| EndpointError::Failed(format!("failed to write the manifest: {error}")))?;
        self.session("pull,push", OVERHEAD, async |session| {
            let client = &session.client;
            client
                .store_auth_if_needed(image.resolve_registry(), &session.auth)
                .await;
            client
                .push_blob(&image, component.bytes.clone(), &upload.layer_digest)
                .await?;
            client
                .push_blob(&image, upload.config.clone(), &upload.config_digest)
                .await?;
            let kind = HeaderValue::from_static(MANIFEST_TYPE);
            client
                .push_manifest_raw(&image, upload.manifest.clone(), kind)
                .await
        })
        .await?;
        Ok(Digest::of(&upload.manifest))
    }

    fn image(&self, tag: &str) -> Result<Reference, EndpointError> {
        if !is_tag(tag) {
            return Err(EndpointError::Invalid(format!(
                "{:?} is no tag",
                tag.chars().take(128).collect::<String>()
            )));
        }
        let RegistryReference { host, repository, .. } = self.reference.clone();
        Ok(Reference::with_tag(host, repository, tag.to_owned()))
    }

    /// Runs one operation with a client of its own behind a checking proxy of its own, within the timeout.
    async fn session<T>(
        &self,
        actions: &str,
        budget: u64,
        work: impl AsyncFnOnce(&Session) -> Result<T, OciDistributionError>,
    ) -> Result<T, EndpointError> {
        let whole = async {
            let session = self.connect(actions, budget).await?;
            let done = work(&session).await;
            done.map_err(|error| session.proxy.take_refusal().unwrap_or_else(|| classify(&error)))
        };
        self.timed(whole).await.map_err(|error| self.named(error))
    }

    /// Ends what lasts longer than an operation may.
    pub(super) async fn timed<T>(
        &self,
        work: impl Future<Output = Result<T, EndpointError>>,
    ) -> Result<T, EndpointError> {
        let done = tokio::time::timeout(self.timeout, work).await;
        done.unwrap_or_else(|_| {
            let message = format!("timed out after {:?}", self.timeout);
            Err(EndpointError::Transient {
                message,
                after_ms: None,
            })
        })
    }

    /// What requests for these actions carry.
    pub(super) async fn authenticate(&self, actions: &str) -> Result<RegistryAuth, EndpointError> {
        let scope = format!("repository:{}:{actions}", self.reference.repository);
        authenticate(&self.client, &self.base, &scope, self.login.as_ref()).await
    }

    async fn connect(&self, actions: &str, budget: u64) -> Result<Session, EndpointError> {
        // oci-client asks for an anonymous token itself
        let auth = match (&self.login, actions) {
            (None, _) => RegistryAuth::Anonymous,
            (Some(_), PULL) => self.pull_auth().await?.clone(),
            (Some(_), _) => self.authenticate(actions).await?,
        };
        let proxy = CheckingProxy::start(self.policy, self.proxy.clone(), budget).await?;
        let pem = self.tls.ca_pem();
        let certificates = (!pem.is_empty()).then(|| Certificate {
            encoding: CertificateEncoding::Pem,
            data: pem.to_vec(),
        });
        let config = ClientConfig {
            protocol: if self.insecure {
                ClientProtocol::Http
            } else {
                ClientProtocol::Https
            },
            extra_root_certificates: certificates.into_iter().collect(),
            platform_resolver: None,
            user_agent: concat!("sluice/", env!("CARGO_PKG_VERSION")),
            http_proxy: Some(proxy.address().to_owned()),
            https_proxy: Some(proxy.address().to_owned()),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config)
            .map_err(|_| EndpointError::Invalid("failed to set up a registry client".into()))?;
        Ok(Session { client, auth, proxy })
    }

    /// Names the repository, without credentials.
    pub(super) fn named(&self, error: EndpointError) -> EndpointError {
        let place = format!("oci://{}/{}", self.reference.host, self.reference.repository);
        error.map(|text| format!("{}: {place}", self.redactor.text(&text)))
    }
}

fn classify(error: &OciDistributionError) -> EndpointError {
    let transient = |message: String| EndpointError::Transient {
        message,
        after_ms: None,
    };
    match error {
        OciDistributionError::AuthenticationFailure(_) | OciDistributionError::UnauthorizedError { .. } => {
            EndpointError::Unauthorized("the registry wants other credentials".into())
        }
        OciDistributionError::RegistryError { envelope, .. } => {
            let code = envelope.errors.first().map(|error| &error.code);
            let text = envelope.to_string().chars().take(300).collect();
            match code {
                Some(
                    OciErrorCode::ManifestUnknown
                    | OciErrorCode::NameUnknown
                    | OciErrorCode::BlobUnknown
                    | OciErrorCode::NotFound,
                ) => EndpointError::NotFound(text),
                Some(OciErrorCode::Unauthorized | OciErrorCode::Denied) => EndpointError::Unauthorized(text),
                _ => transient(text),
            }
        }
        OciDistributionError::ServerError { code: 404, .. }
        | OciDistributionError::ImageManifestNotFoundError(_) => {
            EndpointError::NotFound("not found in the registry".into())
        }
        OciDistributionError::ServerError { code: 401 | 403, .. } => {
            EndpointError::Unauthorized("the registry refused".into())
        }
        OciDistributionError::ServerError { code, .. } => {
            transient(format!("the registry answered with status {code}"))
        }
        OciDistributionError::RequestError(error) => crate::client::classify(error),
        OciDistributionError::DigestError(error) => EndpointError::Failed(error.to_string()),
        OciDistributionError::IoError(error) => EndpointError::Failed(error.to_string()),
        _ => EndpointError::Failed("the registry's answer is malformed".into()),
    }
}

/// Takes as many bytes as the descriptor said, and no more.
struct Bounded {
    bytes: BytesMut,
    limit: usize,
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        if self.bytes.len() + data.len() > self.limit {
            return Poll::Ready(Err(io::Error::other(
                "the layer is larger than its descriptor says",
            )));
        }
        self.bytes.extend_from_slice(data);
        Poll::Ready(Ok(data.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// P10, O3: a layer that is larger than announced ends the pull.
    #[tokio::test]
    async fn o3_takes_no_more_than_announced() {
        let mut out = Bounded {
            bytes: BytesMut::new(),
            limit: 3,
        };
        out.write_all(b"abc").await.expect("fits");
        assert!(out.write_all(b"d").await.is_err());
        assert_eq!(out.bytes.as_ref(), b"abc");
    }
}

//! The ports by which stages and plugins reach the outside; transport, artifact and cluster implement them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::digest::Digest;
use crate::manifests::Object;
use crate::memo::Trace;
use crate::tree::{Tree, TreeRead};

/// Why an endpoint gave no answer. Messages never hold credentials or secret addresses.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EndpointError {
    /// The address or option is not acceptable; only a change of spec helps.
    #[error("{0}")]
    Invalid(String),
    /// What was asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// Credentials are missing or refused.
    #[error("{0}")]
    Unauthorized(String),
    /// Refused by the egress policy.
    #[error("{0}")]
    Denied(String),
    /// May work later.
    #[error("{message}")]
    Transient {
        /// What failed.
        message: String,
        /// Least wait, in milliseconds.
        after_ms: Option<u64>,
    },
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl EndpointError {
    /// The same case with another text.
    #[must_use]
    pub fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Invalid(text) => Self::Invalid(change(text)),
            Self::NotFound(text) => Self::NotFound(change(text)),
            Self::Unauthorized(text) => Self::Unauthorized(change(text)),
            Self::Denied(text) => Self::Denied(change(text)),
            Self::Transient { message, after_ms } => Self::Transient {
                message: change(message),
                after_ms,
            },
            Self::Failed(text) => Self::Failed(change(text)),
        }
    }
}

/// Hash of an HMAC signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HmacAlgorithm {
    /// HMAC-SHA1.
    Sha1,
    /// HMAC-SHA256.
    Sha256,
    /// HMAC-SHA512.
    Sha512,
}

/// A signature that the host adds over the bytes it sends.
#[derive(Debug, Clone)]
pub struct HttpSignature {
    /// Header's name.
    pub header: String,
    /// Text before the hexadecimal digest.
    pub prefix: String,
    /// Hash.
    pub algorithm: HmacAlgorithm,
}

/// A request to a bound endpoint; the endpoint adds address and credentials.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// For example `POST`.
    pub method: String,
    /// Appended to the endpoint's address; empty for the address itself.
    pub path: String,
    /// Added to the query.
    pub query: Vec<(String, String)>,
    /// Without credentials.
    pub headers: Vec<(String, String)>,
    /// Bytes to send.
    pub body: Bytes,
    /// Asked-for signature.
    pub sign: Option<HttpSignature>,
}

/// What an endpoint answered.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Without credentials.
    pub headers: Vec<(String, String)>,
    /// Bounded by the endpoint.
    pub body: Bytes,
}

/// One HTTP address with its credentials, made by the host for one object.
#[async_trait]
pub trait HttpEndpoint: Send + Sync {
    /// Sends one request.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, EndpointError>;
}

/// An advertised Git reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitReference {
    /// Full name.
    pub name: String,
    /// Hexadecimal object id.
    pub oid: String,
    /// Object behind an annotated tag.
    pub peeled: Option<String>,
}

/// One Git repository with its credentials, made by the host for one object.
#[async_trait]
pub trait GitEndpoint: Send + Sync {
    /// References whose names start with one of the prefixes, sorted by name.
    async fn refs(&self, prefixes: Vec<String>) -> Result<Vec<GitReference>, EndpointError>;
    /// Raw content of a commit or tag object.
    async fn object(&self, oid: String) -> Result<Bytes, EndpointError>;
    /// The tree of a commit; symlinks and submodules are left out.
    async fn snapshot(&self, oid: String, name: Option<String>) -> Result<Tree, EndpointError>;
}

/// An OCI manifest's layer.
#[derive(Debug, Clone)]
pub struct OciLayer {
    /// For example `application/vnd.oci.image.layer.v1.tar+gzip`.
    pub media_type: String,
    /// `sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// A verified OCI image manifest.
#[derive(Debug, Clone)]
pub struct OciManifest {
    /// Of the manifest.
    pub media_type: String,
    /// Of the config.
    pub config_media_type: String,
    /// Of the manifest.
    pub annotations: Vec<(String, String)>,
    /// In order.
    pub layers: Vec<OciLayer>,
}

/// One OCI repository with its credentials, made by the host for one object.
#[async_trait]
pub trait OciEndpoint: Send + Sync {
    /// Digest behind a tag or digest.
    async fn resolve(&self, reference: String) -> Result<String, EndpointError>;
    /// All tags.
    async fn tags(&self) -> Result<Vec<String>, EndpointError>;
    /// A manifest by digest.
    async fn manifest(&self, digest: String) -> Result<OciManifest, EndpointError>;
    /// A blob by digest, verified.
    async fn blob(&self, digest: String) -> Result<Bytes, EndpointError>;
    /// A gzipped tar layer as a tree.
    async fn unpack(&self, digest: String) -> Result<Tree, EndpointError>;
}

/// Reads objects of a cluster with the tenant's identity, for chart renderers.
#[async_trait]
pub trait ClusterLookup: Send + Sync {
    /// The object (or a `List` for an empty name) as JSON, none when it does not exist.
    async fn lookup(
        &self,
        api_version: String,
        kind: String,
        namespace: String,
        name: String,
    ) -> Result<Option<String>, EndpointError>;
}

/// Something encrypted could not be decrypted. The message names object, file or field, never a key or plaintext.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to decrypt {place}: {reason}")]
pub struct DecryptError {
    /// The file, or the object and its field.
    pub place: String,
    /// Why.
    pub reason: String,
}

/// Decrypts what the sources of an object hold encrypted; the keys stay behind it.
#[async_trait]
pub trait Decryptor: Send + Sync {
    /// Names the keys: what one of two decryptors with the same name gives, the other gives too.
    fn fingerprint(&self) -> Digest;

    /// The tree as a renderer may read it: the files that the sources below `root` name as to be decrypted hold their
    /// plaintext, under the ids, sizes and names of what is stored.
    async fn open(&self, tree: Arc<dyn TreeRead>, root: &str) -> Result<Arc<dyn TreeRead>, DecryptError>;

    /// The rendered objects, decrypted.
    async fn objects(&self, objects: Vec<Object>) -> Result<Vec<Object>, DecryptError>;
}

/// A stored render: the traces under a key with their outputs.
pub trait MemoStore: Send + Sync {
    /// The traces under a key, newest first, each with the digest of its output.
    fn traces(&self, key: &Digest) -> Vec<(Trace, Digest)>;
    /// Stores a trace with its output; `durable` outputs survive a restart, others stay in memory.
    fn store(&self, key: &Digest, trace: Trace, output: Bytes, durable: bool) -> Digest;
    /// An output by its digest.
    fn output(&self, digest: &Digest) -> Option<Bytes>;
}

/// What the sandbox may hand to one plugin call: the object's own endpoints by binding name.
#[derive(Clone, Default)]
pub struct Bindings {
    /// HTTP endpoints.
    pub http: Vec<(String, Arc<dyn HttpEndpoint>)>,
    /// Git repositories.
    pub git: Vec<(String, Arc<dyn GitEndpoint>)>,
    /// OCI repositories.
    pub oci: Vec<(String, Arc<dyn OciEndpoint>)>,
    /// The tenant's view of its cluster.
    pub cluster: Option<Arc<dyn ClusterLookup>>,
}

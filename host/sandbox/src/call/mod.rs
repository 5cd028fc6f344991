//! One call of a plugin: what it brings, and the host functions it may use, a file an interface.

mod cluster;
pub(crate) mod files;
mod git;
mod http;
pub(crate) mod log;
mod oci;

use std::fmt;

use sluice_model::port::{Bindings, EndpointError};

use crate::bindings::imports::sluice::plugin::types::{Error, Retry};
use crate::error::GuestError;
use crate::limits::Limits;
use crate::text;

/// The object that a call is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallObject {
    /// For example `Kustomization`.
    pub kind: String,
    /// Its namespace; permits are counted by it.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl fmt::Display for CallObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.kind, self.namespace, self.name)
    }
}

/// What every call brings: who it is for, what it may use, and the object's own endpoints.
#[derive(Clone)]
pub struct Call {
    /// The object.
    pub object: CallObject,
    /// Lowered to the operator's ceiling.
    pub limits: Limits,
    /// The object's endpoints by binding name.
    pub bindings: Bindings,
}

impl Call {
    /// A call without endpoints.
    pub fn new(object: CallObject, limits: Limits) -> Self {
        Self {
            object,
            limits,
            bindings: Bindings::default(),
        }
    }

    /// The same call with these endpoints.
    #[must_use]
    pub fn with_bindings(mut self, bindings: Bindings) -> Self {
        self.bindings = bindings;
        self
    }
}

/// Randomness and time of one call.
#[derive(Clone, PartialEq, Eq)]
pub struct Entropy {
    /// From the operating system; never derived from inputs, logged or stored.
    pub seed: [u8; 32],
    /// Milliseconds since the Unix epoch.
    pub now_ms: u64,
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entropy")
            .field("now_ms", &self.now_ms)
            .finish_non_exhaustive()
    }
}

impl Entropy {
    /// A fresh seed and the time now.
    pub fn fresh() -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            seed: rand::random(),
            now_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// A fixed seed and time, for tests and `--seed`.
    pub fn fixed(seed: [u8; 32], now_ms: u64) -> Self {
        Self { seed, now_ms }
    }
}

/// An object that the guest looked up in the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// For example `v1`.
    pub api_version: String,
    /// For example `Secret`.
    pub kind: String,
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    /// Empty for a list.
    pub name: String,
    /// Of the answer's JSON; none when nothing was found.
    pub answer: Option<sluice_model::Digest>,
}

/// The endpoint with this name.
pub(crate) fn bound<'a, T: ?Sized>(
    endpoints: &'a [(String, std::sync::Arc<T>)],
    name: &str,
) -> Result<&'a std::sync::Arc<T>, Error> {
    let found = endpoints.iter().find(|(bound, _)| bound == name);
    found.map(|(_, endpoint)| endpoint).ok_or_else(|| {
        Error::Denied(format!(
            "no binding {:?} of this kind for this object",
            text::one_line(name, 64)
        ))
    })
}

/// An endpoint's error as the contract says it.
pub(crate) fn endpoint_error(error: EndpointError) -> Error {
    match error {
        EndpointError::Invalid(message) => Error::InvalidConfig(message),
        EndpointError::NotFound(message) => Error::NotFound(message),
        EndpointError::Unauthorized(message) | EndpointError::Denied(message) => Error::Denied(message),
        EndpointError::Transient { message, after_ms } => Error::Transient(Retry { message, after_ms }),
        EndpointError::Failed(message) => Error::Failed(message),
    }
}

/// Most names in one `needs-input`.
const MAX_NEEDED: usize = 256;
/// Bytes of the longest of them; a chart's is as long as its values. A longer one is cut, and answered by nobody.
const MAX_NEED: usize = 1 << 20;

/// What the guest said, bounded and without control characters.
pub(crate) fn guest_error(error: Error) -> GuestError {
    match error {
        Error::InvalidConfig(message) => GuestError::InvalidConfig(text::message(&message)),
        Error::NotFound(message) => GuestError::NotFound(text::message(&message)),
        Error::Denied(message) => GuestError::Denied(text::message(&message)),
        Error::Transient(retry) => GuestError::Transient {
            message: text::message(&retry.message),
            after_ms: retry.after_ms,
        },
        Error::NeedsInput(names) => GuestError::NeedsInput(
            names
                .iter()
                .take(MAX_NEEDED)
                .map(|name| text::one_line(name, MAX_NEED))
                .collect(),
        ),
        Error::Failed(message) => GuestError::Failed(text::message(&message)),
    }
}

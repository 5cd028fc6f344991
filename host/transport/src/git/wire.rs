//! How libgit2 reaches a remote: one registered transport whose streams go over our own HTTP client and SSH session.
//!
//! libgit2 never sees the remote's address or credentials: it is given the address `sluice://remote`, and the transport
//! registered for that scheme takes the real one from the operation that runs on this thread. So none of libgit2's
//! own transports, redirect rules or configuration files can be reached by a URL.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream, Transport};
use parking_lot::Mutex;
use sluice_model::port::EndpointError;
use tokio::runtime::Handle;

use crate::client::CheckedClient;
use crate::egress::EgressPolicy;
use crate::git::credentials::Credentials;
use crate::git::smart_http::{Advertisement, HttpStream};
use crate::git::ssh::SshSession;
use crate::git::url::{GitUrl, Scheme};
use crate::proxy::ProxySettings;

/// The address that libgit2 is given for every remote.
pub(crate) const ADDRESS: &str = "sluice://remote";
/// Most bytes that one operation reads from a remote.
const MAX_RECEIVED: u64 = 4 * 1024 * 1024 * 1024;

thread_local! {
    static CURRENT: RefCell<Option<Arc<Operation>>> = const { RefCell::new(None) };
}

/// One remote with what it is reached by; lives as long as its endpoint.
pub(crate) struct Wire {
    pub url: GitUrl,
    pub credentials: Credentials,
    pub client: CheckedClient,
    pub proxy: Option<ProxySettings>,
    pub policy: EgressPolicy,
    pub runtime: Handle,
    /// What an HTTP remote advertised, for the second connection of the same endpoint.
    pub advertisement: Mutex<Option<Advertisement>>,
    /// The SSH session, kept between the connections of the same endpoint.
    pub ssh: Mutex<Option<SshSession>>,
}

/// One use of a remote by libgit2, with its deadline.
pub(crate) struct Operation {
    pub wire: Arc<Wire>,
    pub deadline: Instant,
    pub timeout: Duration,
    /// Asks an HTTP server for any commit that it can reach, not only for advertised ones.
    pub any_commit: bool,
    failure: Mutex<Option<EndpointError>>,
    received: AtomicU64,
}

impl Operation {
    pub fn new(wire: Arc<Wire>, timeout: Duration, deadline: Instant, any_commit: bool) -> Arc<Self> {
        Arc::new(Self {
            wire,
            deadline,
            timeout,
            any_commit,
            failure: Mutex::default(),
            received: AtomicU64::new(0),
        })
    }

    /// Runs libgit2 calls on this thread with this operation as their remote.
    ///
    /// # Errors
    /// What the transport saw, or what libgit2 says.
    pub fn run<T>(
        self: &Arc<Self>,
        work: impl FnOnce() -> Result<T, git2::Error>,
    ) -> Result<T, EndpointError> {
        register()?;
        let _current = Current::enter(self.clone());
        work().map_err(|error| self.explain(&error))
    }

    /// Time left until the deadline.
    ///
    /// # Errors
    /// The deadline is over.
    pub fn remaining(&self) -> Result<Duration, EndpointError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(self.timed_out())
        } else {
            Ok(left)
        }
    }

    pub fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    fn timed_out(&self) -> EndpointError {
        let message = format!("timed out after {:?}", self.timeout);
        EndpointError::Transient {
            message,
            after_ms: None,
        }
    }

    /// Runs asynchronous work on the runtime, from this blocking thread, until the deadline.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, EndpointError>>) -> Result<T, EndpointError> {
        let left = self.remaining()?;
        let limited = async { tokio::time::timeout(left, work).await };
        self.wire
            .runtime
            .block_on(limited)
            .unwrap_or_else(|_| Err(self.timed_out()))
    }

    /// Counts bytes from the remote.
    pub fn count(&self, bytes: usize) -> Result<(), EndpointError> {
        let before = self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        if before + bytes as u64 > MAX_RECEIVED {
            return Err(EndpointError::Failed("the remote sent more than 4 GiB".into()));
        }
        Ok(())
    }

    /// Keeps the first failure: libgit2 only carries a text.
    pub fn fail(&self, error: EndpointError) -> io::Error {
        let text = io::Error::other(error.to_string().replace('\0', " "));
        self.failure.lock().get_or_insert(error);
        text
    }

    fn explain(&self, error: &git2::Error) -> EndpointError {
        if let Some(failure) = self.failure.lock().take() {
            return failure;
        }
        if self.is_over() {
            return self.timed_out();
        }
        let text = self.wire.credentials.redactor.text(error.message());
        EndpointError::Transient {
            message: text,
            after_ms: None,
        }
    }
}

/// Sets the operation of this thread, until it is dropped.
struct Current;

impl Current {
    fn enter(operation: Arc<Operation>) -> Self {
        CURRENT.with_borrow_mut(|current| *current = Some(operation));
        Self
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|current| *current = None);
    }
}

/// Registers the transport, once a process.
fn register() -> Result<(), EndpointError> {
    static REGISTERED: OnceLock<Result<(), String>> = OnceLock::new();
    let done = REGISTERED.get_or_init(|| {
        // libgit2 keeps its list of transports without a lock. SAFETY: the list is written here only, once, and every
        // use of a remote in this process comes through `Operation::run`, after this call has returned.
        #[allow(unsafe_code)]
        let registered = unsafe { git2::transport::register("sluice", connect) };
        registered.map_err(|error| error.message().to_owned())
    });
    done.clone().map_err(EndpointError::Failed)
}

fn connect(remote: &git2::Remote<'_>) -> Result<Transport, git2::Error> {
    let operation = CURRENT.with_borrow(Clone::clone);
    let operation = operation.ok_or_else(|| git2::Error::from_str("no operation runs on this thread"))?;
    let stateless = operation.wire.url.scheme == Scheme::Http;
    Transport::smart(remote, stateless, Connection { operation })
}

/// What libgit2 holds of a remote.
struct Connection {
    operation: Arc<Operation>,
}

impl SmartSubtransport for Connection {
    fn action(&self, _: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let operation = &self.operation;
        let opened: Result<Box<dyn SmartSubtransportStream>, EndpointError> =
            match (operation.wire.url.scheme, action) {
                (_, Service::ReceivePackLs | Service::ReceivePack) => {
                    Err(EndpointError::Denied("this endpoint only reads".into()))
                }
                (Scheme::Http, Service::UploadPackLs) => {
                    Advertisement::read(operation).map(|seen| Box::new(ReadOnly(io::Cursor::new(seen))) as _)
                }
                (Scheme::Http, Service::UploadPack) => Ok(Box::new(HttpStream::new(operation.clone()))),
                (Scheme::Ssh, _) => SshSession::open(operation).map(|stream| Box::new(stream) as _),
            };
        opened.map_err(|error| {
            let text = operation.fail(error).to_string();
            git2::Error::new(git2::ErrorCode::GenericError, git2::ErrorClass::Net, text)
        })
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// A read of bytes that are here.
pub(crate) fn take(chunk: &mut Bytes, buffer: &mut [u8]) -> usize {
    let length = chunk.len().min(buffer.len());
    buffer[..length].copy_from_slice(&chunk.split_to(length));
    length
}

/// A cursor over the advertisement is a stream that nothing is written to.
#[derive(Debug)]
pub(crate) struct ReadOnly(pub io::Cursor<Bytes>);

impl Read for ReadOnly {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for ReadOnly {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("nothing is written to an advertisement"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

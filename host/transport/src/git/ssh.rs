//! The SSH session of a Git remote: connected to a checked address, authenticated against the Secret's known_hosts
//! under the name that the URL gives, with strong algorithms only.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use sluice_model::port::EndpointError;
use ssh2::{Channel, ErrorCode, MethodType, Session};

use crate::git::credentials::SshIdentity;
use crate::git::known_hosts::KeyVerdict;
use crate::git::url::shell_quoted;
use crate::git::wire::{Operation, Wire};
use crate::proxy::connect_any;

/// None with SHA-1; libssh2 adds RFC 8308 and strict key exchange (CVE-2023-48795) itself and strips names that it does
/// not know.
const KEY_EXCHANGES: &str = "mlkem768x25519-sha256,curve25519-sha256,curve25519-sha256@libssh.org,\
ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,\
diffie-hellman-group18-sha512,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha256";
const CIPHERS: &str = "aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr";
const MACS: &str = "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha2-256,hmac-sha2-512";
/// Longest error text of the server that is kept.
const MAX_STDERR: u64 = 2048;
/// libssh2's numbers for what is told apart (libssh2.h).
const KEY_EXCHANGE_FAILURE: [i32; 2] = [-5, -8];
const REFUSED_KEY: [i32; 2] = [-18, -19];
const UNREADABLE_KEY: i32 = -16;
const TIMEOUT: [i32; 2] = [-9, -30];

/// An authenticated session.
pub(crate) struct SshSession(Session);

impl SshSession {
    /// A stream to `git-upload-pack` of the remote's repository, over the endpoint's session.
    pub fn open(operation: &Arc<Operation>) -> Result<SshStream, EndpointError> {
        let mut kept = operation.wire.ssh.lock();
        let session = match kept.take() {
            Some(session) => session,
            None => Self::connect(operation)?,
        };
        session.0.set_timeout(milliseconds(operation.remaining()?));
        let channel = session.upload_pack(operation)?;
        let stream = SshStream {
            channel,
            session: session.0.clone(),
            operation: operation.clone(),
            answered: false,
        };
        *kept = Some(session);
        Ok(stream)
    }

    fn connect(operation: &Operation) -> Result<Self, EndpointError> {
        let wire = &operation.wire;
        let identity = wire.credentials.ssh.as_ref().ok_or_else(|| {
            EndpointError::Unauthorized("invalid 'ssh' auth option: 'identity' is required".into())
        })?;
        let (host, port) = (wire.url.host.as_str(), wire.url.port);
        let algorithms = identity.known_hosts.algorithms(host, port).ok_or_else(|| {
            EndpointError::Denied(format!(
                "host key check failed: known_hosts has no usable key of {host}:{port}"
            ))
        })?;
        let stream = operation.wait(dial(wire, operation.remaining()?))?;
        let mut session = Session::new().map_err(|error| explain(&error, "set up the session"))?;
        session.set_tcp_stream(stream);
        session.set_timeout(milliseconds(operation.remaining()?));
        let preferences = [
            (MethodType::HostKey, algorithms.as_str()),
            (MethodType::Kex, KEY_EXCHANGES),
            (MethodType::CryptCs, CIPHERS),
            (MethodType::CryptSc, CIPHERS),
            (MethodType::MacCs, MACS),
            (MethodType::MacSc, MACS),
        ];
        for (method, names) in preferences {
            session
                .method_pref(method, names)
                .map_err(|error| explain(&error, "choose algorithms"))?;
        }
        session
            .handshake()
            .map_err(|error| explain(&error, "shake hands"))?;
        check_host_key(&session, identity, host, port)?;
        let passphrase = identity.passphrase.as_ref().map(|text| text.as_str());
        session
            .userauth_pubkey_memory(&wire.url.user, None, &identity.key, passphrase)
            .map_err(|error| explain(&error, "log in"))?;
        Ok(Self(session))
    }

    fn upload_pack(&self, operation: &Operation) -> Result<Channel, EndpointError> {
        let command = format!("git-upload-pack {}", shell_quoted(&operation.wire.url.path));
        let mut channel = self
            .0
            .channel_session()
            .map_err(|error| explain(&error, "open a channel"))?;
        channel
            .exec(&command)
            .map_err(|error| explain(&error, "start git-upload-pack"))?;
        Ok(channel)
    }
}

async fn dial(wire: &Wire, limit: Duration) -> Result<std::net::TcpStream, EndpointError> {
    let (host, port) = (wire.url.host.as_str(), wire.url.port);
    let stream = match &wire.proxy {
        Some(proxy) => proxy.connect(wire.policy, host, port, limit).await?,
        None => connect_any(&wire.policy.resolve(host, port).await?, limit).await?,
    };
    let failed = |error: io::Error| EndpointError::Transient {
        message: error.to_string(),
        after_ms: None,
    };
    stream.set_nodelay(true).map_err(failed)?;
    let stream = stream.into_std().map_err(failed)?;
    stream.set_nonblocking(false).map_err(failed)?;
    Ok(stream)
}

/// S4: fails closed.
fn check_host_key(
    session: &Session,
    identity: &SshIdentity,
    host: &str,
    port: u16,
) -> Result<(), EndpointError> {
    let shown = session.host_key().map(|(key, _)| key).unwrap_or_default();
    let reason = match identity.known_hosts.check(host, port, shown) {
        KeyVerdict::Known => return Ok(()),
        KeyVerdict::Mismatch => "the host shows a key that is not in known_hosts",
        KeyVerdict::Unknown => "known_hosts has no key of the host",
        KeyVerdict::Revoked => "the host's key is revoked",
    };
    Err(EndpointError::Denied(format!(
        "host key check failed for {host}:{port}: {reason}"
    )))
}

fn explain(error: &ssh2::Error, step: &str) -> EndpointError {
    let code = match error.code() {
        ErrorCode::Session(code) | ErrorCode::SFTP(code) => code,
    };
    if KEY_EXCHANGE_FAILURE.contains(&code) {
        return EndpointError::Denied(
            "host key check failed: the server offers no key of a type in known_hosts, or only weak algorithms".into(),
        );
    }
    if REFUSED_KEY.contains(&code) {
        return EndpointError::Unauthorized("the server refused the SSH identity".into());
    }
    if code == UNREADABLE_KEY {
        return EndpointError::Unauthorized("the SSH identity cannot be read with the password given".into());
    }
    let message = if TIMEOUT.contains(&code) {
        format!("failed to {step} over SSH: timed out")
    } else {
        format!("failed to {step} over SSH: {}", error.message())
    };
    EndpointError::Transient {
        message,
        after_ms: None,
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).max(1)
}

/// The two directions of one run of `git-upload-pack`.
pub(crate) struct SshStream {
    channel: Channel,
    session: Session,
    operation: Arc<Operation>,
    answered: bool,
}

impl SshStream {
    fn limit(&self) -> io::Result<()> {
        let left = self
            .operation
            .remaining()
            .map_err(|error| self.operation.fail(error))?;
        self.session.set_timeout(milliseconds(left));
        Ok(())
    }

    /// The server ended without an answer: its error text tells why.
    fn refusal(&mut self) -> EndpointError {
        let mut text = Vec::new();
        // The text is a courtesy of the server; without it the error is still told.
        let _ = self.channel.stderr().take(MAX_STDERR).read_to_end(&mut text);
        let text: String = String::from_utf8_lossy(&text)
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let lower = text.to_lowercase();
        let message = format!("the server ended the session: {}", text.trim());
        if lower.contains("not found")
            || lower.contains("does not exist")
            || lower.contains("not appear to be")
        {
            EndpointError::NotFound(message)
        } else if lower.contains("denied") || lower.contains("permission") || lower.contains("not allowed") {
            EndpointError::Unauthorized(message)
        } else {
            EndpointError::Transient {
                message,
                after_ms: None,
            }
        }
    }
}

impl Read for SshStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.limit()?;
        let length = self.channel.read(buffer).map_err(|error| {
            let message = format!("failed to read over SSH: {error}");
            self.operation.fail(EndpointError::Transient {
                message,
                after_ms: None,
            })
        })?;
        if length == 0 && !self.answered {
            let refusal = self.refusal();
            return Err(self.operation.fail(refusal));
        }
        self.answered = true;
        self.operation
            .count(length)
            .map_err(|error| self.operation.fail(error))?;
        Ok(length)
    }
}

impl Write for SshStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.limit()?;
        self.channel.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.channel.flush()
    }
}

//! WASI 0.2 as guests see it: linked whole, because every toolchain imports it, and empty.
//!
//! No arguments, variables, files or sockets. Clock and random numbers come from the call's entropy and note that they
//! were used; standard output and error go to a bounded buffer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use rand_wasi::rngs::StdRng;
use rand_wasi::{Rng as _, SeedableRng as _, TryRng};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use crate::call::Entropy;

/// Longest answer of one call for random bytes.
const MAX_RANDOM: u64 = 1 << 20;
/// Bytes that a stream takes at once.
const CHUNK: usize = 64 << 10;

/// The context of one call, and whether its clock or secure random numbers were asked for.
pub(crate) fn context(entropy: &Entropy, stdio: &Stdio) -> (WasiCtx, EntropyUse) {
    let used = EntropyUse::default();
    let now = Duration::from_millis(entropy.now_ms);
    let context = WasiCtx::builder()
        .stdout(stdio.clone())
        .stderr(stdio.clone())
        .wall_clock(FixedWall {
            now,
            used: used.clone(),
        })
        .monotonic_clock(FixedMonotonic)
        .secure_random(Seeded {
            random: StdRng::from_seed(entropy.seed),
            used: used.clone(),
        })
        // Hash tables ask for these, not keys: they are constant so that a render is a pure function.
        .insecure_random(StdRng::from_seed([0; 32]))
        .insecure_random_seed(0)
        .max_random_size(MAX_RANDOM)
        .build();
    (context, used)
}

/// Whether the clock or secure random numbers were used.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntropyUse(Arc<AtomicBool>);

impl EntropyUse {
    fn note(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct FixedWall {
    now: Duration,
    used: EntropyUse,
}

impl HostWallClock for FixedWall {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.used.note();
        self.now
    }
}

struct FixedMonotonic;

impl HostMonotonicClock for FixedMonotonic {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

struct Seeded {
    random: StdRng,
    used: EntropyUse,
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.used.note();
        Ok(self.random.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.used.note();
        Ok(self.random.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.used.note();
        self.random.fill_bytes(bytes);
        Ok(())
    }
}

/// Standard output and error of one call together. What exceeds the limit is dropped, not refused: a guest that says
/// too much shall not fail of it.
#[derive(Debug, Clone)]
pub(crate) struct Stdio {
    written: Arc<Mutex<Vec<u8>>>,
    limit: usize,
}

impl Stdio {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            written: Arc::default(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX),
        }
    }

    /// What was written, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.written.lock()).into_owned()
    }

    fn append(&self, bytes: &[u8]) {
        let mut written = self.written.lock();
        let room = self.limit.saturating_sub(written.len()).min(bytes.len());
        written.extend(bytes.iter().take(room));
    }
}

impl IsTerminal for Stdio {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Stdio {
    async fn ready(&mut self) {}
}

impl OutputStream for Stdio {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.append(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        self.append(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

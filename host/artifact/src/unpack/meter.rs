//! Readers that stop at a limit: one below the decompressor, one above it.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

use super::Limits;
use super::error::Limit;

/// The ratio says nothing of archives below this size.
const RATIO_FROM: u64 = 16 << 20;

/// Counts compressed bytes.
pub(super) struct Counted<R> {
    inner: R,
    count: u64,
    limit: u64,
}

impl<R: BufRead> Counted<R> {
    pub(super) fn new(inner: R, limit: u64) -> Self {
        Self {
            inner,
            count: 0,
            limit,
        }
    }
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.count > self.limit {
            return Err(io::Error::other(Limit::Compressed(self.limit)));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.count += count as u64;
        self.inner.consume(count);
    }
}

/// Counts decompressed bytes and compares them with the compressed ones.
pub(super) struct Metered<R: BufRead> {
    inner: GzDecoder<Counted<R>>,
    count: u64,
    bytes: u64,
    ratio: u64,
}

impl<R: BufRead> Metered<R> {
    pub(super) fn new(inner: GzDecoder<Counted<R>>, limits: &Limits) -> Self {
        Self {
            inner,
            count: 0,
            bytes: limits.bytes,
            ratio: limits.ratio,
        }
    }

    pub(super) fn into_inner(self) -> GzDecoder<Counted<R>> {
        self.inner
    }

    fn check(&self) -> Result<(), Limit> {
        if self.count > self.bytes {
            return Err(Limit::Bytes(self.bytes));
        }
        let packed = self.inner.get_ref().count;
        if self.count > RATIO_FROM && self.count / packed.max(1) > self.ratio {
            return Err(Limit::Ratio(self.ratio));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(out)?;
        self.count += count as u64;
        self.check().map_err(io::Error::other)?;
        Ok(count)
    }
}

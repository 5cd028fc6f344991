//! The file of one key: a line with the digest of the rest, then JSON.

use serde::{Deserialize, Serialize};
use sluice_model::Digest;
use sluice_model::memo::Trace;

/// A trace with the output it led to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) trace: Trace,
    pub(super) output: Digest,
    /// In memory only when not.
    #[serde(skip, default = "durable")]
    pub(super) durable: bool,
}

fn durable() -> bool {
    true
}

#[derive(Serialize, Deserialize)]
struct Body {
    /// A file moved to another key's name says so.
    key: Digest,
    traces: Vec<Recorded>,
}

/// The file's bytes: durable traces only.
pub(super) fn format(recorded: &[Recorded], key: &Digest) -> Vec<u8> {
    let traces = recorded
        .iter()
        .filter(|recorded| recorded.durable)
        .cloned()
        .collect();
    let body = serde_json::to_vec(&Body { key: *key, traces }).unwrap_or_default();
    let mut out = format!("{}\n", Digest::of(&body)).into_bytes();
    out.extend_from_slice(&body);
    out
}

/// Reads a file, which must be whole and of this key.
pub(super) fn parse(bytes: &[u8], key: &Digest) -> Result<Vec<Recorded>, &'static str> {
    let line = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or("it has no digest")?;
    let (digest, body) = (&bytes[..line], &bytes[line + 1..]);
    if digest != Digest::of(body).to_string().as_bytes() {
        return Err("it does not have its digest");
    }
    let body: Body = serde_json::from_slice(body).map_err(|_| "it is no JSON of this version")?;
    if body.key != *key {
        return Err("it belongs to another key");
    }
    Ok(body.traces)
}

/// Memory of these traces, about.
pub(super) fn weight(recorded: &[Recorded]) -> u64 {
    let reading = |path: &str| 96 + path.len() as u64;
    let of = |trace: &Trace| -> u64 {
        let readings: u64 = trace.readings.iter().map(|read| reading(&read.path)).sum();
        let covers: u64 = trace.covers.iter().map(|(_, path, _)| reading(path)).sum();
        readings + covers
    };
    recorded.iter().map(|recorded| 128 + of(&recorded.trace)).sum()
}

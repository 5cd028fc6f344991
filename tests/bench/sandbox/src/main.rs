//! What a plugin costs: cold compile, cached load, smallest call, small render, ten thousand reads.
//!
//! `cargo run --release -p sluice-bench-sandbox` prints a table; with `--check` it fails when a budget of the design is missed.

mod guests;
mod measure;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use sluice_model::TreeRead;
use sluice_sandbox::{
    Call, CallObject, Entropy, Form, Grants, Limits, Plugin, ReceiveRequest, RenderRequest, Sandbox,
    SandboxConfig,
};

use measure::{Table, median};

const READS: u32 = 10_000;
const PLUGINS: usize = 20;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let check = std::env::args().any(|argument| argument == "--check");
    let guests = guests::compile()?;
    let cache = tempfile::tempdir()?;
    let mut table = Table::default();
    load(&guests, cache.path(), &mut table).await?;
    calls(&guests, cache.path(), &mut table).await?;
    table.row(
        "resident memory, all loaded",
        measure::resident_mib()?,
        "MiB",
        None,
    );
    table.print()?;
    Ok(if check && table.missed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn open(cache: &Path) -> Result<Sandbox> {
    Ok(Sandbox::new(SandboxConfig {
        cache_path: Some(cache.to_owned()),
        ..SandboxConfig::default()
    })?)
}

async fn load_all(sandbox: &Sandbox, guests: &[(String, Bytes)]) -> Result<Vec<Arc<Plugin>>> {
    let mut plugins = Vec::new();
    for (name, bytes) in guests {
        let loaded = sandbox.load(bytes.clone(), Grants::all()).await;
        plugins.push(loaded.with_context(|| name.clone())?);
    }
    Ok(plugins)
}

async fn load(guests: &[(String, Bytes)], cache: &Path, table: &mut Table) -> Result<()> {
    let started = Instant::now();
    let sandbox = open(cache)?;
    table.row("start of the engine", millis(started.elapsed()), "ms", None);
    let started = Instant::now();
    load_all(&sandbox, &guests[..1]).await?;
    let size = guests[0].1.len() / 1024;
    table.row(
        &format!("cold compile, component of {size} KiB"),
        millis(started.elapsed()),
        "ms",
        None,
    );
    load_all(&sandbox, guests).await?;
    drop(sandbox);
    let mut all = Vec::new();
    for _ in 0..5 {
        let sandbox = open(cache)?;
        let started = Instant::now();
        load_all(&sandbox, &guests[..PLUGINS.min(guests.len())]).await?;
        all.push(started.elapsed());
        anyhow::ensure!(sandbox.metrics().compiled == 0, "the cache was not used");
    }
    table.row(
        &format!("cached load of {PLUGINS} plugins"),
        millis(median(all)),
        "ms",
        Some(100.0),
    );
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// A render of a tree that others share, as the engine shares an artifact's.
fn render(tree: &Arc<dyn TreeRead>, times: u32) -> RenderRequest {
    RenderRequest {
        config: format!("{{\"times\":{times}}}"),
        root: "app".into(),
        inputs: vec![("main".into(), tree.clone())],
        want: Form::Objects,
        entropy: Entropy::fixed([1; 32], 0),
    }
}

async fn calls(guests: &[(String, Bytes)], cache: &Path, table: &mut Table) -> Result<()> {
    let sandbox = open(cache)?;
    let named = |name: &str| {
        guests
            .iter()
            .find(|(guest, _)| guest == name)
            .map(|(_, bytes)| bytes.clone())
    };
    let receiver = sandbox
        .load(named("receive-echo").context("a guest")?, Grants::none())
        .await?;
    let renderer = sandbox
        .load(named("render-reads").context("a guest")?, Grants::none())
        .await?;
    let call = Call::new(CallObject::default(), Limits::RENDER);
    let webhook = ReceiveRequest {
        config: "{}".into(),
        hmac: Some(true),
        ..ReceiveRequest::default()
    };
    let mut took = Vec::new();
    for _ in 0..5000 {
        let started = Instant::now();
        receiver.receive(&call, webhook.clone()).await?;
        took.push(started.elapsed());
    }
    table.row(
        "smallest call (store, instance, webhook)",
        micros(median(took)),
        "us",
        None,
    );
    let tree: Arc<dyn TreeRead> = Arc::new(guests::tree());
    let mut took = Vec::new();
    for _ in 0..5000 {
        let request = render(&tree, 1);
        let started = Instant::now();
        renderer.render(&call, request).await?;
        took.push(started.elapsed());
    }
    table.row(
        "warm render that reads one file",
        micros(median(took)),
        "us",
        Some(50.0),
    );
    let mut took = Vec::new();
    for _ in 0..20 {
        let request = render(&tree, READS);
        let started = Instant::now();
        renderer.render(&call, request).await?;
        took.push(started.elapsed() / READS);
    }
    table.row(
        "tree.read of 1 KiB, recorded (of 10,000)",
        micros(median(took)),
        "us",
        None,
    );
    Ok(())
}

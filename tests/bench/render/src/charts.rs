//! Charts: processes, and warm in one process each. Cases that make keys are timed apart: what they cost is the search for
//! primes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use serde_json::{Value, json};
use sluice_model::TreeRead;
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_sandbox::{Entropy, Form, Plugin, RenderRequest};

use crate::library::Library;
use crate::warm::{TIMES, asked, load, print, time_calls, time_renders};
use crate::{Arguments, processes};
use corpus::Case;

#[path = "../../../../plugins/lib/helm/tests/support/command.rs"]
mod command;
#[path = "../../../../plugins/lib/helm/tests/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;

/// Answers of one process of the library: its command line grows with each.
const ANSWERS: usize = 12;
/// Beginnings of keys, as text and in base64.
const KEYS: [&str; 2] = ["PRIVATE KEY-----", "LS0tLS1CRUdJTi"];

/// Times all cases that succeed.
///
/// # Errors
/// A program is not there, or a case fails.
pub async fn compare(arguments: &Arguments) -> Result<()> {
    let Some((cases, data)) = corpus::open() else {
        return Ok(());
    };
    let cases = cases.into_iter().filter(|case| !case.must_fail);
    let (keys, cases): (Vec<_>, Vec<_>) = cases.partition(|case| makes_keys(case, &data));
    let cases: Vec<_> = cases.into_iter().step_by(arguments.every).collect();
    if arguments.processes {
        for (what, cases) in [("charts", &cases), ("charts that make keys", &keys)] {
            println!("{what}:");
            let rows: Vec<_> = cases.iter().map(|case| case.arguments.as_slice()).collect();
            processes::compare(&arguments.sluice, "helm", &rows)?;
        }
    }
    if arguments.warm {
        warm(&cases).await?;
    }
    Ok(())
}

fn makes_keys(case: &Case, data: &Path) -> bool {
    if corpus::stable_lines(case, data).is_none() {
        return false;
    }
    let printed = String::from_utf8_lossy(&corpus::expected(case, data)).into_owned();
    KEYS.iter().any(|key| printed.contains(key))
}

async fn warm(cases: &[Case]) -> Result<()> {
    let cache = tempfile::tempdir()?;
    let plugin = load(cache.path(), "render-helm").await?;
    let mut library = Library::start("helm-library")?;
    let (mut wasm, mut native, mut go, mut count) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    for (at, case) in cases.iter().enumerate() {
        if at % ANSWERS == ANSWERS - 1 {
            library = Library::start("helm-library")?;
        }
        let request = json!({"args": case.arguments, "repeat": TIMES});
        let theirs = asked(&mut library, &request, &case.id)?;
        let ours = time_sandbox(&plugin, case).await?;
        let bare = time_native(case)?;
        (wasm, native, go, count) = (wasm + ours, native + bare, go + theirs, count + 1);
        if std::env::var_os("BENCH_CASES").is_some() {
            println!("{}: sandbox {ours:?}, native {bare:?}, Go {theirs:?}", case.id);
        }
    }
    print(count, (wasm, native, go));
    Ok(())
}

/// A path of the file system as one of the tree.
fn tree_path(path: &Path) -> String {
    path.to_string_lossy().trim_start_matches('/').to_owned()
}

/// The chart and the files that the command line names, at their places.
fn tree(chart: &Path, config: &Value) -> Result<Arc<dyn TreeRead>> {
    let mut builder = TreeBuilder::default();
    add(&mut builder, chart)?;
    for layer in config["values"].as_array().into_iter().flatten() {
        let text = layer["file"].as_str();
        let set = layer["setFile"].as_str().and_then(|set| set.split_once('='));
        if let Some(file) = text.or(set.map(|(_, file)| file)) {
            add(&mut builder, &std::path::absolute(file)?)?;
        }
    }
    Ok(Arc::new(builder.build()))
}

fn add(builder: &mut TreeBuilder, path: &Path) -> Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            add(builder, &entry?.path())?;
        }
    } else if let Ok(bytes) = std::fs::read(path) {
        // a link that dangles is not read by anybody; a file that two layers name stands once
        let _ = builder.add(
            &tree_path(path),
            Node::File(File::inline(Bytes::from(bytes), false)),
        );
    }
    Ok(())
}

async fn time_sandbox(plugin: &Plugin, case: &Case) -> Result<Duration> {
    let parsed = command::arguments::parse(case.arguments.clone()).map_err(anyhow::Error::msg)?;
    let (chart, mut config): (PathBuf, Value) = (std::path::absolute(parsed.chart)?, parsed.config);
    config["workingDirectory"] = tree_path(&std::env::current_dir()?).into();
    let tree = tree(&chart, &config)?;
    let request = || RenderRequest {
        config: config.to_string(),
        root: tree_path(&chart),
        inputs: vec![("source".into(), tree.clone())],
        want: Form::Text,
        entropy: Entropy::fixed([1; 32], 0),
    };
    time_renders(plugin, request, &case.id).await
}

fn time_native(case: &Case) -> Result<Duration> {
    time_calls(|| {
        command::run(case.arguments.clone()).map_err(anyhow::Error::msg)?;
        Ok(())
    })
}

//! Warm, in one process each: the component in the sandbox, the Go library, and our library natively.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde_json::{Value, json};
use sluice_model::tree::{File, Node, TreeBuilder};
use sluice_model::{Tree, TreeRead};
use sluice_sandbox::{
    Call, CallObject, Entropy, Form, Grants, Limits, Plugin, RenderRequest, Sandbox, SandboxConfig,
};

use crate::corpus;
use crate::corpus::Case;
use crate::library::Library;

/// Renders of each case, of which the median counts.
pub const TIMES: usize = 15;
/// Largest repository that is read into memory.
const MAX_FILES: usize = 3_000;

/// Times all cases of repositories that fit into memory.
///
/// # Errors
/// The component does not build or load, a case fails, or the Go library is not there.
pub async fn compare(cases: &[Case]) -> Result<()> {
    let cache = tempfile::tempdir()?;
    let plugin = load(cache.path(), "render-kustomize").await?;
    let mut library = Library::start("kustomize-library")?;
    let (mut wasm, mut native, mut go, mut count) = (Duration::ZERO, Duration::ZERO, Duration::ZERO, 0);
    let mut repository: Option<(PathBuf, Option<Tree>)> = None;
    for case in cases {
        let Some((root, below)) = place(case) else {
            continue;
        };
        if repository.as_ref().is_none_or(|(known, _)| *known != root) {
            repository = Some((root.clone(), read(&root)?));
        }
        let Some((_, Some(tree))) = &repository else {
            continue;
        };
        let theirs = time_library(&mut library, case)?;
        let ours = time_sandbox(&plugin, tree, &below, case).await?;
        let bare = time_native(case)?;
        (wasm, native, go, count) = (wasm + ours, native + bare, go + theirs, count + 1);
        if std::env::var_os("BENCH_CASES").is_some() {
            println!(
                "{} {below}: sandbox {ours:?}, native {bare:?}, Go {theirs:?}",
                case.id
            );
        }
    }
    print(count, (wasm, native, go));
    Ok(())
}

/// The sums over all cases: in the sandbox, natively, and of the Go library.
pub fn print(count: u32, (wasm, native, go): (Duration, Duration, Duration)) {
    let per_case = |total: Duration| total.as_secs_f64() * 1e3 / f64::from(count.max(1));
    println!(
        "warm: {count} cases, medians a case: sandbox {:.2} ms, Go library {:.2} ms, native {:.2} ms",
        per_case(wasm),
        per_case(go),
        per_case(native)
    );
    println!(
        "warm: {:.1}x less than the Go library (aim: 3x, better 5x); {:.2}x of native (aim: at most 2x)",
        go.as_secs_f64() / wasm.as_secs_f64().max(1e-9),
        wasm.as_secs_f64() / native.as_secs_f64().max(1e-9)
    );
}

/// A plugin of the tree, built and compiled.
pub async fn load(cache: &Path, name: &str) -> Result<Arc<Plugin>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../plugins")
        .join(name);
    let built = sluice_build::build(&root, &sluice_build::Options::default()).context("the component")?;
    let component = Bytes::from(std::fs::read(&built.path)?);
    let sandbox = Sandbox::new(SandboxConfig {
        cache_path: Some(cache.to_owned()),
        ..SandboxConfig::default()
    })?;
    Ok(sandbox.load(component, Grants::all()).await?)
}

/// The repository of a case, and the directory in it.
fn place(case: &Case) -> Option<(PathBuf, String)> {
    let directory = case
        .arguments
        .iter()
        .find(|argument| argument.contains("/inputs/"))?;
    let (inputs, rest) = directory.split_once("/inputs/")?;
    let (name, below) = rest.split_once('/')?;
    Some((Path::new(inputs).join("inputs").join(name), below.to_owned()))
}

fn read(root: &Path) -> Result<Option<Tree>> {
    let mut builder = TreeBuilder::default();
    let mut count = 0;
    let fits = add(&mut builder, root, "", &mut count)?;
    Ok(fits.then(|| builder.build()))
}

fn add(builder: &mut TreeBuilder, folder: &Path, prefix: &str, count: &mut usize) -> Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = if prefix.is_empty() {
            name
        } else {
            format!("{prefix}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !add(builder, &entry.path(), &path, count)? {
            return Ok(false);
        }
        if kind.is_file() {
            *count += 1;
            let file = File::inline(Bytes::from(std::fs::read(entry.path())?), false);
            let _ = builder.add(&path, Node::File(file));
        }
        if *count > MAX_FILES {
            return Ok(false);
        }
    }
    Ok(true)
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all.get(all.len() / 2).copied().unwrap_or_default()
}

async fn time_sandbox(plugin: &Plugin, tree: &Tree, below: &str, case: &Case) -> Result<Duration> {
    let anywhere = case
        .arguments
        .iter()
        .any(|argument| argument == "LoadRestrictionsNone");
    let unsorted = case.arguments.iter().any(|argument| argument == "none");
    let mut config = json!({"mode": "cli"});
    if anywhere {
        config["loadRestrictor"] = json!("LoadRestrictionsNone");
    }
    if unsorted {
        config["reorder"] = json!("none");
    }
    let tree: Arc<dyn TreeRead> = Arc::new(tree.clone());
    let request = || RenderRequest {
        config: config.to_string(),
        root: below.to_owned(),
        inputs: vec![("source".into(), tree.clone())],
        want: Form::Text,
        entropy: Entropy::fixed([1; 32], 0),
    };
    time_renders(plugin, request, &case.id).await
}

/// The median of renders in the sandbox.
pub async fn time_renders(
    plugin: &Plugin,
    request: impl Fn() -> RenderRequest,
    id: &str,
) -> Result<Duration> {
    let call = Call::new(CallObject::default(), Limits::RENDER);
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let request = request();
        let begin = Instant::now();
        plugin
            .render(&call, request)
            .await
            .with_context(|| id.to_owned())?;
        took.push(begin.elapsed());
    }
    Ok(median(took))
}

/// The median of calls of our own library.
pub fn time_calls(mut call: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let begin = Instant::now();
        call()?;
        took.push(begin.elapsed());
    }
    Ok(median(took))
}

fn time_native(case: &Case) -> Result<Duration> {
    time_calls(|| {
        corpus::run(case)?.to_yaml()?;
        Ok(())
    })
}

fn time_library(library: &mut Library, case: &Case) -> Result<Duration> {
    let directory = case
        .arguments
        .iter()
        .find(|argument| argument.contains("/inputs/"));
    let request = json!({
        "directory": directory,
        "reorder": if case.arguments.iter().any(|a| a == "none") { "none" } else { "" },
        "anywhere": case.arguments.iter().any(|a| a == "LoadRestrictionsNone"),
        "repeat": TIMES,
    });
    asked(library, &request, &case.id)
}

/// The median of what a request took there.
pub fn asked(library: &mut Library, request: &Value, id: &str) -> Result<Duration> {
    let answer = library.ask(request)?.context("the Go library died")?;
    ensure!(
        answer["error"].is_null(),
        "the Go library fails on {id}: {}",
        answer["error"]
    );
    let times = answer["nanos"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64);
    Ok(median(times.map(Duration::from_nanos).collect()))
}

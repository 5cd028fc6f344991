//! `helm template` on the host's file system, for conformance runs of the library alone.
//!
//! `helm_template [template] [NAME] CHART [flags of helm template]`; flags that change nothing here are not known.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::SystemTime;

use serde_json::{Value, json};
use sluice_helm::{Entry, EntryKind, Environment, Files, FilesError, Limits, NoCluster, Options, template};

struct Host;

fn error(error: &std::io::Error) -> FilesError {
    match error.kind() {
        ErrorKind::NotFound => FilesError::NotFound,
        ErrorKind::NotADirectory => FilesError::NotADirectory,
        _ => FilesError::Other(error.to_string()),
    }
}

fn kind_of(path: &str) -> Result<EntryKind, std::io::Error> {
    let metadata = fs::metadata(path)?;
    Ok(if metadata.is_dir() {
        EntryKind::Directory
    } else {
        EntryKind::File
    })
}

impl Files for Host {
    fn entries(&self, dir: &str) -> Result<Vec<Entry>, FilesError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir).map_err(|e| error(&e))? {
            let entry = entry.map_err(|e| error(&e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = kind_of(&format!("{dir}/{name}")).unwrap_or(EntryKind::Symlink);
            entries.push(Entry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        kind_of(path).map_err(|e| error(&e))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        fs::read(path).map_err(|e| error(&e))
    }
}

/// The flags with a layer of values, in the order in which helm merges them.
const LAYERS: [(&str, &str); 6] = [
    ("--values", "file"),
    ("--set-json", "setJson"),
    ("--set", "set"),
    ("--set-string", "setString"),
    ("--set-file", "setFile"),
    ("--set-literal", "setLiteral"),
];

struct Arguments {
    config: Value,
    chart: String,
}

fn arguments() -> anyhow::Result<Arguments> {
    let mut positional = Vec::new();
    let mut release = json!({"name": "release-name"});
    let mut config = json!({"workingDirectory": std::env::current_dir()?.to_string_lossy()});
    let mut layers: Vec<(usize, Value)> = Vec::new();
    let (mut apis, mut only) = (Vec::new(), Vec::new());
    let mut list = std::env::args().skip(1).peekable();
    list.next_if_eq("template");
    while let Some(argument) = list.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (argument.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| list.next()).unwrap_or_default();
        let name = if name == "-f" { "--values" } else { name.as_str() };
        if let Some(at) = LAYERS.iter().position(|(flag, _)| *flag == name) {
            let value = value();
            let parts: Vec<&str> = if at == 0 {
                value.split(',').collect()
            } else {
                vec![&value]
            };
            layers.extend(parts.into_iter().map(|part| (at, json!({LAYERS[at].1: part}))));
            continue;
        }
        match name {
            "-n" | "--namespace" => release["namespace"] = value().into(),
            "--name-template" => release["nameTemplate"] = value().into(),
            "--is-upgrade" => release["isUpgrade"] = true.into(),
            "--kube-version" => config["kubeVersion"] = value().into(),
            "-a" | "--api-versions" => apis.extend(value().split(',').map(str::to_owned)),
            "-s" | "--show-only" => only.push(value()),
            "--include-crds" => config["includeCrds"] = true.into(),
            "--skip-tests" => config["skipTests"] = true.into(),
            "--no-hooks" => config["noHooks"] = true.into(),
            "--skip-schema-validation" => config["skipSchemaValidation"] = true.into(),
            "--dry-run" | "--debug" => {}
            flag if flag.starts_with('-') => anyhow::bail!("unknown flag: {flag}"),
            _ => positional.push(argument),
        }
    }
    layers.sort_by_key(|(at, _)| *at);
    config["values"] = layers.into_iter().map(|(_, layer)| layer).collect();
    (config["apiVersions"], config["showOnly"]) = (apis.into(), only.into());
    let chart = positional.pop().unwrap_or_default();
    if let Some(name) = positional.pop() {
        release["name"] = name.into();
    }
    config["release"] = release;
    Ok(Arguments { config, chart })
}

fn run() -> anyhow::Result<()> {
    let arguments = arguments()?;
    let options = Options::parse(&arguments.config.to_string()).map_err(anyhow::Error::msg)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&now.as_nanos().to_le_bytes());
    let environment = Environment {
        seed,
        now_ms: u64::try_from(now.as_millis())?,
        cluster: Rc::new(NoCluster),
        limits: Limits::default(),
    };
    let files: Rc<dyn Files> = Rc::new(Host);
    let chart = std::path::absolute(&arguments.chart)?;
    let rendered = template(&files, &chart.to_string_lossy(), options, &environment)?;
    for warning in &rendered.warnings {
        writeln!(std::io::stderr(), "{warning}")?;
    }
    std::io::stdout().write_all(&rendered.text()?)?;
    Ok(())
}

fn main() -> ExitCode {
    // Templates nest deep, and a debug build needs more stack than the main thread has.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => {
            let _ = writeln!(std::io::stderr(), "Error: {error:#}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

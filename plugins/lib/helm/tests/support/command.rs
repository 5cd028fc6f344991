//! `helm template` on the host's file system with the library alone.

use std::rc::Rc;
use std::time::SystemTime;

use sluice_helm::{Environment, Files, Limits, NoCluster, Options, template};

#[path = "arguments.rs"]
pub mod arguments;
#[path = "host.rs"]
mod host;

/// What a run prints.
pub struct Printed {
    /// To standard output.
    #[allow(dead_code)] // the benchmark only takes the time
    pub text: Vec<u8>,
    /// To standard error.
    #[allow(dead_code)] // tests print none
    pub warnings: Vec<String>,
}

/// Runs the arguments of `helm template`.
pub fn run(arguments: impl IntoIterator<Item = String>) -> Result<Printed, String> {
    let mut arguments = arguments::parse(arguments)?;
    let absolute = |path: &str| std::path::absolute(path).map_err(|error| error.to_string());
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    arguments.config["workingDirectory"] = here.to_string_lossy().into();
    let options = Options::parse(&arguments.config.to_string())?;
    let files: Rc<dyn Files> = Rc::new(host::Host);
    let chart = absolute(&arguments.chart)?;
    let rendered = template(&files, &chart.to_string_lossy(), options, &environment())
        .map_err(|error| error.to_string())?;
    let text = rendered.text().map_err(|error| error.to_string())?;
    Ok(Printed {
        text,
        warnings: rendered.warnings,
    })
}

/// Today, and a seed that no run shares with another.
fn environment() -> Environment {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(&now.as_nanos().to_le_bytes());
    Environment {
        seed,
        now_ms: u64::try_from(now.as_millis()).unwrap_or_default(),
        cluster: Rc::new(NoCluster),
        limits: Limits::default(),
    }
}

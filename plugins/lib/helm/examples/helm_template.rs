//! `helm template` on the host's file system, for conformance runs of the library alone.
//!
//! `helm_template [template] [NAME] CHART [flags of helm template]`; flags that change nothing here are not known.

use std::io::Write as _;
use std::process::ExitCode;

#[path = "../tests/support/command.rs"]
mod command;

fn run() -> Result<(), String> {
    let printed = command::run(std::env::args().skip(1))?;
    for warning in &printed.warnings {
        writeln!(std::io::stderr(), "{warning}").map_err(|error| error.to_string())?;
    }
    std::io::stdout()
        .write_all(&printed.text)
        .map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    // Templates nest deep, and a debug build needs more stack than the main thread has.
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(error))) => {
            let _ = writeln!(std::io::stderr(), "Error: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

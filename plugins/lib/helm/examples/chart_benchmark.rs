//! How long the library alone takes for a chart, to be profiled: `chart_benchmark RUNS [flags of helm template]` prints the fastest
//! run and the mean in milliseconds, and the number of bytes.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Instant;

#[path = "../tests/support/command.rs"]
mod command;

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let runs = arguments.next().and_then(|runs| runs.parse::<u32>().ok());
    let runs = runs.unwrap_or(10).max(1);
    let arguments: Vec<String> = arguments.collect();
    let (mut fastest, mut bytes) = (f64::MAX, 0);
    let begin = Instant::now();
    for _ in 0..runs {
        let begin = Instant::now();
        bytes = command::run(arguments.clone())?.text.len();
        fastest = fastest.min(begin.elapsed().as_secs_f64());
    }
    let mean = begin.elapsed().as_secs_f64() / f64::from(runs);
    writeln!(
        std::io::stdout(),
        "{:.2} {:.2} {bytes}",
        fastest * 1e3,
        mean * 1e3
    )
    .map_err(|error| error.to_string())
}

fn main() -> ExitCode {
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

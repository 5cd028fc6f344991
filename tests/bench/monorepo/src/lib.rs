//! What the benchmarks of whole roll-outs share: the clock that watches Kustomizations, and the cost of the process.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::ExitCode;

pub mod bed;
pub mod measure;
pub mod rollout;

/// Prints what does not hold; the status says whether all does.
pub fn verdict(failed: &[String]) -> ExitCode {
    for failure in failed {
        println!("FAILED: {failure}");
    }
    if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

//! Our build of a case, as the command line does it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sluice_kustomize::{BuildOptions, LoadRestriction, Reorder, build};

use crate::case::Case;
use crate::oracle::Outcome;
use host::Host;

#[path = "../../../../plugins/lib/kustomize/tests/support/host.rs"]
mod host;

/// What our library makes of a case that is written at `root`.
pub fn run(case: &Case, root: &Path) -> Outcome {
    let options = BuildOptions {
        reorder: match case.reorder {
            "none" => Reorder::None,
            "legacy" => Reorder::Legacy,
            _ => Reorder::Unspecified,
        },
        load_restriction: if case.anywhere {
            LoadRestriction::None
        } else {
            LoadRestriction::RootOnly
        },
        ..BuildOptions::default()
    };
    let directory = root.join(&case.directory);
    let work = || build(&Host, &directory.to_string_lossy(), &options).and_then(|built| built.to_yaml());
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(cause) => {
            let text = cause.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| cause.downcast_ref::<&str>().copied());
            Err(format!("panic: {}", text.unwrap_or("unknown")))
        }
    }
}

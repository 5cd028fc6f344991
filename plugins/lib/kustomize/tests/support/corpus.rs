//! The renderer corpus: cases with what the real kustomize printed. Test data, read where it is, never copied here.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_kustomize::{BuildOptions, Built, LoadRestriction, Reorder, build};

use super::host::Host;

#[path = "table.rs"]
mod table;

/// One case of kustomize.
pub struct Case {
    pub id: String,
    pub must_fail: bool,
    /// Arguments of `kustomize`, `build` first.
    pub arguments: Vec<String>,
}

/// All cases with the folder of their data; none, with a loud line, when the corpus is not there.
pub fn open() -> Option<(Vec<Case>, PathBuf)> {
    let (rows, data) = table::open()?;
    let inputs = data.join("inputs").to_string_lossy().into_owned();
    Some((rows.iter().filter_map(|row| case(row, &inputs)).collect(), data))
}

fn case(row: &[String], inputs: &str) -> Option<Case> {
    let [id, kind, _, _, _, status, _, note, arguments] = row else {
        return None;
    };
    if kind != "kustomize" || note.starts_with("upstream panic") {
        return None;
    }
    let arguments: Vec<String> = serde_json::from_str(arguments).ok()?;
    let arguments = arguments
        .iter()
        .map(|argument| argument.replace("$INPUTS", inputs))
        .collect();
    Some(Case {
        id: id.clone(),
        must_fail: status != "0",
        arguments,
    })
}

/// Builds a case as the command line would.
pub fn run(case: &Case) -> sluice_kustomize::Result<Built> {
    let mut options = BuildOptions::default();
    let mut directory = String::new();
    for argument in case.arguments.iter().skip(1) {
        match argument.as_str() {
            "--reorder" | "--load-restrictor" => {}
            "none" => options.reorder = Reorder::None,
            "LoadRestrictionsNone" => options.load_restriction = LoadRestriction::None,
            path => path.clone_into(&mut directory),
        }
    }
    build(&Host, &directory, &options)
}

/// What the real program printed, or its error.
pub fn expected(case: &Case, data: &Path) -> String {
    let suffix = if case.must_fail { "err" } else { "yaml" };
    fs::read_to_string(data.join("expected").join(format!("{}.{suffix}", case.id))).unwrap_or_default()
}

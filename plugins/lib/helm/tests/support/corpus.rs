//! The renderer corpus: cases with what the real helm printed. Test data, read where it is, never copied here.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../../kustomize/tests/support/table.rs"]
mod table;

/// One case of helm.
pub struct Case {
    pub id: String,
    pub must_fail: bool,
    /// Arguments of `helm`, `template` first.
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
    if !kind.starts_with("helm") || note.starts_with("upstream panic") {
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

fn file(case: &Case, data: &Path, suffix: &str) -> PathBuf {
    data.join("expected").join(format!("{}.{suffix}", case.id))
}

/// The lines that all runs of the real program print, in order; none where it always prints the same.
pub fn stable_lines(case: &Case, data: &Path) -> Option<String> {
    fs::read_to_string(file(case, data, "stable")).ok()
}

/// What the real program printed.
pub fn expected(case: &Case, data: &Path) -> Vec<u8> {
    fs::read(file(case, data, "yaml")).unwrap_or_default()
}

/// The error of the real program.
pub fn expected_error(case: &Case, data: &Path) -> String {
    fs::read_to_string(file(case, data, "err")).unwrap_or_default()
}

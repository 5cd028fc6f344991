//! The renderer corpus: cases with what the real kustomize printed. Test data, read where it is, never copied here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use sluice_kustomize::{BuildOptions, Built, LoadRestriction, Reorder, build};

use super::host::Host;

/// One case of kustomize.
pub struct Case {
    pub id: String,
    pub must_fail: bool,
    /// Arguments of `kustomize`, `build` first.
    pub arguments: Vec<String>,
}

/// All cases with the folder of their data; none, with a loud line, when the corpus is not there.
pub fn open() -> Option<(Vec<Case>, PathBuf)> {
    let shared = std::env::var_os("SLUICE_SHARED").map_or_else(default_shared, PathBuf::from);
    let folder = shared.join("corpus");
    let Ok(table) = fs::read(folder.join("cases.csv")) else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "SKIPPED: no renderer corpus at {} (set SLUICE_SHARED)\n",
                folder.display()
            ),
        );
        return None;
    };
    let data = unpacked(&folder, &table)?;
    let rows = parse_csv(&String::from_utf8_lossy(&table));
    let inputs = data.join("inputs").to_string_lossy().into_owned();
    Some((rows.iter().filter_map(|row| case(row, &inputs)).collect(), data))
}

/// Beside the repository, whichever of its crates this file is compiled into.
fn default_shared() -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = folders.find(|folder| folder.join("Makefile").exists());
    root.map_or_else(PathBuf::new, |root| root.join("../shared"))
}

/// The data folder that the corpus' own `check` uses, filled on first use.
fn unpacked(folder: &Path, table: &[u8]) -> Option<PathBuf> {
    let version = &hex::encode(Sha256::digest(table))[..12];
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let data = std::env::var_os("SLUICE_CORPUS_DATA").map_or_else(
        || home.join(".cache/sluice").join(format!("corpus-{version}")),
        PathBuf::from,
    );
    if data.join(".complete").exists() {
        return Some(data);
    }
    fs::create_dir_all(&data).ok()?;
    for name in ["inputs", "expected"] {
        let archive = folder.join(format!("{name}.tar.zst"));
        let unpacked = Command::new("tar")
            .arg("--zstd")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(&data)
            .status();
        if !unpacked.is_ok_and(|status| status.success()) {
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("SKIPPED: {} does not unpack\n", archive.display()),
            );
            return None;
        }
    }
    fs::write(data.join(".complete"), "").ok()?;
    Some(data)
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

/// Rows of quoted and plain fields.
fn parse_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            c => field.push(c),
        }
    }
    rows
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

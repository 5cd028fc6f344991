//! The table of the renderer corpus, and its data unpacked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

/// All rows with the folder of their data; none, with a loud line, when the corpus is not there.
pub fn open() -> Option<(Vec<Vec<String>>, PathBuf)> {
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
    Some((parse_csv(&String::from_utf8_lossy(&table)), data))
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

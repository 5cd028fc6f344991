//! Cases that the differential fuzzer found, each with what the real kustomize 5.8.1 printed.
//!
//! A case is one text: a few `name: value` lines, then sections `-- path --` with the bytes of a file each; the last one is
//! `expected`, the real output, or `error`, the real error (of which only the failing counts). A section whose bytes do
//! not end with a line break says `without newline`. `make fuzz-kustomize` writes them.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/memory.rs"]
mod memory;

use std::fs;
use std::path::Path;

use memory::Memory;
use sluice_kustomize::{BuildOptions, LoadRestriction, Reorder, build};

#[derive(Default)]
struct Case {
    directory: String,
    options: BuildOptions,
    files: Memory,
    expected: Option<String>,
}

fn read(bytes: &[u8]) -> Case {
    let mut case = Case::default();
    let mut section: Option<(String, bool, Vec<u8>)> = None;
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    for line in lines.chain(std::iter::once(&b"-- end --\n"[..])) {
        let text = String::from_utf8_lossy(line);
        let heading = text
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --\n"));
        match (heading, &mut section) {
            (Some(heading), _) => {
                if let Some(done) = section.take() {
                    close(&mut case, done);
                }
                let name = heading.strip_suffix(" without newline");
                section = Some((name.unwrap_or(heading).to_owned(), name.is_none(), Vec::new()));
            }
            (None, Some((_, _, body))) => body.extend(line),
            (None, None) => set(&mut case, text.trim_end()),
        }
    }
    case
}

fn close(case: &mut Case, (name, whole, mut body): (String, bool, Vec<u8>)) {
    if !whole {
        body.pop();
    }
    match name.as_str() {
        "expected" => case.expected = Some(String::from_utf8(body).expect("text")),
        "error" => {}
        path => case.files.add(path, body),
    }
}

fn set(case: &mut Case, line: &str) {
    match line.split_once(": ") {
        Some(("directory", value)) => value.clone_into(&mut case.directory),
        Some(("reorder", "none")) => case.options.reorder = Reorder::None,
        Some(("reorder", "legacy")) => case.options.reorder = Reorder::Legacy,
        Some(("load-restrictor", "LoadRestrictionsNone")) => {
            case.options.load_restriction = LoadRestriction::None;
        }
        _ => assert!(line.starts_with('#'), "what is {line:?}?"),
    }
}

#[test]
fn cases_found_by_fuzzing_are_built_as_kustomize_builds_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let case = read(&fs::read(&path).expect("a case"));
        let built = build(&case.files, &case.directory, &case.options).and_then(|built| built.to_yaml());
        count += 1;
        match (built, case.expected) {
            (Ok(text), Some(expected)) if text == expected => {}
            (Err(_), None) => {}
            (Ok(text), expected) => wrong.push(format!("{}: {text}\nwanted {expected:?}", path.display())),
            (Err(error), Some(_)) => wrong.push(format!("{}: {error}", path.display())),
        }
    }
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

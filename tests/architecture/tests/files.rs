//! The rules for single files: a sentence on top, a bounded length, no debts, unsafe only where the design allows it.

use anyhow::Result;
use sluice_architecture_test::source::{Source, files};

/// From here a file is named in the test's output.
const LONG: usize = 400;
/// From here it fails.
const TOO_LONG: usize = 500;

/// Longer files, each with the reason.
const MAY_BE_LONG: [(&str, &str); 3] = [
    ("host/model/src/tree.rs", "the tree with its tests"),
    (
        "plugins/lib/kustomize/src/openapi/table.rs",
        "generated from Kubernetes' OpenAPI document",
    ),
    (
        "plugins/lib/kustomize/src/transformer_config/defaults.rs",
        "kustomize's default field specs, as a table",
    ),
];

/// Where unsafe code is allowed (design, "Building" and "Egress in practice").
const MAY_BE_UNSAFE: [(&str, &str); 3] = [
    ("sdk/rust/plugin/src/bindings.rs", "generated bindings"),
    (
        "host/transport/src/git/wire.rs",
        "registration of the libgit2 transport",
    ),
    ("host/sandbox/src/", "loading of compiled components"),
];

fn rust() -> Result<Vec<Source>> {
    files(&[".rs"])
}

#[test]
fn every_file_says_what_it_is() -> Result<()> {
    let opens = |text: &str| {
        let mut lines = text.lines().skip_while(|line| line.starts_with("#!["));
        lines.next().is_some_and(|line| line.starts_with("//! "))
    };
    let speaks = |file: &Source| file.path.ends_with("/tests.rs") || opens(&file.text);
    let files = rust()?.into_iter().filter(|file| !speaks(file));
    let silent: Vec<String> = files.map(|file| file.path).collect();
    assert!(
        silent.is_empty(),
        "these files do not start with a //! sentence: {silent:#?}"
    );
    Ok(())
}

#[test]
fn files_have_a_bounded_length() -> Result<()> {
    let mut too_long = Vec::new();
    for file in rust()? {
        let excused = file.is_test() || MAY_BE_LONG.iter().any(|(path, _)| file.path == *path);
        if excused || file.lines() <= LONG {
            continue;
        }
        println!(
            "warning: {} has {} lines, aim for {LONG}",
            file.path,
            file.lines()
        );
        if file.lines() > TOO_LONG {
            too_long.push(format!("{} ({} lines)", file.path, file.lines()));
        }
    }
    assert!(
        too_long.is_empty(),
        "split these, or explain them in MAY_BE_LONG: {too_long:#?}"
    );
    Ok(())
}

#[test]
fn the_binary_is_wiring() -> Result<()> {
    let files = rust()?;
    let main = files.iter().find(|file| file.path == "host/sluice/src/main.rs");
    let lines = main.map_or(0, Source::lines);
    assert!(
        (1..30).contains(&lines),
        "host/sluice/src/main.rs has {lines} lines, want less than 30"
    );
    Ok(())
}

#[test]
fn unsafe_code_stands_only_where_it_is_allowed() -> Result<()> {
    let allows = concat!("unsafe", "_code");
    let wrong: Vec<String> = rust()?
        .into_iter()
        .filter(|file| !file.path.starts_with("tests/") && file.text.contains(allows))
        .filter(|file| !MAY_BE_UNSAFE.iter().any(|(path, _)| file.path.starts_with(path)))
        .map(|file| file.path)
        .collect();
    assert!(wrong.is_empty(), "unsafe code is allowed in: {wrong:#?}");
    Ok(())
}

/// What is not done is not in the tree: it is in an issue.
#[test]
fn no_debts_are_left_in_the_text() -> Result<()> {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("#[ig", "nore"),
    ];
    let machine = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let mut wrong = Vec::new();
    for file in files(&[".rs", ".md", ".toml", ".wit", ".yaml", "Makefile", ".sh"])? {
        for (at, line) in file.text.lines().enumerate() {
            let hit = marks.iter().chain(&machine).find(|mark| line.contains(**mark));
            if let Some(mark) = hit.filter(|_| !is_excused(&file.path, line)) {
                wrong.push(format!("{}:{}: {mark}", file.path, at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// Authors of plugins read the contract: every interface, type and function says what it is for.
#[test]
fn everything_in_the_contract_is_documented() -> Result<()> {
    let words = [
        "interface ",
        "world ",
        "record ",
        "enum ",
        "variant ",
        "resource ",
        "type ",
    ];
    let mut silent = Vec::new();
    for file in files(&[".wit"])? {
        let mut before = "";
        for line in file.text.lines().map(str::trim) {
            let named = words.iter().any(|word| line.starts_with(word)) || line.contains(": func(");
            if named && !before.starts_with("///") {
                silent.push(format!("{}: {line}", file.path));
            }
            before = line;
        }
    }
    assert!(silent.is_empty(), "without a doc comment: {silent:#?}");
    Ok(())
}

/// Lines that name a mark to talk about it.
fn is_excused(path: &str, line: &str) -> bool {
    path == "CONTRIBUTING.md" || line.contains("ctx.TODO")
}

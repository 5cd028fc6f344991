//! A fixed sample of the renderer corpus (all of it with `SLUICE_CONFORMANCE=full`), byte for byte, and the kinds of all
//! errors in it.

#![allow(clippy::expect_used, reason = "a test")]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/host.rs"]
mod host;

use regex::Regex;

const SAMPLE: usize = 200;

#[test]
fn prints_what_kustomize_prints() {
    let Some((cases, data)) = corpus::open() else {
        return;
    };
    let cases: Vec<_> = cases.iter().filter(|case| !case.must_fail).collect();
    let is_full = std::env::var_os("SLUICE_CONFORMANCE").is_some_and(|value| value == "full");
    let wanted = if is_full { cases.len() } else { SAMPLE };
    let step = (cases.len() / wanted.max(1)).max(1);
    let mut wrong = Vec::new();
    for case in cases.iter().step_by(step).take(wanted) {
        match corpus::run(case).and_then(|built| built.to_yaml()) {
            Ok(text) if text == corpus::expected(case, &data) => {}
            Ok(_) => wrong.push(format!("{}: output differs", case.id)),
            Err(error) => wrong.push(format!("{}: {error}", case.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The part of kustomize's error that names what is wrong.
fn key_phrase(error: &str) -> Option<String> {
    let patterns = [
        r#"Get \\?"([^"\\]+)\\?""#,
        r"(unable to load external plugin '[^']+')",
        r"(no matches for Id \S+);",
        r"(security; file '[^']+' is not in or below '[^']+')",
        r"lstat (\S+): no such file or directory\s*$",
        r"open (\S+): no such file or directory\s*$",
    ];
    patterns.iter().find_map(|pattern| {
        let regex = Regex::new(pattern).expect("a pattern");
        regex.captures(error).map(|captures| captures[1].to_owned())
    })
}

#[test]
fn fails_for_the_same_reasons() {
    let Some((cases, data)) = corpus::open() else {
        return;
    };
    let inputs = data.join("inputs").to_string_lossy().into_owned();
    let mut wrong = Vec::new();
    for case in cases.iter().filter(|case| case.must_fail) {
        let Err(error) = corpus::run(case) else {
            wrong.push(format!("{}: does not fail", case.id));
            continue;
        };
        let theirs = corpus::expected(case, &data).replace("$INPUTS", &inputs);
        match key_phrase(&theirs) {
            Some(phrase) if error.to_string().contains(&phrase) => {}
            Some(phrase) => wrong.push(format!("{}: no {phrase:?} in {error}", case.id)),
            None => wrong.push(format!("{}: no key phrase in {theirs:?}", case.id)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_input_gives_the_same_bytes_r13() {
    let Some((cases, _)) = corpus::open() else { return };
    for case in cases.iter().filter(|case| !case.must_fail).step_by(97) {
        let text = || {
            corpus::run(case)
                .and_then(|built| built.to_yaml())
                .map_err(|error| error.to_string())
        };
        assert_eq!(text(), text(), "{}", case.id);
    }
}

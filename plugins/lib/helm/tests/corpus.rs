//! A fixed sample of the renderer corpus (all of it with `SLUICE_CONFORMANCE=full`): what helm prints byte for byte, and the
//! words of its errors.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

#[path = "support/command.rs"]
mod command;
#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/errors.rs"]
mod errors;

use corpus::Case;
use errors::{error_of, is_same_error};

/// Cases of the default run that succeed, and that fail.
const SAMPLES: (usize, usize) = (80, 60);

fn sample(cases: &[Case], wanted: usize) -> impl Iterator<Item = &Case> {
    let is_full = std::env::var_os("SLUICE_CONFORMANCE").is_some_and(|value| value == "full");
    let wanted = if is_full { cases.len() } else { wanted };
    let step = (cases.len() / wanted.max(1)).max(1);
    cases.iter().step_by(step).take(wanted)
}

/// Runs on a stack that holds templates which nest deep.
fn on_a_large_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test);
    thread.unwrap().join().unwrap();
}

/// Where the real output varies, the lines that all runs share stand in order.
fn has_lines(text: &[u8], lines: &str) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut rest = text.split('\n');
    lines.split('\n').all(|line| rest.any(|found| found == line))
}

#[test]
fn prints_what_helm_prints() {
    on_a_large_stack(|| {
        let Some((mut cases, data)) = corpus::open() else {
            return;
        };
        cases.retain(|case| !case.must_fail);
        let mut wrong = Vec::new();
        for case in sample(&cases, SAMPLES.0) {
            let printed = match command::run(case.arguments.clone()) {
                Ok(printed) => printed.text,
                Err(error) => {
                    wrong.push(format!("{}: {error}", case.id));
                    continue;
                }
            };
            let same = match corpus::stable_lines(case, &data) {
                Some(lines) => has_lines(&printed, &lines),
                None => printed == corpus::expected(case, &data),
            };
            if !same {
                wrong.push(format!("{}: output differs", case.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

#[test]
fn fails_for_the_same_reasons() {
    on_a_large_stack(|| {
        let Some((mut cases, data)) = corpus::open() else {
            return;
        };
        cases.retain(|case| case.must_fail);
        let inputs = data.join("inputs").to_string_lossy().into_owned();
        let mut wrong = Vec::new();
        for case in sample(&cases, SAMPLES.1) {
            let Err(ours) = command::run(case.arguments.clone()) else {
                wrong.push(format!("{}: does not fail", case.id));
                continue;
            };
            let theirs = corpus::expected_error(case, &data).replace("$INPUTS", &inputs);
            let theirs = error_of(&theirs);
            if !is_same_error(theirs, &ours) {
                wrong.push(format!("{}:\n  helm: {theirs:?}\n  we:   {ours:?}", case.id));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

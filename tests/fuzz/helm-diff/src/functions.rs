//! The part of the functions: one process of helm's library answers all questions.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use serde_json::json;
use sluice_go_template::{Context, Limits, MissingKey, TemplateSet};
use sluice_sprig::json::{Target, read};
use sluice_sprig::{Environment, functions};

use crate::Arguments;
use crate::expression::{Question, question};
use crate::library::Library;
use crate::outcome::{Outcome, ask, ours, shown};
use crate::random::Random;

fn evaluate(question: &Question) -> Outcome {
    let data = read(question.data.to_string().as_bytes(), Target::Any).map_err(|error| error.to_string())?;
    let table = functions(Environment::new(1_700_000_000, [7; 32]));
    let mut set = TemplateSet::new("t", table, MissingKey::Zero);
    let mut context = Context::new(Limits::default());
    set.parse("t", question.template.as_str(), &context)
        .map_err(|error| error.to_string())?;
    let output = Rc::new(set).execute(&mut context, b"t", data);
    output.map_err(|error| error.to_string())
}

/// Runs all questions; true when nothing differs.
///
/// # Errors
/// The library's process, or the folder of what is kept.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let numbers = match arguments.only {
        Some(number) if arguments.functions > 0 => number..number + 1,
        _ => 0..arguments.functions,
    };
    let mut library = Library::start("helm-library")?;
    let path = arguments.keep.join("functions.jsonl");
    let mut kept = std::fs::File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let (mut different, mut failed, mut skipped) = (0_u64, 0_u64, 0_u64);
    let mut by_function: BTreeMap<String, u64> = BTreeMap::new();
    let count = numbers.end - numbers.start;
    for number in numbers {
        let question = question(&mut Random::new(arguments.seed, number));
        let request = json!({"template": question.template, "data": question.data});
        let theirs = ask(&mut library, &request)?;
        failed += u64::from(theirs.is_err());
        let ours = ours(|| evaluate(&question));
        if agree(&ours, &theirs) {
            continue;
        }
        if is_of_the_process(&question.template, &theirs, &ours) || is_known(&question.template, &theirs) {
            skipped += 1;
            continue;
        }
        different += 1;
        let name = question.template.split(' ').nth(1).unwrap_or_default().to_owned();
        *by_function.entry(name).or_default() += 1;
        println!(
            "case {number}: {}\n  data   {}\n  ours   {}\n  theirs {}",
            question.template,
            question.data,
            shown(&ours),
            shown(&theirs)
        );
        writeln!(kept, "{request}")?;
    }
    println!(
        "functions: {count} questions, {failed} of them errors, {skipped} differ as they may, {different} differ {by_function:?}"
    );
    Ok(different == 0)
}

/// What cannot be compared: addresses, and what Go's allocations decide.
fn is_of_the_process(template: &str, theirs: &Outcome, ours: &Outcome) -> bool {
    let text = match theirs {
        Ok(output) => String::from_utf8_lossy(output).to_lowercase(),
        Err(error) => error.to_lowercase(),
    };
    let verbs = template.split('%').skip(1);
    let is_pointer = |verb: &str| {
        let verb = verb.trim_start_matches(|c: char| "+-# 0123456789.*[]x".contains(c));
        verb.starts_with('p')
    };
    // A slice of Go reaches as far as was allocated.
    let reaches = matches!(ours, Err(error) if error.contains("slice index out of bounds"));
    text.contains("(0x") || verbs.into_iter().any(is_pointer) || reaches
}

/// Where the words differ on purpose: `fromToml` gives the error as a value, and our parser has words of its own; merging
/// what `semver` gives takes mergo's reflection apart.
fn is_known(template: &str, theirs: &Outcome) -> bool {
    let toml = matches!(theirs, Ok(output) if String::from_utf8_lossy(output).contains("toml: "));
    (template.contains("fromToml") && toml) || (template.contains("erge") && template.contains("semver"))
}

fn agree(ours: &Outcome, theirs: &Outcome) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => said(ours) == said(theirs),
        _ => false,
    }
}

/// What the function said.
fn said(error: &str) -> &str {
    error.split_once("error calling ").map_or(error, |(_, said)| said)
}

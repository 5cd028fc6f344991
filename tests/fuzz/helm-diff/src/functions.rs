//! The part of the functions: one process of helm's library answers all questions.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::rc::Rc;

use anyhow::{Context as _, Result};
use serde_json::json;
use sluice_go_template::{Context, Limits, MissingKey, TemplateSet};
use sluice_sprig::json::{Target, read};
use sluice_sprig::{Environment, functions};

use crate::expression::{Question, question};
use crate::library::Library;
use crate::outcome::{Outcome, ask, ours, shown};
use crate::random::Random;
use crate::{Arguments, explained};

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
    let (mut different, mut failed) = (0_u64, 0_u64);
    let mut explained: BTreeMap<&str, u64> = BTreeMap::new();
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
        if let Some(reason) = explained::reason(&question.template, &ours, &theirs) {
            *explained.entry(reason).or_default() += 1;
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
        "functions: {count} questions, {failed} of them errors, {different} differ {by_function:?}, explained are {explained:?}"
    );
    Ok(different == 0)
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

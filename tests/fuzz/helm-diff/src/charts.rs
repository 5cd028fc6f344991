//! The part of the charts: those of the renderer corpus with changed values.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::library::Library;
use crate::outcome::{Outcome, ask, ours, shown};
use crate::random::Random;
use crate::{Arguments, mutation};

use errors::{error_of, is_same_error};

#[path = "../../../../plugins/lib/helm/tests/support/command.rs"]
mod command;
#[path = "../../../../plugins/lib/helm/tests/support/corpus.rs"]
#[allow(dead_code)]
mod corpus;
#[path = "../../../../plugins/lib/helm/tests/support/errors.rs"]
mod errors;

/// Requests that one process of the library answers: its command line grows with each.
const ANSWERS: u64 = 40;

/// How two outcomes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Difference {
    /// Both print, not the same.
    Output,
    /// Only the real one fails.
    OnlyTheyFail,
    /// Only ours fails.
    OnlyWeFail,
    /// Both fail with other words.
    Words,
}

/// A chart with changed values, written to a folder.
struct Case {
    arguments: Vec<String>,
}

struct Run<'a> {
    arguments: &'a Arguments,
    folder: PathBuf,
    library: Library,
    answered: u64,
}

/// Runs all cases; true when nothing differs.
///
/// # Errors
/// The library's process, or the file system.
pub fn run(arguments: &Arguments) -> Result<bool> {
    if arguments.charts == 0 {
        return Ok(true);
    }
    let Some((mut cases, _)) = corpus::open() else {
        return Ok(true);
    };
    cases.retain(|case| {
        case.arguments
            .iter()
            .any(|argument| argument.contains(&arguments.chart))
    });
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let mut run = Run {
        arguments,
        folder: base.join(format!("fuzz-helm-{}", std::process::id())),
        library: Library::start("helm-library")?,
        answered: 0,
    };
    let numbers = match arguments.only {
        Some(number) => number..number + 1,
        None => 0..arguments.charts,
    };
    let mut tally = Tally::default();
    for number in numbers {
        let random = &mut Random::new(arguments.seed ^ 0xC4A7, number);
        let case = &cases[random.below(cases.len())];
        run.case(random, number, case, &mut tally)?;
    }
    let _ = fs::remove_dir_all(&run.folder);
    let differ: u64 = tally.differences.values().sum();
    println!(
        "charts: {} cases, {} render, {} of them vary; {differ} differ {:?}",
        tally.cases, tally.rendered, tally.varying, tally.differences
    );
    Ok(differ == 0)
}

#[derive(Default)]
struct Tally {
    cases: u64,
    rendered: u64,
    varying: u64,
    differences: BTreeMap<Difference, u64>,
}

impl Run<'_> {
    fn case(
        &mut self,
        random: &mut Random,
        number: u64,
        base: &corpus::Case,
        tally: &mut Tally,
    ) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        fs::create_dir_all(&self.folder)?;
        let Some(case) = changed(random, base, &self.folder)? else {
            return Ok(());
        };
        let theirs = self.ask(&case)?;
        let ours = ours(|| command::run(case.arguments.clone()).map(|printed| printed.text));
        tally.cases += 1;
        tally.rendered += u64::from(theirs.is_ok());
        let Some(found) = self.difference(&case, &ours, &theirs, tally)? else {
            return Ok(());
        };
        *tally.differences.entry(found).or_default() += 1;
        self.keep(number, &base.id, &case, found, &ours, &theirs)
    }

    fn ask(&mut self, case: &Case) -> Result<Outcome> {
        self.answered += 1;
        if self.answered.is_multiple_of(ANSWERS) {
            self.library = Library::start("helm-library")?;
        }
        let answer = ask(&mut self.library, &json!({"args": case.arguments}))?;
        Ok(answer.map_err(|error| error_of(&error).to_owned()))
    }

    fn difference(
        &mut self,
        case: &Case,
        ours: &Outcome,
        theirs: &Outcome,
        tally: &mut Tally,
    ) -> Result<Option<Difference>> {
        let found = match (ours, theirs) {
            (Ok(a), Ok(b)) if a == b => return Ok(None),
            (Err(a), Err(b)) if is_same_error(b, a) => return Ok(None),
            (Ok(_), Ok(_)) => Difference::Output,
            (Ok(_), Err(_)) => Difference::OnlyTheyFail,
            (Err(_), Ok(_)) => Difference::OnlyWeFail,
            (Err(_), Err(_)) => Difference::Words,
        };
        for _ in 0..4 {
            let again = self.ask(case)?;
            if again == *theirs {
                continue;
            }
            if is_within(ours, theirs, &again) {
                tally.varying += 1;
                return Ok(None);
            }
        }
        Ok(Some(found))
    }

    fn keep(
        &self,
        number: u64,
        id: &str,
        case: &Case,
        found: Difference,
        ours: &Outcome,
        theirs: &Outcome,
    ) -> Result<()> {
        let folder = self
            .arguments
            .keep
            .join(format!("seed{}-chart{number}", self.arguments.seed));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for name in ["overlay.json", "chart/values.yaml"] {
            if let Ok(bytes) = fs::read(self.folder.join(name)) {
                fs::write(folder.join(name.replace('/', "-")), bytes)?;
            }
        }
        fs::write(folder.join("arguments.json"), json!(case.arguments).to_string())?;
        for (name, outcome) in [("ours", ours), ("theirs", theirs)] {
            let bytes = outcome
                .clone()
                .unwrap_or_else(|error| format!("Error: {error}\n").into_bytes());
            fs::write(folder.join(name), bytes)?;
        }
        println!("chart {number} ({id}): {found:?}, kept in {}", folder.display());
        for outcome in [ours, theirs].into_iter().filter(|outcome| outcome.is_err()) {
            println!("  {}", shown(outcome));
        }
        Ok(())
    }
}

/// Where the real answer varies, ours is as good as one of its own: the same outcome, and the lines that stay.
fn is_within(ours: &Outcome, theirs: &Outcome, again: &Outcome) -> bool {
    let lines = |outcome: &Outcome| -> Vec<String> {
        let bytes = outcome.clone().unwrap_or_else(String::into_bytes);
        String::from_utf8_lossy(&bytes)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    if ours.is_ok() != theirs.is_ok() && ours.is_ok() != again.is_ok() {
        return false;
    }
    let (ours, theirs, again) = (lines(ours), lines(theirs), lines(again));
    let mut rest = ours.iter();
    theirs.len() != again.len()
        || theirs
            .iter()
            .zip(&again)
            .filter(|(a, b)| a == b)
            .all(|(line, _)| rest.any(|found| found == line))
}

/// A case of the corpus with an overlay of values, or with another `values.yaml` in a copy of its chart.
fn changed(random: &mut Random, base: &corpus::Case, folder: &Path) -> Result<Option<Case>> {
    let mut arguments = base.arguments.clone();
    let Some(at) = arguments.iter().position(|argument| Path::new(argument).is_dir()) else {
        return Ok(None);
    };
    let chart = PathBuf::from(&arguments[at]);
    let text = fs::read_to_string(chart.join("values.yaml")).unwrap_or_default();
    let limits = sluice_yaml::Limits::default();
    let values = sluice_yaml::read_value(text.as_bytes(), false, &limits).unwrap_or(Value::Null);
    let values = if values.is_object() { values } else { json!({}) };
    let mut after = values.clone();
    mutation::mutate(random, &mut after);
    if random.chance(60) {
        let overlay_path = folder.join("overlay.json");
        fs::write(&overlay_path, mutation::overlay(&values, &after).to_string())?;
        arguments.extend(["-f".into(), overlay_path.to_string_lossy().into_owned()]);
    } else {
        let copy = folder.join("chart");
        let text = if random.chance(50) {
            mutation::damage(random, &text)
        } else {
            after.to_string()
        };
        link(&chart, &copy, &text)?;
        arguments[at] = copy.to_string_lossy().into_owned();
    }
    Ok(Some(Case { arguments }))
}

/// A copy of a chart whose entries are links, with its own values.
fn link(chart: &Path, copy: &Path, values: &str) -> Result<()> {
    fs::create_dir_all(copy)?;
    for entry in fs::read_dir(chart).with_context(|| format!("reading {}", chart.display()))? {
        let entry = entry?;
        if entry.file_name() != "values.yaml" {
            std::os::unix::fs::symlink(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    fs::write(copy.join("values.yaml"), values)?;
    Ok(())
}

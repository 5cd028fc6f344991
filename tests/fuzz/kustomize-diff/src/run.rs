//! The run: cases one after the other, differences made small and kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::case::Case;
use crate::compare::{Difference, difference};
use crate::oracle::{Oracle, Outcome, run_program};
use crate::random::Random;
use crate::shrink::shrink;
use crate::{Arguments, generate, ours};

/// Longest time of one of our builds.
const DEADLINE: Duration = Duration::from_secs(20);

/// What was seen.
#[derive(Debug, Default)]
struct Tally {
    cases: u64,
    built: u64,
    programs: u64,
    unstable: u64,
    crashes: u64,
    differences: BTreeMap<Difference, u64>,
    /// Both fail, but another of several errors is met first.
    kinds: u64,
    /// Ends of kustomize's errors with their numbers, to see what the generator wastes its cases on.
    errors: BTreeMap<String, u64>,
    ours: Duration,
    theirs: Duration,
}

struct Worker {
    oracle: Oracle,
    folder: PathBuf,
    began: Arc<Mutex<Option<Instant>>>,
    tally: Tally,
}

/// Runs all cases; false when any differs.
///
/// # Errors
/// The oracle or the file system.
pub fn run(arguments: &Arguments) -> Result<bool> {
    std::panic::set_hook(Box::new(|_| {}));
    fs::create_dir_all(&arguments.keep).with_context(|| format!("making {}", arguments.keep.display()))?;
    let threads: Vec<_> = (0..arguments.jobs)
        .map(|job| {
            let arguments = arguments.clone();
            std::thread::Builder::new()
                .stack_size(64 << 20)
                .spawn(move || Worker::new(job)?.run(&arguments, job))
        })
        .collect();
    let mut total = Tally::default();
    for thread in threads {
        let tally = thread?.join().map_err(|_| anyhow!("a worker panicked"))??;
        total.add(tally);
    }
    total.print();
    if arguments.errors {
        total.print_errors();
    }
    Ok(total.differences.is_empty())
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.built += other.built;
        self.programs += other.programs;
        self.unstable += other.unstable;
        self.crashes += other.crashes;
        self.kinds += other.kinds;
        self.ours += other.ours;
        self.theirs += other.theirs;
        for (error, count) in other.errors {
            *self.errors.entry(error).or_default() += count;
        }
        for (kind, count) in other.differences {
            *self.differences.entry(kind).or_default() += count;
        }
    }

    fn print_errors(&self) {
        let mut list: Vec<_> = self.errors.iter().collect();
        list.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (error, count) in list.iter().take(40) {
            println!("{count:6} {error}");
        }
    }

    fn print(&self) {
        println!(
            "{} cases: {} build, {} fail in both or differ; kustomize crashed on {}, varied on {}; {} through the program too",
            self.cases,
            self.built,
            self.cases - self.built,
            self.crashes,
            self.unstable,
            self.programs
        );
        println!(
            "ours {:.1} s, kustomize's library {:.1} s",
            self.ours.as_secs_f64(),
            self.theirs.as_secs_f64()
        );
        let count: u64 = self.differences.values().sum();
        println!(
            "{count} differences {:?}; {} times errors of another kind",
            self.differences, self.kinds
        );
    }
}

impl Worker {
    fn new(job: u64) -> Result<Self> {
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() {
            memory.to_owned()
        } else {
            std::env::temp_dir()
        };
        let folder = base.join(format!("fuzz-kustomize-{}-{job}", std::process::id()));
        let began = Arc::new(Mutex::new(None));
        watch(Arc::clone(&began), folder.clone());
        Ok(Self {
            oracle: Oracle::start()?,
            folder,
            began,
            tally: Tally::default(),
        })
    }

    fn run(mut self, arguments: &Arguments, job: u64) -> Result<Tally> {
        let numbers: Vec<u64> = match arguments.only {
            Some(number) => vec![number],
            None => (0..arguments.cases)
                .filter(|number| number % arguments.jobs == job)
                .collect(),
        };
        for number in numbers {
            let case = generate::case(&mut Random::new(arguments.seed, number), arguments.calm);
            if arguments.only.is_some() {
                case.write(&arguments.keep.join("case"))?;
                println!("written to {}", arguments.keep.join("case").display());
            }
            let found = self.compare(&case)?;
            if found == Some(Difference::ErrorKind) && arguments.only.is_none() {
                self.tally.kinds += 1;
            } else if let Some(found) = found {
                *self.tally.differences.entry(found).or_default() += 1;
                self.keep(arguments, number, &case, found)?;
            } else if number % arguments.program_every == 0 {
                self.check_program(&case, number)?;
            }
        }
        let _ = fs::remove_dir_all(&self.folder);
        Ok(self.tally)
    }

    fn outcomes(&mut self, case: &Case) -> Result<(Outcome, Outcome)> {
        case.write(&self.folder)?;
        let begin = Instant::now();
        let theirs = self.oracle.build(case, &self.folder)?;
        self.tally.theirs += begin.elapsed();
        let begin = Instant::now();
        self.set_clock(Some(begin));
        let ours = ours::run(case, &self.folder);
        self.set_clock(None);
        self.tally.ours += begin.elapsed();
        Ok((theirs, ours))
    }

    fn set_clock(&self, to: Option<Instant>) {
        *self.began.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }

    fn compare(&mut self, case: &Case) -> Result<Option<Difference>> {
        let (theirs, ours) = self.outcomes(case)?;
        self.tally.cases += 1;
        self.tally.built += u64::from(theirs.is_ok());
        self.tally.crashes += u64::from(theirs.as_ref().is_err_and(|error| error.starts_with("panic: ")));
        if let Err(error) = &theirs {
            let end: String = error.chars().rev().take(90).collect();
            let end: String = end.chars().rev().filter(|c| !c.is_ascii_digit()).collect();
            *self.tally.errors.entry(end).or_default() += 1;
        }
        let Some(found) = difference(&theirs, &ours) else {
            return Ok(None);
        };
        if self.varies(case, &theirs)? {
            self.tally.unstable += 1;
            return Ok(None);
        }
        Ok(Some(found))
    }

    /// True when kustomize itself gives another answer another time (it walks Go maps in places).
    fn varies(&mut self, case: &Case, first: &Outcome) -> Result<bool> {
        for _ in 0..6 {
            let again = self.oracle.build(case, &self.folder)?;
            let same = match (first, &again) {
                (Ok(a), Ok(b)) => a == b,
                (Err(_), Err(_)) => true,
                _ => false,
            };
            if !same {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn check_program(&mut self, case: &Case, number: u64) -> Result<()> {
        let (theirs, _) = self.outcomes(case)?;
        let program = run_program(case, &self.folder)?;
        self.tally.programs += 1;
        if let (Ok(a), Ok(b)) = (&theirs, &program)
            && a != b
        {
            return Err(anyhow!("case {number}: kustomize's library and program differ"));
        }
        if theirs.is_ok() != program.is_ok() {
            return Err(anyhow!(
                "case {number}: only one of kustomize's library and program builds"
            ));
        }
        Ok(())
    }

    fn keep(&mut self, arguments: &Arguments, number: u64, case: &Case, found: Difference) -> Result<()> {
        let small = if arguments.shrink {
            let mut differs = |candidate: &Case| {
                self.outcomes(candidate)
                    .is_ok_and(|(theirs, ours)| difference(&theirs, &ours) == Some(found))
            };
            shrink(case, &mut differs)
        } else {
            case.clone()
        };
        let (_, ours) = self.outcomes(&small)?;
        // What the program says counts; only its errors know where the case was written.
        let root = self.folder.to_string_lossy().into_owned();
        let theirs = run_program(&small, &self.folder)?.map_err(|error| error.replace(&root, ""));
        let kind = if arguments.calm { "calm-" } else { "" };
        let name = format!("{kind}seed{}-case{number}", arguments.seed);
        let calm = if arguments.calm { " ARGS=--calm" } else { "" };
        let note = format!(
            "found by make fuzz-kustomize SEED={} CASE={number}{calm}: {found:?}",
            arguments.seed
        );
        fs::write(
            arguments.keep.join(format!("{name}.txt")),
            small.to_text(&note, &theirs),
        )?;
        let report = match &ours {
            Ok(text) => format!("{found:?}\n{text}"),
            Err(error) => format!("{found:?}\nError: {error}\n"),
        };
        fs::write(arguments.keep.join(format!("{name}.ours")), report)?;
        println!("{name}: {found:?}");
        Ok(())
    }
}

/// Ends the process, naming the folder of the case, when one of our builds does not end.
fn watch(began: Arc<Mutex<Option<Instant>>>, folder: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let began = *began.lock().unwrap_or_else(PoisonError::into_inner);
            if began.is_some_and(|at| at.elapsed() > DEADLINE) {
                eprintln!("a build takes longer than {DEADLINE:?}: {}", folder.display());
                std::process::exit(3);
            }
        }
    });
}

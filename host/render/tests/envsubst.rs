//! Differential test: substitution answers as Flux's own library (fluxcd/pkg/envsubst) does.
//!
//! `envsubst.jsonl` holds recorded questions and answers; where the program that made them is built
//! (`tests/controlplane/build envsubst`), some thousand new questions are asked as well. `RECORD=1` writes the record
//! again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use sluice_render::substitute::substitute;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Question {
    text: String,
    vars: BTreeMap<String, String>,
    strict: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    invalid: bool,
}

/// A small generator (xorshift), so that a seed names a run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const NAMES: [&str; 8] = ["a", "b", "empty", "none", "path", "u", "n", "_x1"];
const SIGNS: [&str; 27] = [
    "", ":", ":=", ":-", ":+", ":?", "=", "-", "+", "#", "##", "###", "%", "%%", "/", "//", "/#", "/%",
    "///", "^", "^^", "^,", ",", ",,", ",,,", "::", "@",
];
const BITS: [&str; 40] = [
    "a", "l", "o", "x", "World", "hello", "/", "//", "*", "*/", "?", "[a-l]", "[^a-l]", "[", "]", "\\",
    "\\/", "\\\\", "\\*", "$", "$$", "$$$", "{", "}", ":", "0", "1", "-2", "3", "99", "+1", "é", "日", " ",
    "\n", "usr", "local", "bin", ".", "#",
];

fn soup(random: &mut Random) -> String {
    let tokens = [&SIGNS[..], &BITS[..], &NAMES[..], &["${", "${", "}", "}", "${#"]].concat();
    (0..random.below(9) + 1).map(|_| random.pick(&tokens)).collect()
}

fn expression(random: &mut Random, depth: usize) -> String {
    if random.below(12) == 0 {
        return format!("${{#{}}}", random.pick(&NAMES));
    }
    let mut text = format!("${{{}{}", random.pick(&NAMES), random.pick(&SIGNS));
    for _ in 0..random.below(4) {
        match random.below(6) {
            0 if depth < 4 => text += &expression(random, depth + 1),
            1 => text += random.pick(&["/", ":", "//"]),
            _ => text += random.pick(&BITS),
        }
    }
    text + "}"
}

fn text(random: &mut Random) -> String {
    let part = |random: &mut Random| match random.below(5) {
        0 => soup(random),
        1 => random.pick(&BITS).to_owned(),
        _ => expression(random, 0),
    };
    (0..random.below(3) + 1).map(|_| part(random)).collect()
}

fn questions(seed: u64, count: usize) -> Vec<Question> {
    let vars: BTreeMap<String, String> = [
        ("a", "hello"),
        ("b", "World/x/World"),
        ("empty", ""),
        ("path", "/usr/local/bin"),
        ("u", "éÉßtéİσ日本"),
        ("n", "-2"),
        ("_x1", "a*[b]\\c/$d${e}"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let mut random = Random(seed | 1);
    (0..count)
        .map(|index| Question {
            text: text(&mut random),
            vars: vars.clone(),
            strict: index % 2 == 0,
        })
        .collect()
}

/// A pattern of Flux's may match a part of a character and leave the rest, broken; ours matches whole ones.
fn is_broken(answer: &Answer) -> bool {
    answer.invalid || answer.text.as_ref().is_some_and(|text| text.contains('\u{fffd}'))
}

fn compare(question: &Question, answer: &Answer) -> Result<(), String> {
    if is_broken(answer) {
        return Ok(());
    }
    let ours = substitute(&question.text, &question.vars, question.strict);
    let agrees = match (&ours, &answer.text) {
        (Ok(ours), Some(theirs)) => ours == theirs,
        (Err(ours), None) => {
            !answer.error.contains("not set")
                || ours.to_string().contains("not set")
                || ["line", "cuts a character"]
                    .iter()
                    .any(|text| ours.to_string().contains(text))
        }
        _ => false,
    };
    if agrees {
        Ok(())
    } else {
        Err(format!("{question:?}\n  ours {ours:?}\n  theirs {answer:?}"))
    }
}

/// The program, where it is built.
fn program() -> Option<PathBuf> {
    let cache = std::env::var_os("SLUICE_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache/sluice")))?;
    Some(cache.join("bin/envsubst")).filter(|path| path.exists())
}

fn ask(program: &Path, questions: &[Question]) -> Vec<Answer> {
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let lines: String = questions
        .iter()
        .map(|it| serde_json::to_string(it).unwrap() + "\n")
        .collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("ends");
    writer.join().unwrap().expect("reads its questions");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn check(pairs: impl Iterator<Item = (Question, Answer)>) {
    let wrong: Vec<String> = pairs
        .filter_map(|(question, answer)| compare(&question, &answer).err())
        .collect();
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}

const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/envsubst.jsonl");

#[test]
fn answers_are_those_on_record() {
    if std::env::var_os("RECORD").is_some() {
        record();
    }
    let record = std::fs::read_to_string(RECORD).expect("the record is there");
    let mut lines = record.lines();
    let vars: BTreeMap<String, String> = serde_json::from_str(lines.next().unwrap()).unwrap();
    let pairs: Vec<_> = lines
        .map(|line| {
            let (text, strict, answer): (String, bool, Answer) = serde_json::from_str(line).unwrap();
            (
                Question {
                    text,
                    vars: vars.clone(),
                    strict,
                },
                answer,
            )
        })
        .collect();
    assert!(pairs.len() > 500);
    check(pairs.into_iter());
}

/// The first line holds the variables, each other one a text, whether strict, and the answer.
fn record() {
    let questions = questions(20_261_125, 800);
    let answers = ask(&program().expect("tests/controlplane/build envsubst"), &questions);
    let mut text = serde_json::to_string(&questions[0].vars).unwrap() + "\n";
    for (question, answer) in questions.iter().zip(&answers) {
        text += &(serde_json::to_string(&(&question.text, question.strict, answer)).unwrap() + "\n");
    }
    std::fs::write(RECORD, text).unwrap();
}

#[test]
fn new_questions_get_the_answers_of_the_library() {
    let Some(program) = program() else {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: no envsubst (tests/controlplane/build envsubst)"
        );
        return;
    };
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let questions = questions(
        u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap(),
        8_000,
    );
    let answers = ask(&program, &questions);
    assert_eq!(answers.len(), questions.len());
    let decided = answers.iter().filter(|answer| answer.text.is_some()).count();
    assert!(decided > 2_000, "most questions are well-formed: {decided}");
    check(questions.into_iter().zip(answers));
}

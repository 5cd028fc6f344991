//! Compares with the answers of Flux's own matcher, when an oracle is at hand: `SLUICE_GITIGNORE_ORACLE` names a
//! program that reads a JSON list of cases and writes a JSON list of booleans.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::{Rules, Scope};

#[derive(Serialize)]
struct Case {
    files: Vec<(Vec<String>, String)>,
    ignore: Option<String>,
    path: Vec<String>,
    dir: bool,
}

/// A small generator, so that failures repeat.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const NAMES: [&str; 12] = [
    "a", "b", "ab", "a.jpg", "x.yaml", ".git", ".github", "deploy", "b.tar.gz", "!a", "#a", "a b",
];
const PIECES: [&str; 20] = [
    "a", "b", "*", "**", "?", "[a-b]", "[^a]", "*.jpg", "a*", "deploy", ".git*", "[", "\\a", "\\", "x.yaml",
    "**a", "", "!", " ", "[]a]",
];

fn pattern(dice: &mut Dice) -> String {
    let mut line = String::new();
    if dice.roll(3) == 0 {
        line.push('!');
    }
    if dice.roll(4) == 0 {
        line.push('/');
    }
    for at in 0..=dice.roll(3) {
        if at > 0 {
            line.push('/');
        }
        line.push_str(dice.pick(&PIECES));
        if dice.roll(4) == 0 {
            line.push_str(dice.pick(&PIECES));
        }
    }
    if dice.roll(4) == 0 {
        line.push('/');
    }
    if dice.roll(8) == 0 {
        line.push_str("  ");
    }
    line
}

fn path(dice: &mut Dice, longest: usize) -> Vec<String> {
    (0..=dice.roll(longest))
        .map(|_| dice.pick(&NAMES).to_owned())
        .collect()
}

fn document(dice: &mut Dice) -> String {
    (0..dice.roll(4))
        .map(|_| pattern(dice) + if dice.roll(5) == 0 { "\r\n" } else { "\n" })
        .collect()
}

fn cases(count: usize) -> Vec<Case> {
    let mut dice = Dice(0x5eed);
    let one = |dice: &mut Dice| Case {
        files: (0..dice.roll(3))
            .map(|at| {
                if at == 0 {
                    (Vec::new(), document(dice))
                } else {
                    (path(dice, 2), document(dice))
                }
            })
            .collect(),
        ignore: (dice.roll(3) > 0).then(|| document(dice)),
        path: path(dice, 4),
        dir: dice.roll(3) == 0,
    };
    (0..count).map(|_| one(&mut dice)).collect()
}

#[test]
fn agrees_with_flux() {
    let Some(oracle) = std::env::var_os("SLUICE_GITIGNORE_ORACLE") else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("SKIPPED: SLUICE_GITIGNORE_ORACLE is not set, Flux's matcher was not asked\n"),
        );
        return;
    };
    let cases = cases(200_000);
    let mut child = Command::new(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("oracle");
    let mut stdin = child.stdin.take().expect("stdin");
    let input = serde_json::to_vec(&cases).expect("JSON");
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("oracle");
    writer.join().expect("writer").expect("written");
    let answers: Vec<bool> = serde_json::from_slice(&output.stdout).expect("answers");
    assert_eq!(answers.len(), cases.len());
    for (case, wanted) in cases.iter().zip(answers) {
        let files = case
            .files
            .iter()
            .map(|(domain, text)| (domain.as_slice(), text.as_bytes()));
        let rules = Rules::new(files, case.ignore.as_deref());
        let parts: Vec<&str> = case.path.iter().map(String::as_str).collect();
        let shown = serde_json::to_string(case).expect("JSON");
        assert_eq!(rules.ignores(&parts, case.dir), wanted, "{shown}");
        let mut scope = Scope::default();
        for end in 1..parts.len() {
            scope = rules.enter(scope, &parts[..end], true).1;
        }
        assert_eq!(
            rules.enter(scope, &parts, case.dir).0,
            wanted,
            "by directory: {shown}"
        );
    }
}

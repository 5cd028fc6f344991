//! Compares with Masterminds/semver itself, when an oracle is at hand: `SLUICE_SEMVER_ORACLE` names a program that reads
//! a JSON list of [constraint, version] and writes a JSON list of "bad constraint", "bad version", "yes" or "no".

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::{Constraint, Version};

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

const PRE: [&str; 10] = ["", "", "", "", "-rc.1", "-alpha", "-0", "-01", "-rc.10", "-"];
const META: [&str; 6] = ["", "", "", "", "+b1", "+"];

fn version(dice: &mut Dice, numbers: &[&str]) -> String {
    let mut text = dice.pick(&["", "", "", "v"]).to_owned();
    text.push_str(dice.pick(numbers));
    for _ in 0..dice.roll(4).min(if dice.roll(20) == 0 { 4 } else { 2 }) {
        text.push('.');
        text.push_str(dice.pick(numbers));
    }
    text + dice.pick(&PRE) + dice.pick(&META)
}

fn constraint(dice: &mut Dice) -> String {
    let operators = [
        "", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", "", ">>",
    ];
    let mut text = String::new();
    for at in 0..=dice.roll(3) {
        if at > 0 {
            text.push_str(dice.pick(&[" ", ", ", ",", " || ", "||", " - ", " -", "  "]));
        }
        let known = operators.len() - usize::from(dice.roll(10) > 0);
        text.push_str(dice.pick(&operators[..known]));
        text.push_str(dice.pick(&["", "", " "]));
        text.push_str(&version(
            dice,
            &[
                "0", "1", "2", "10", "x", "*", "X", "1", "0", "2", "01", "1x", "1|2",
            ],
        ));
    }
    text
}

#[test]
fn agrees_with_masterminds() {
    let Some(oracle) = std::env::var_os("SLUICE_SEMVER_ORACLE") else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("SKIPPED: SLUICE_SEMVER_ORACLE is not set, Masterminds/semver was not asked\n"),
        );
        return;
    };
    let mut dice = Dice(0x5eed);
    let cases: Vec<(String, String)> = (0..300_000)
        .map(|_| {
            (
                constraint(&mut dice),
                version(&mut dice, &["0", "1", "2", "10", "3", "01", "x"]),
            )
        })
        .collect();
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
    let answers: Vec<String> = serde_json::from_slice(&output.stdout).expect("answers");
    assert_eq!(answers.len(), cases.len());
    for ((constraint, version), wanted) in cases.iter().zip(answers) {
        let ours = match (Constraint::parse(constraint), Version::parse(version)) {
            (Err(_), _) => "bad constraint",
            (_, Err(_)) => "bad version",
            (Ok(constraint), Ok(version)) if constraint.allows(&version) => "yes",
            _ => "no",
        };
        assert_eq!(ours, wanted, "constraint {constraint:?}, version {version:?}");
    }
}

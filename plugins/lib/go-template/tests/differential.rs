//! Templates and formats against Go: recorded answers always, Go itself where there is one.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use sluice_go_template::{Budget, Limits, Value, format};
use support::random::Random;
use support::{Case, cases, oracle, wire};

const RECORDED: &str = include_str!("cases/expected.jsonl");
const RECORDED_FORMATS: &str = include_str!("cases/formats.jsonl");
/// Random formats that a plain test run compares; `GO_TEMPLATE_FORMATS` asks for another number.
const FORMATS: u64 = 3000;

/// Random templates of a plain test run; `GO_TEMPLATE_TEMPLATES` asks for another number.
const TEMPLATES: u64 = 1500;

/// Addresses differ from process to process.
fn without_addresses(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("0x") {
        let (before, address) = rest.split_at(at);
        let digits = address[2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(before);
        out.push_str(if digits > 5 {
            "ADDRESS"
        } else {
            &address[..2 + digits]
        });
        rest = &address[2 + digits..];
    }
    out + rest
}

fn decode(answer: &Json) -> String {
    use base64::Engine as _;
    let text = answer["output"].as_str().unwrap_or_default();
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    without_addresses(&bytes.escape_ascii().to_string())
}

fn error(answer: &Json) -> String {
    without_addresses(&answer["error"].to_string()) + &without_addresses(&answer["chain"].to_string())
}

/// What differs; the output of a failed execution is not compared (Go has written a part of it).
fn difference(case: &str, want: &Json, got: &Json) -> Option<String> {
    let failed = want["error"].is_string() && got["error"].is_string();
    let same = error(want) == error(got);
    if same && (failed || decode(want) == decode(got)) {
        return None;
    }
    let mut text = format!("{case}\n");
    for (who, answer) in [("go", want), ("we", got)] {
        let _ = writeln!(
            text,
            "  {who}: {} {} {}",
            decode(answer),
            answer["error"],
            answer["chain"]
        );
    }
    Some(text)
}

fn compare(cases: &[Case], answers: &[Json]) {
    assert_eq!(cases.len(), answers.len(), "cases changed: record them again");
    let wrong: Vec<String> = cases
        .iter()
        .zip(answers)
        .filter_map(|(case, want)| {
            let name = format!("[{}] {:?}", case.missing_key, case.files);
            difference(&name, want, &case.answer())
        })
        .collect();
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{shown}",
        wrong.len(),
        cases.len()
    );
}

/// Runs on a stack that holds what Go allows: a thousand includes within each other.
fn on_a_large_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn templates_do_what_go_did() {
    on_a_large_stack(|| {
        let answers: Vec<Json> = RECORDED
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        compare(&cases(), &answers);
    });
}

#[test]
fn templates_do_what_go_does() {
    on_a_large_stack(|| {
        let cases = cases();
        let requests: Vec<Json> = cases.iter().map(Case::request).collect();
        let Some(answers) = oracle::ask(&requests) else {
            return;
        };
        if std::env::var_os("GO_TEMPLATE_RECORD").is_some() {
            let text: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/expected.jsonl");
            std::fs::write(path, text).unwrap();
        }
        compare(&cases, &answers);
    });
}

struct Format {
    format: Vec<u8>,
    args: Vec<Value>,
}

impl Format {
    fn random(random: &mut Random) -> Self {
        let format = match random.below(12) {
            0 => b"print".to_vec(),
            1 => b"println".to_vec(),
            _ => random.format(),
        };
        let count = random.below(4);
        Self {
            format,
            args: (0..count).map(|_| random.value(2)).collect(),
        }
    }

    fn request(&self) -> Json {
        let args: Vec<Json> = self.args.iter().map(wire::value).collect();
        json!({"kind": "fmt", "format": wire::encode(&self.format), "args": args})
    }

    fn output(&self) -> Vec<u8> {
        let budget = &mut Budget::new(Limits::default());
        match self.format.as_slice() {
            b"print" => format::sprint(budget, &self.args),
            b"println" => format::sprintln(budget, &self.args),
            format => format::sprintf(budget, format, &self.args),
        }
        .unwrap()
    }
}

fn compare_formats(seed: u64, answers: &[Json]) {
    let mut random = Random(seed);
    let mut wrong = Vec::new();
    for answer in answers {
        let format = Format::random(&mut random);
        let got = json!({"output": wire::encode(&format.output())});
        let name = format!(
            "{:?} {}",
            format.format.escape_ascii().to_string(),
            format.request()["args"]
        );
        wrong.extend(difference(&name, answer, &got));
    }
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{shown}",
        wrong.len(),
        answers.len()
    );
}

#[test]
fn formats_do_what_go_did() {
    let answers: Vec<Json> = RECORDED_FORMATS
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(answers.len() >= 500);
    compare_formats(1, &answers);
}

#[test]
fn formats_do_what_go_does() {
    let wanted = std::env::var("GO_TEMPLATE_FORMATS")
        .ok()
        .and_then(|count| count.parse().ok());
    let count: u64 = wanted.unwrap_or(FORMATS);
    let seed = if count == FORMATS { 1 } else { count };
    let mut random = Random(seed);
    let requests: Vec<Json> = (0..count)
        .map(|_| Format::random(&mut random).request())
        .collect();
    let Some(answers) = oracle::ask(&requests) else {
        return;
    };
    if seed == 1 && std::env::var_os("GO_TEMPLATE_RECORD").is_some() {
        let text: String = answers
            .iter()
            .take(1000)
            .map(|answer| format!("{answer}\n"))
            .collect();
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/formats.jsonl");
        std::fs::write(path, text).unwrap();
    }
    compare_formats(seed, &answers);
}

#[test]
fn random_templates_do_what_go_does() {
    on_a_large_stack(|| {
        let wanted = std::env::var("GO_TEMPLATE_TEMPLATES")
            .ok()
            .and_then(|count| count.parse().ok());
        let mut random = Random(wanted.unwrap_or(1));
        let case = |_| Case {
            files: vec![("main".to_owned(), random.template())],
            missing_key: ["zero", "default", "error"][random.below(3) as usize],
        };
        let cases: Vec<Case> = (0..wanted.unwrap_or(TEMPLATES)).map(case).collect();
        let requests: Vec<Json> = cases.iter().map(Case::request).collect();
        if let Some(answers) = oracle::ask(&requests) {
            let failed = answers
                .iter()
                .filter(|answer| answer["error"].is_string())
                .count();
            println!("{failed} of {} templates fail", answers.len());
            // Go lets templates nest 100,000 deep.
            let nests = |answer: &Json| error(answer).contains("exceeded maximum template depth");
            let (cases, answers): (Vec<Case>, Vec<Json>) = cases
                .into_iter()
                .zip(answers)
                .filter(|(_, answer)| !nests(answer))
                .unzip();
            compare(&cases, &answers);
        }
    });
}

//! The answers that were recorded from Helm 4.3.1.

use serde_json::Value as Json;

use crate::ask::{Answer, Question, agree, decode, difference, ours};

fn recorded() -> Vec<(Question, Answer)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("cases")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|found| found == "jsonl"))
    {
        let text = std::fs::read_to_string(file).expect("a file of cases");
        for line in text.lines() {
            let case: Json = serde_json::from_str(line).expect("JSON");
            let question = Question {
                template: case["template"].as_str().expect("template").to_owned(),
                data: case.get("data").cloned().unwrap_or(Json::Null),
            };
            let answer = match case.get("error").and_then(Json::as_str) {
                Some(error) => Err(error.to_owned()),
                None => Ok(decode(case.get("output"))),
            };
            cases.push((question, answer));
        }
    }
    cases
}

#[test]
fn recorded_answers_of_helm_hold() {
    let cases = recorded();
    assert!(cases.len() > 500, "only {} cases", cases.len());
    let mut different = Vec::new();
    for (question, theirs) in &cases {
        let ours = ours(question);
        if !agree(&ours, theirs) {
            different.push(difference(question, &ours, theirs));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        cases.len(),
        different.join("\n")
    );
}

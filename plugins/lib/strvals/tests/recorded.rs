//! Lines and what Helm 4.3.1 made of them; `helm-library record` (tests/controlplane/go/helm) writes the answers.

#![allow(clippy::expect_used, reason = "a test")]

use serde_json::Value as Json;
use sluice_go_template::{Budget, Limits, Map, Value, format};
use sluice_sprig::crypto::decode_base64;
use sluice_sprig::json::{Target, read};
use sluice_strvals::{Flag, parse_into};

fn answer(case: &Json) -> Result<String, String> {
    let line = case["line"].as_str().unwrap_or_default();
    let into = case.get("into").map_or_else(|| "{}".to_owned(), Json::to_string);
    let values = read(into.as_bytes(), Target::Map).expect("values");
    let values = values.as_map().cloned().unwrap_or_default();
    let reader = |path: &[u8]| Ok(Value::from([b"<", path, b">"].concat()));
    let flag = match case["set"].as_str() {
        Some("set") => Flag::Set,
        Some("string") => Flag::String,
        Some("json") => Flag::Json,
        Some("literal") => Flag::Literal,
        _ => Flag::File(&reader),
    };
    parse_into(line.as_bytes(), &flag, &values).map_err(|error| error.to_string())?;
    Ok(shown(values))
}

fn shown(values: Map) -> String {
    let mut budget = Budget::new(Limits::default());
    let shown = format::sprintf(&mut budget, b"%#v", &[Value::Map(values)]).expect("text");
    String::from_utf8(shown).expect("UTF-8")
}

fn wanted(case: &Json) -> Result<String, String> {
    if let Some(error) = case.get("error").and_then(Json::as_str) {
        return Err(error.to_owned());
    }
    let output = case["output"].as_str().unwrap_or_default();
    Ok(String::from_utf8(decode_base64(output.as_bytes()).expect("base64")).expect("UTF-8"))
}

#[test]
fn recorded_answers_of_helm_hold() {
    let text = include_str!("cases.jsonl");
    let mut different = Vec::new();
    for line in text.lines() {
        let case: Json = serde_json::from_str(line).expect("JSON");
        let (ours, theirs) = (answer(&case), wanted(&case));
        if ours != theirs {
            different.push(format!("{line}\n  ours   {ours:?}\n  theirs {theirs:?}"));
        }
    }
    assert!(
        different.is_empty(),
        "{} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

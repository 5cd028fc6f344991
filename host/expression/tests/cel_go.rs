//! Compares with what cel-go 0.26.1 in Flux's environment said (`cases.jsonl`: expression, mode, outcome).
//!
//! Outcomes: a value; `error` when the evaluation fails; `invalid` when the expression does not parse or check;
//! `output:TYPE` when it checks and is no boolean.

#![allow(clippy::expect_used, reason = "a test")]

use serde::Deserialize;
use serde_json::Value as Json;
use sluice_expression::{Expression, ExpressionError, Key, Value, Variables};

#[derive(Deserialize)]
struct Case {
    expr: String,
    #[serde(default)]
    mode: String,
    out: String,
}

fn key(key: &Key) -> String {
    match key {
        Key::Bool(value) => value.to_string(),
        Key::Number(number) => number.to_string(),
        Key::String(text) => format!("text:{text}"),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Uint(number) => format!("{number}u"),
        Value::Double(number) if number.is_nan() => "double:7ff8000000000001".into(),
        Value::Double(number) => format!("double:{:016x}", number.to_bits()),
        Value::String(text) => format!("text:{text}"),
        Value::Bytes(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("bytes:{hex}")
        }
        Value::Duration(span) => format!("{}ns", span.as_nanos()),
        Value::Timestamp(moment) => {
            let nanos = moment.as_nanosecond();
            format!(
                "{}.{:09}",
                nanos.div_euclid(1_000_000_000),
                nanos.rem_euclid(1_000_000_000)
            )
        }
        Value::Type(name) => format!("type:{name}"),
        Value::Optional(None) => "none".into(),
        Value::Optional(Some(value)) => format!("some({})", show(value)),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let mut entries: Vec<String> = map
                .iter()
                .map(|(k, item)| format!("{}: {}", key(k), show(item)))
                .collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn outcome(case: &Case, data: &Json) -> String {
    let compiled = case.mode == "compile";
    let expression = if compiled {
        Expression::compile(&case.expr, &["self", "dep"])
    } else {
        Expression::parse(&case.expr)
    };
    let expression = match expression {
        Ok(expression) => expression,
        Err(ExpressionError::Output { found, .. }) => return format!("output:{found}"),
        Err(_) => return "invalid".into(),
    };
    let variables = if compiled {
        Variables::default()
            .with("self", &data["self"])
            .with("dep", &data["dep"])
    } else {
        Variables::fields(data["object"].as_object().expect("an object"))
    };
    match expression.evaluate(&variables) {
        Ok(value) => show(&value),
        Err(_) => "error".into(),
    }
}

/// Where we differ, and why.
const DIFFERENT: [(&str, &str); 14] = [
    (
        "timestamp('9999-12-31T23:59:59Z') + duration('1s')",
        "our time ends 26 hours before the year 9999 does",
    ),
    (
        "{1: 1, 1u: 2}",
        "1 and 1u are one key when they are looked up, and here too",
    ),
    ("{1.5: 2}", "no key can be a fraction"),
    ("{[1]: 2}", "no key can be a list"),
    ("'%f'.format([1])", "cel-go prints Go's complaint about its verb"),
    ("'%e'.format([1u])", "cel-go prints Go's complaint about its verb"),
    (
        "string(timestamp('2020-01-01T01:00:00+01:00'))",
        "moments are kept in UTC",
    ),
    (
        "timestamp('2020-01-01T00:00:00.1234567891Z')",
        "no more than nanoseconds",
    ),
    ("timestamp('2020-01-01T00:00:00,5Z')", "RFC 3339 has no comma"),
    ("string([1])", "an error of the evaluation, not of the expression"),
    ("size()", "an error of the evaluation, not of the expression"),
    ("size(1, 2)", "an error of the evaluation, not of the expression"),
    (
        "google.protobuf.Duration{seconds: 1}",
        "message literals are not supported",
    ),
    (
        "'%d'.format(['a']) == 'a'",
        "an error of the evaluation, not of the expression",
    ),
];

#[test]
fn values_and_refusals_are_those_of_cel_go() {
    let data: Json = serde_json::from_str(include_str!("data.json")).expect("JSON");
    let cases: Vec<Case> = include_str!("cases.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect();
    assert!(cases.len() >= 650, "{} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let ours = outcome(case, &data);
            let differs = DIFFERENT.iter().any(|(expr, _)| *expr == case.expr);
            ((ours != case.out) != differs).then(|| {
                format!(
                    "{} {}\n    ours {ours}\n    cel-go {}",
                    case.mode, case.expr, case.out
                )
            })
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

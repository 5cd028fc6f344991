//! Any text: no panic, and an end.

#![allow(clippy::expect_used, reason = "a test")]

use proptest::prelude::*;
use serde_json::json;
use sluice_expression::{Expression, Variables};

const WORDS: [&str; 44] = [
    "a",
    "b",
    "x",
    "1",
    "2u",
    "1.5",
    "'t'",
    "b'y'",
    "null",
    "true",
    "false",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ".",
    ",",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "==",
    "<",
    "&&",
    "||",
    " in ",
    "size(",
    ".map(x,",
    ".all(x,",
    ".exists(x,",
    ".filter(x,",
    "has(a.b)",
    ".?b",
    "[?0]",
    "optional.of(",
    ".orValue(",
    "'%s'.format(",
    "timestamp(",
];

fn run(source: &str) {
    let data = json!({"a": {"b": [1, 2, {"c": "d"}]}, "b": "text", "x": 3});
    let variables = Variables::fields(data.as_object().expect("an object"));
    if let Ok(expression) = Expression::parse(source) {
        let _ = expression.evaluate(&variables);
    }
    let _ = Expression::compile(source, &["a", "b"]);
}

proptest! {
    #[test]
    fn words_in_any_order_do_no_harm(words in prop::collection::vec(prop::sample::select(&WORDS[..]), 0..24)) {
        run(&words.concat());
    }

    #[test]
    fn any_text_does_no_harm(source in "\\PC{0,64}") {
        run(&source);
    }

    #[test]
    fn any_quoted_text_does_no_harm(source in "[rRbB]{0,2}['\"]{1,3}[\\\\a-fxuU0-9'\"\r\n]{0,16}['\"]{0,3}") {
        run(&source);
    }
}

//! R9: an expression of a tenant ends with an error within its budget, whatever it asks for.

#![allow(clippy::expect_used, reason = "a test")]

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use sluice_expression::{EvaluationError, Expression, ExpressionError, MAX_LENGTH, Variables};

fn stops(source: &str, data: &Json) -> Duration {
    let started = Instant::now();
    let expression = Expression::parse(source).expect("parses");
    let variables = Variables::fields(data.as_object().expect("an object"));
    let error = expression.evaluate(&variables).expect_err("too much");
    assert!(
        matches!(
            &error,
            ExpressionError::Evaluation {
                source: EvaluationError::TooCostly(_),
                ..
            }
        ),
        "{error}"
    );
    started.elapsed()
}

/// Nested loops over a list, doubled text and lists, replacements of replacements, wide formats: each would take 2^n
/// steps or bytes.
#[test]
fn r9_work_beyond_the_budget_stops() {
    let list: Vec<u32> = (0..1000).collect();
    let data = json!({"list": list, "text": "a".repeat(1000)});
    let doubled_text = format!("['a']{}.size() > 0", ".map(x, x + x)".repeat(60));
    let doubled_list = format!("[[1]]{}.size() > 0", ".map(x, x + x)".repeat(60));
    let replaced = format!(
        "text{}.size() > 0",
        ".replace('a', 'aaaaaaaaaaaaaaaaaaaa')".repeat(30)
    );
    let joined = format!("[text]{}.size() > 0", ".map(x, list.map(y, x).join())".repeat(20));
    let compared = format!("[[1]]{0} == [[1]]{0}", ".map(x, [x, x])".repeat(60));
    let shown = format!("'%s'.format([1]{}) == ''", ".map(x, [x, x])".repeat(60));
    let formatted = format!("[text]{}.size() > 0", ".map(x, '%s%s'.format([x, x]))".repeat(60));
    let sources = [
        "list.all(a, list.all(b, list.all(c, true)))",
        "list.map(a, list.map(b, list)).size() > 0 && list.exists(a, list.exists(b, list.exists(c, a + b + c < 0)))",
        "list.exists(a, list.all(b, list.exists(c, c == -1)) || true == false)",
        doubled_text.as_str(),
        doubled_list.as_str(),
        replaced.as_str(),
        joined.as_str(),
        compared.as_str(),
        shown.as_str(),
        formatted.as_str(),
    ];
    for source in sources {
        let took = stops(source, &data);
        assert!(
            took < Duration::from_secs(10),
            "{took:?}: {}",
            &source[..60.min(source.len())]
        );
    }
}

/// The budget's error is no error that a later element or operand makes good.
#[test]
fn r9_nothing_absorbs_the_end_of_the_budget() {
    let list: Vec<u32> = (0..200).collect();
    let data = json!({"list": list});
    let loops = "list.all(a, list.all(b, list.all(c, true)))";
    stops(&format!("{loops} || true"), &data);
    stops(&format!("false && {loops} || {loops} || true"), &data);
    stops(&format!("[1, 2].exists(x, {loops})"), &data);
}

#[test]
fn r9_long_and_deep_expressions_are_refused() {
    let refused = |source: &str| {
        let error = Expression::parse(source).expect_err("refused");
        assert!(error.to_string().len() < 1024, "{error}");
    };
    refused(&format!("'{}'", "a".repeat(MAX_LENGTH)));
    let half = MAX_LENGTH / 2;
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("!", "a", ""),
        ("- ", "a", ""),
        ("a?", "1", ":2"),
        ("a?1:", "1", ""),
        ("1+", "1", ""),
        ("{1:", "1", "}"),
        ("a[", "1", "]"),
    ] {
        let count = (half / (open.len() + close.len())).min(4000);
        refused(&format!("{}{middle}{}", open.repeat(count), close.repeat(count)));
        refused(&open.repeat(count));
    }
    refused(&format!("a{}", ".b".repeat(4000)));
    refused(&format!("a{}", ".b()".repeat(3000)));
    refused(&format!("a{}", "[0]".repeat(3000)));
}

/// The deepest tree that is read can be checked, evaluated and dropped on the stack of a worker.
#[test]
fn the_deepest_tree_fits_on_a_small_stack() {
    let work = || {
        let deep = [
            format!("{}1{}", "[".repeat(198), "]".repeat(198)),
            format!("{}true", "!".repeat(190)),
            format!("1{}", "+1".repeat(190)),
            format!("{}1{}", "size([".repeat(95), "])".repeat(95)),
            format!("[1].map(x, {}x{})", "[x].map(x, ".repeat(90), ")".repeat(90)),
            format!("{}1", "true?1:".repeat(190)),
        ];
        for source in deep {
            let expression = Expression::parse(&source).expect("parses");
            expression.evaluate(&Variables::default()).expect("evaluates");
            let _ = Expression::compile(&source, &["self"]);
        }
    };
    let thread = std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(work)
        .expect("starts");
    thread.join().expect("ends");
}

/// A long list of conditions is one level.
#[test]
fn many_conditions_are_not_deep() {
    let source = vec!["a.b == 1"; 1000].join(" && ");
    let expression = Expression::parse(&source).expect("parses");
    let data = json!({"a": {"b": 1}});
    assert_eq!(
        expression.is_true(&Variables::fields(data.as_object().expect("an object"))),
        Ok(true)
    );
}

/// T5: what an object holds never stands in an error.
#[test]
fn errors_do_not_tell_values() {
    let data = json!({"secret": "hunter2", "map": {"a": 1}, "list": [1]});
    let variables = Variables::fields(data.as_object().expect("an object"));
    for source in [
        "map[secret]",
        "secret + 1",
        "int(secret) == 1",
        "secret.foo",
        "timestamp(secret) == timestamp(0)",
        "duration(secret) == duration('1s')",
        "'a'.matches(secret + '(')",
        "base64.decode(secret + '!')",
        "[secret, 1].join()",
        "secret && true",
        "secret",
    ] {
        let error = Expression::parse(source)
            .expect("parses")
            .is_true(&variables)
            .expect_err("fails");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

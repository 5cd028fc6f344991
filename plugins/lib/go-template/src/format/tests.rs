//! Formats whose result is known; the many are compared with Go in `tests/`.

use super::*;
use crate::{Limits, Map};

fn sprintf_text(format: &str, args: &[Value]) -> String {
    let mut budget = Budget::new(Limits::default());
    String::from_utf8(sprintf(&mut budget, format.as_bytes(), args).unwrap()).unwrap()
}

#[test]
fn verbs_that_do_not_fit_are_output_not_errors() {
    assert_eq!(sprintf_text("%d", &[Value::Float(1.5)]), "%!d(float64=1.5)");
    assert_eq!(
        sprintf_text("%d %s", &[Value::from("a")]),
        "%!d(string=a) %!s(MISSING)"
    );
    assert_eq!(sprintf_text("%s", &[Value::Nil]), "%!s(<nil>)");
    assert_eq!(
        sprintf_text("a", &[Value::int(1), Value::Nil]),
        "a%!(EXTRA int=1, <nil>)"
    );
    assert_eq!(
        sprintf_text("%[3]d %", &[Value::int(1)]),
        "%!d(BADINDEX) %!(NOVERB)"
    );
}

#[test]
fn floats_print_as_gos_shortest() {
    for (number, text) in [
        (123_456.0, "123456"),
        (1_234_567.0, "1.234567e+06"),
        (1e21, "1e+21"),
        (0.000_01, "1e-05"),
        (0.0, "0"),
        (-0.0, "-0"),
        (100.0, "100"),
        (9_007_199_254_740_992.0, "9.007199254740992e+15"),
    ] {
        assert_eq!(format_float(number), text);
    }
}

#[test]
fn nested_values_print_sorted_and_with_their_types() {
    let value = Value::map([
        ("b", Value::int(1)),
        (
            "a",
            Value::list(vec![Value::int(1), Value::from("x"), Value::Nil]),
        ),
    ]);
    assert_eq!(
        sprintf_text("%v", std::slice::from_ref(&value)),
        "map[a:[1 x <nil>] b:1]"
    );
    let go = "map[string]interface {}{\"a\":[]interface {}{1, \"x\", interface {}(nil)}, \"b\":1}";
    assert_eq!(sprintf_text("%#v", &[value]), go);
}

#[test]
fn a_map_that_holds_itself_is_an_error_not_an_overflow() {
    let map = Map::new();
    map.insert("self", Value::Map(map.clone())).unwrap();
    let mut budget = Budget::new(Limits::default());
    let error = sprint(&mut budget, &[Value::Map(map.clone())]).unwrap_err();
    assert_eq!(error.text(), "cannot print a value nested more than 200 deep");
    map.insert("twice", Value::Map(map.clone())).unwrap();
    map.insert("some", Value::from("text")).unwrap();
    assert!(sprint(&mut budget, &[Value::Map(map)]).unwrap_err().is_budget());
}

#[test]
fn a_width_of_a_million_is_charged() {
    let mut budget = Budget::new(Limits {
        bytes: 1_000_000,
        ..Limits::default()
    });
    sprintf(&mut budget, b"%999000d", &[Value::int(1)]).unwrap();
    let error = sprintf(&mut budget, b"%999000d", &[Value::int(1)]).unwrap_err();
    assert!(error.is_budget(), "{error}");
}

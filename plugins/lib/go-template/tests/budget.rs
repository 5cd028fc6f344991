//! Attacks on the engine: what loops, recurses, nests or grows without end stops with the place in the template.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::rc::Rc;

use sluice_go_template::{
    Context, Error, Function, Functions, Limits, Map, MissingKey, TemplateSet, Type, Value, execute_bytes,
};

/// What a guest has.
const STACK: usize = 1 << 20;

fn functions() -> Functions {
    let mut functions = Functions::new();
    let text_and_data = [Type::String, Type::Any];
    functions.insert(
        "include",
        Function::new(&text_and_data, |context, args| {
            Ok(Value::from(
                context.include(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        }),
    );
    functions.insert(
        "tpl",
        Function::new(&text_and_data, |context, args| {
            Ok(Value::from(
                context.tpl(args[0].as_str().unwrap(), args[1].clone())?,
            ))
        }),
    );
    functions.insert(
        "repeat",
        Function::new(&[Type::INT, Type::String], |context, args| {
            let (count, text) = (args[0].as_int().unwrap() as u64, args[1].as_bytes().unwrap());
            context
                .budget()
                .charge_bytes(count.saturating_mul(text.len() as u64))?;
            Ok(Value::from(text.repeat(count as usize)))
        }),
    );
    functions.insert(
        "list",
        Function::variadic(&[], Type::Any, |_, args| Ok(Value::list(args.to_vec()))),
    );
    functions.insert(
        "dict",
        Function::new(&[Type::Any], |_, args| Ok(Value::map([("a", args[0].clone())]))),
    );
    functions.insert(
        "loop",
        Function::new(&[], |_, _| {
            let map = Map::new();
            map.insert("loop", Value::Map(map.clone()))?;
            map.insert("more", Value::Map(map.clone()))?;
            Ok(Value::Map(map))
        }),
    );
    functions
}

fn render(text: &str, limits: Limits) -> Result<Vec<u8>, Error> {
    let mut context = Context::new(limits);
    let mut set = TemplateSet::new("gotpl", functions(), MissingKey::Zero);
    set.parse("chart/x.yaml", text, &context)?;
    Rc::new(set).execute(
        &mut context,
        b"chart/x.yaml",
        Value::map([("a", Value::from("text"))]),
    )
}

/// The error of a text that must not get through, rendered on a small stack.
fn refused(text: String, limits: Limits) -> (bool, String) {
    let render = move || {
        let error = render(&text, limits).unwrap_err();
        (error.is_budget(), error.text().to_owned())
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(render)
        .unwrap()
        .join()
        .unwrap()
}

fn is_located(text: &str, limits: Limits, want: &str) {
    let (is_budget, error) = refused(text.to_owned(), limits);
    assert!(is_budget, "{error}");
    assert!(error.starts_with("template: chart/x.yaml:"), "{error}");
    assert!(error.contains(want), "{error}");
}

#[test]
fn h9_a_range_over_a_billion_stops_with_file_and_line() {
    let limits = Limits {
        steps: 1_000_000,
        ..Limits::default()
    };
    let want = "chart/x.yaml:2:9: executing \"chart/x.yaml\" at <1000000000>: template budget exhausted";
    is_located("\n{{ range 1000000000 }}{{ end }}", limits, want);
    is_located(
        "{{ range 100000 }}{{ range 100000 }}{{ $x := . }}{{ end }}{{ end }}",
        limits,
        "more than 1000000 steps",
    );
}

#[test]
fn h9_a_template_that_invokes_itself_stops_with_file_and_line() {
    let itself = "{{ define \"x\" }}\n {{ template \"x\" . }}{{ end }}{{ template \"x\" . }}";
    is_located(
        itself,
        Limits::default(),
        ":2:17: executing \"x\" at <.>: exceeded maximum template depth",
    );
    let included = "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}";
    is_located(included, Limits::default(), "exceeded maximum template depth");
    let text = "{{ define \"x\" }}{{ tpl \"{{ include \\\"x\\\" . }}\" . }}{{ end }}{{ include \"x\" . }}";
    is_located(text, Limits::default(), "exceeded maximum template depth");
}

#[test]
fn a_template_includes_itself_no_more_often_than_helm_lets_it() {
    let render = || {
        let limits = Limits {
            depth: 2000,
            stack: 64 << 20,
            ..Limits::default()
        };
        let text = "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}{{ include \"x\" . }}";
        render(text, limits).unwrap_err().text().to_owned()
    };
    let error = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(render)
        .unwrap()
        .join()
        .unwrap();
    let want = "error calling include: rendering template has a nested reference name: x: unable to execute template";
    assert!(error.ends_with(want));
    assert_eq!(error.matches("executing \"x\"").count(), 1001);
}

#[test]
fn h9_recursion_within_deep_nesting_stops_before_the_stack_ends() {
    let nested = |inner: &str| {
        let (open, close) = ("{{ if true }}".repeat(90), "{{ end }}".repeat(90));
        format!("{{{{ define \"x\" }}}}{open}{inner}{close}{{{{ end }}}}{{{{ template \"x\" . }}}}")
    };
    is_located(
        &nested("{{ template \"x\" . }}"),
        Limits::default(),
        "exceeded maximum",
    );
    let (open, close) = ("(print ".repeat(45), ")".repeat(45));
    let parenthesized = nested(&format!("{{{{ {open}(include \"x\" .){close} }}}}"));
    is_located(&parenthesized, Limits::default(), "exceeded maximum");
    let ranged = nested("{{ range 1 }}{{ with 1 }}{{ tpl \"{{ include `x` . }}\" . }}{{ end }}{{ end }}");
    is_located(&ranged, Limits::default(), "exceeded maximum");
}

#[test]
fn h9_a_function_that_repeats_a_billion_times_is_charged_first() {
    let (is_budget, error) = refused("{{ $x := repeat 1000000000 .a }}".to_owned(), Limits::default());
    let want = "at <repeat 1000000000 .a>: error calling repeat: template budget exhausted: more than";
    assert!(
        is_budget && error.starts_with("template: chart/x.yaml:1:9: executing") && error.contains(want),
        "{error}"
    );
}

#[test]
fn r7_output_without_end_stops_with_file_and_line() {
    let limits = Limits {
        bytes: 1 << 20,
        ..Limits::default()
    };
    is_located(
        "{{ range 1000000 }}\nsome text {{ end }}",
        limits,
        "more than 1048576 bytes",
    );
    is_located(
        "{{ range 1000000 }}{{ $.a }}{{ end }}",
        limits,
        ":1:22: executing \"chart/x.yaml\" at <{{$.a}}>",
    );
    let doubling = format!("{{{{ $x := .a }}}}{}", "{{ $x = print $x $x }}".repeat(40));
    is_located(
        &doubling,
        limits,
        "error calling print: template budget exhausted",
    );
    is_located(
        "{{ printf \"%900000d%900000d\" 1 2 }}",
        limits,
        "error calling printf",
    );
}

#[test]
fn r7_a_map_that_holds_itself_is_not_printed_without_end() {
    is_located(
        "{{ loop }}",
        Limits::default(),
        "cannot print a value nested more than",
    );
    is_located(
        "{{ printf \"%v\" loop }}",
        Limits::default(),
        "cannot print a value nested more than",
    );
}

#[test]
fn h9_values_nested_without_end_are_freed_without_a_recursion() {
    let text = "{{ $x := list }}{{ range 300000 }}{{ $x = list $x 1 }}{{ $x = dict $x }}{{ end }}";
    let render = || render(text, Limits::default()).unwrap();
    let done = std::thread::Builder::new()
        .stack_size(STACK / 4)
        .spawn(render)
        .unwrap()
        .join()
        .unwrap();
    assert!(done.is_empty());
    let printed = "{{ $x := list }}{{ range 3000 }}{{ $x = list $x 1 }}{{ end }}{{ $x }}";
    is_located(
        printed,
        Limits::default(),
        "cannot print a value nested more than",
    );
}

#[test]
fn a_text_beyond_its_limit_is_refused() {
    let limits = Limits {
        text: 10,
        ..Limits::default()
    };
    let error = render("more than ten bytes", limits).unwrap_err();
    assert_eq!(
        error.text(),
        "template: chart/x.yaml:1: text of 19 bytes exceeds the limit of 10"
    );
}

#[test]
fn what_charts_nest_fits_the_stack_of_a_guest() {
    let nested = || {
        let step = "{{ define \"x\" }}{{ if gt (len .) 0 }}{{ with index . 0 }}{{ range . }}{{ include \"x\" . | print }}\
                    {{ end }}{{ else }}.{{ end }}{{ end }}{{ end }}{{ include \"x\" .list }}";
        let mut set = TemplateSet::new("gotpl", functions(), MissingKey::Zero);
        let mut context = Context::new(Limits::default());
        set.parse("main", step, &context).unwrap();
        let list = (0..60).fold(Value::list(vec![]), |inner, _| {
            Value::list(vec![Value::list(vec![inner])])
        });
        Rc::new(set)
            .execute(&mut context, b"main", Value::map([("list", list)]))
            .unwrap();
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(nested)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn random_bytes_neither_panic_nor_hang() {
    let mut state = 7u64;
    let pieces = [
        "{{", "}}", "{{-", "-}}", " ", ".", "$", "$x", ":=", "=", "(", ")", "|", "if", "else", "end",
        "range", "with", "define", "block", "template", "\"a\"", "`", "'a'", "1", "1.5e3", "0x", "é",
        "\u{ff}", "/*", "*/", "\n", ",", "print", "break", "nil", "true", ".a.b", "and", "\\", "\"",
    ];
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..20 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        if execute_bytes(text.as_bytes()).is_ok() {
            let limits = Limits {
                steps: 10_000,
                bytes: 1 << 20,
                ..Limits::default()
            };
            let _ = render(&text, limits);
        }
    }
}

//! Errors of the parser; more are compared with Go in `tests/`.

use super::*;

fn error(text: &str) -> String {
    let result = parse(
        "x",
        Str::from(text),
        &Functions::new(),
        &mut Names::default(),
        1 << 20,
    );
    result
        .err()
        .map(|error| error.text().to_owned())
        .unwrap_or_default()
}

#[test]
fn errors_have_gos_text_and_line() {
    assert_eq!(
        error("\n{{nope}}"),
        "template: x:2: function \"nope\" not defined"
    );
    assert_eq!(error("{{if .x}}"), "template: x:1: unexpected EOF");
    assert_eq!(error("{{.x"), "template: x:1: unclosed action");
    assert_eq!(error("{{end}}"), "template: x:1: unexpected {{end}}");
    assert_eq!(
        error("{{\n.x\n\"a"),
        "template: x:3: unterminated quoted string in action started at x:1"
    );
    assert_eq!(error("{{$x}}"), "template: x:1: undefined variable \"$x\"");
}

#[test]
fn h9_deep_nesting_is_an_error_not_an_overflow() {
    let nested = "{{if .}}".repeat(10_000);
    assert_eq!(error(&nested), "template: x:1: max nesting depth exceeded");
    let nested = format!("{{{{{}", "(".repeat(10_000));
    assert_eq!(error(&nested), "template: x:1: max expression depth exceeded");
    let nested = "{{block \"a\" .}}".repeat(10_000);
    assert_eq!(error(&nested), "template: x:0: max nesting depth exceeded");
    let chain = format!("{{{{if .}}}}{}{{{{end}}}}", "{{else if .}}".repeat(10_000));
    assert_eq!(error(&chain), "", "a chain is not nested");
}

#[test]
fn any_bytes_are_parsed_or_refused() {
    for text in [
        &b"\xff{{"[..],
        b"{{\xff}}",
        b"{{\"\xff\"}}",
        b"{{'\xff'}}",
        b"{{/*",
        b"{{- ",
        b"{{ -}}",
        b"{{.\x00}}",
    ] {
        let _ = crate::execute_bytes(text);
    }
}

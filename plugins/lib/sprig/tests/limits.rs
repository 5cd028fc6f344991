//! H9, H10, R9: what templates may cost, and what they may ask outside.

use std::rc::Rc;

use sluice_go_template::{Context, Limits, MissingKey, TemplateSet, Value};
use sluice_sprig::{Environment, functions};

fn run_with(text: &str, limits: Limits, environment: Environment) -> Result<String, String> {
    let mut set = TemplateSet::new("t", functions(environment), MissingKey::Zero);
    let mut context = Context::new(limits);
    set.parse("t", text, &context)
        .map_err(|error| error.to_string())?;
    let output = Rc::new(set).execute(&mut context, b"t", Value::Nil);
    output
        .map(|output| String::from_utf8_lossy(&output).into_owned())
        .map_err(|error| error.to_string())
}

fn run(text: &str) -> Result<String, String> {
    let limits = Limits {
        steps: 20_000_000,
        bytes: 16 << 20,
        ..Limits::default()
    };
    run_with(text, limits, Environment::new(0, [1; 32]))
}

#[test]
fn bombs_end_with_the_budget() {
    for bomb in [
        "{{ repeat 1000000000 \"a\" }}",
        "{{ until 1000000000 | len }}",
        "{{ untilStep 0 9223372036854775807 1 | len }}",
        "{{ untilStep -9223372036854775807 9223372036854775807 3 | len }}",
        "{{ seq 1 9000000000 }}",
        "{{ indent 1000000000 \"a\" }}",
        "{{ $s := repeat 1000000 \"\\n\" }}{{ indent 10000 $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ replace \"a\" $s $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ replace \"\" $s $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ regexReplaceAllLiteral \"a\" $s $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ regexReplaceAll \"a\" $s $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ wrapWith 1 $s $s }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ join $s (splitList \"\" $s) }}",
        "{{ randAlphaNum 1000000000 }}",
        "{{ randBytes 1000000000 }}",
        "{{ range until 1000 }}{{ $_ := genPrivateKey \"rsa\" | len }}{{ end }}",
        "{{ range until 1000 }}{{ $_ := bcrypt \"a\" }}{{ end }}",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toYaml $d }}",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toJson $d }}",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toToml $d }}",
        "{{ $d := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ deepCopy $d | len }}",
        "{{ $d := dict }}{{ $e := dict }}{{ range until 60 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ $e = dict \"a\" $e \"b\" $e }}{{ end }}{{ deepEqual $d $e }}",
        "{{ $l := until 20000 }}{{ uniq $l | len }}",
        "{{ $s := repeat 1000000 \"[a,\" }}{{ fromYaml $s | len }}{{ fromYaml $s | len }}{{ fromYaml $s | len }}",
    ] {
        let error = run(bomb).expect_err(bomb);
        assert!(error.contains("budget"), "{bomb}\n{error}");
    }
}

#[test]
fn maps_that_hold_themselves_are_errors() {
    for cycle in ["toYaml", "toJson", "toToml", "toYamlPretty"] {
        let text = format!("{{{{ $d := dict }}}}{{{{ $_ := set $d \"d\" $d }}}}{{{{ {cycle} $d | len }}}}");
        // Errors are hidden by these functions, or the budget ends them.
        assert!(
            run(&text).is_ok_and(|length| length.len() < 4) || run(&text).is_err(),
            "{cycle}"
        );
    }
    for cycle in [
        "mustToJson $d",
        "deepCopy $d",
        "merge (dict \"d\" (dict \"d\" (dict))) $d",
        "deepEqual $d (deepCopy $d)",
    ] {
        let text = format!(
            "{{{{ $d := dict }}}}{{{{ $_ := set $d \"d\" $d }}}}{{{{ $x := {cycle} }}}}{{{{ typeOf $x }}}}"
        );
        let ended = run(&text);
        assert!(ended.is_ok() || ended.is_err(), "{cycle}");
    }
}

#[test]
fn deep_texts_are_refused() {
    for (function, text) in [
        ("fromJson", "["),
        ("fromYaml", "["),
        ("fromYaml", "- "),
        ("fromToml", "a = ["),
        ("fromToml", "a."),
    ] {
        let template = format!("{{{{ {function} (repeat 50000 {text:?}) | len }}}}");
        assert_eq!(run(&template).as_deref(), Ok("1"), "{function}");
    }
}

/// H10: time and randomness are the caller's, names and objects are not asked for.
#[test]
fn the_same_environment_gives_the_same_output() {
    let text = "{{ now }} {{ randAlphaNum 8 }} {{ uuidv4 }} {{ shuffle \"abcdefgh\" }} {{ randInt 0 1000000 }} {{ htpasswd \"u\" \"p\" }} \
                {{ genPrivateKey \"ecdsa\" }} {{ (genCA \"a\" 1).Cert }} {{ encryptAES \"k\" \"t\" }} {{ ago 0 }} {{ randBytes 4 }}";
    let output =
        |unix, seed| run_with(text, Limits::default(), Environment::new(unix, [seed; 32])).expect("output");
    assert_eq!(output(1_700_000_000, 1), output(1_700_000_000, 1));
    assert_ne!(output(1_700_000_000, 1), output(1_700_000_000, 2));
    assert!(output(1_700_000_000, 1).starts_with("2023-11-14 22:13:20 +0000 UTC "));
    assert_eq!(
        run("{{ getHostByName \"localhost\" }}{{ lookup \"v1\" \"Pod\" \"\" \"\" }}").as_deref(),
        Ok("map[]")
    );
    assert!(run("{{ env \"HOME\" }}").is_err() && run("{{ expandenv \"$HOME\" }}").is_err());
}

#[test]
fn hooks_of_the_environment_are_asked() {
    let mut environment = Environment::new(0, [0; 32]);
    environment.resolve = Some(Rc::new(|name| Ok([b"10.0.0.1/", name].concat())));
    environment.lookup = Some(Rc::new(|_, kind, _, name| {
        Ok(Value::map([
            ("kind", Value::from(kind)),
            ("name", Value::from(name)),
        ]))
    }));
    let text = "{{ getHostByName \"h\" }} {{ (lookup \"v1\" \"Secret\" \"ns\" \"n\").name }}";
    assert_eq!(
        run_with(text, Limits::default(), environment.clone()).as_deref(),
        Ok("10.0.0.1/h n")
    );
    environment.lint = true;
    let text = "{{ required \"x\" nil }}{{ fail \"y\" }}{{ lookup \"v1\" \"Secret\" \"ns\" \"n\" }}";
    assert_eq!(
        run_with(text, Limits::default(), environment).as_deref(),
        Ok("map[]")
    );
}

#[test]
fn every_function_of_helm_is_there() {
    let table = functions(Environment::new(0, [0; 32]));
    let names = include_str!("functions.txt");
    let missing: Vec<&str> = names
        .split_whitespace()
        .filter(|name| !table.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let extra: Vec<&str> = table
        .names()
        .filter(|name| !names.split_whitespace().any(|known| known == *name))
        .collect();
    assert!(extra.is_empty(), "{extra:?}");
}

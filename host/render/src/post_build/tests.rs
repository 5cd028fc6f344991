use super::*;
use serde_json::json;

fn post_build(variables: &[(&str, &str)]) -> PostBuild {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    PostBuild {
        variables,
        strict: true,
        ..PostBuild::default()
    }
}

fn config_map(data: Value) -> Object {
    Object::from_value(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"},
        "data": data}),
    )
    .expect("a map")
}

fn run(post_build: &PostBuild, data: Value) -> Result<Value, String> {
    let objects = post_build
        .run(vec![config_map(data)])
        .map_err(|error| error.to_string())?;
    Ok(objects[0].0["data"].clone())
}

/// Flux's `VarsubNumberBool`: plain values change their type, quoted ones keep it.
#[test]
fn values_change_the_type_as_in_flux() {
    let it = post_build(&[
        ("n", "3"),
        ("b", "yes"),
        ("q", "\"3\""),
        ("m", "{x: 1}"),
        ("f", "1.50"),
        ("z", "~"),
    ]);
    let data = json!({"n": "${n}", "b": "${b}", "q": "${q}", "m": "${m}", "f": "${f}", "z": "${z}", "t": "v${n}",
        "i": 9_007_199_254_740_993_u64, "s": "yes"});
    let want = json!({"n": 3, "b": true, "q": "3", "m": {"x": 1}, "f": 1.5, "z": null, "t": "v3",
        "i": 9_007_199_254_740_993_u64, "s": "yes"});
    assert_eq!(run(&it, data), Ok(want));
}

/// A text that YAML has to quote stays a text.
#[test]
fn quoted_texts_stay_texts() {
    let it = post_build(&[("n", "3")]);
    let data =
        json!({"a": "'${n}'", "b": "- ${n}", "c": "line\n${n}\n", "d": "${n}: ${n}", "k${n}": "#${n}"});
    let want = json!({"a": "'3'", "b": "- 3", "c": "line\n3\n", "d": "3: 3", "k3": "#3"});
    assert_eq!(run(&it, data), Ok(want));
}

#[test]
fn nothing_is_substituted_without_variables_unless_always() {
    let data = json!({"a": "${x:=1}"});
    let mut it = post_build(&[]);
    assert_eq!(run(&it, data.clone()), Ok(data.clone()));
    it.always = true;
    assert_eq!(run(&it, data), Ok(json!({"a": 1})));
}

#[test]
fn a_marked_object_is_left_alone() {
    let it = post_build(&[("x", "1")]);
    for field in ["labels", "annotations"] {
        for (mark, substituted) in [("disabled", false), ("Disabled", true)] {
            let mut object = config_map(json!({"a": "${x}"}));
            object.metadata_mut().insert(field.into(), json!({MARK: mark}));
            let out = it.run(vec![object]).expect("runs");
            assert_eq!(
                out[0].0["data"]["a"],
                if substituted { json!(1) } else { json!("${x}") },
                "{field} {mark}"
            );
        }
    }
}

#[test]
fn an_error_names_object_field_and_variable() {
    let it = post_build(&[("x", "1")]);
    let error = run(&it, json!({"a": "${x}", "b": "and ${missing}"})).expect_err("is not set");
    assert_eq!(
        error,
        "post build failed for 'ConfigMap/ns/a' at data.b: variable substitution failed: variable not set (strict mode): \"missing\""
    );
    let error = run(&it, json!({"script.sh": "echo ${x"})).expect_err("is not closed");
    assert!(
        error.contains("at data[\"script.sh\"]") && error.contains("closing brace"),
        "{error}"
    );
    let mut lax = it.clone();
    lax.strict = false;
    assert_eq!(
        run(&lax, json!({"b": "and ${missing}!"})),
        Ok(json!({"b": "and !"}))
    );
    let error = run(&post_build(&[("not-a-name", "1")]), json!({"a": "b"})).expect_err("is no name");
    assert!(error.contains("'not-a-name' var name is invalid"), "{error}");
}

/// L1: a value of a Secret is in no error, nor in Debug.
#[test]
fn no_secret_value_in_errors() {
    let mut it = post_build(&[("token", "hunter2: [")]);
    it.confidential = true;
    let error = run(&it, json!({"a": "${token}"})).expect_err("is no YAML");
    assert!(
        error.contains("is not YAML") && !error.contains("hunter2"),
        "{error}"
    );
    assert!(!format!("{it:?}").contains("hunter2"));
    let error = run(&it, json!({"a": "${token:0:${token}}${token:1:-2}"})).expect_err("a negative length");
    assert!(!error.contains("hunter2"), "{error}");
}

/// L1: an expression in a Secret is a part of its value, which may have been decrypted: its place is told, not its text.
#[test]
fn l1_expressions_in_secrets_are_not_shown() {
    let secret = |text: &str| {
        let value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "ns"},
            "stringData": {"password": text}});
        Object::from_value(value).expect("a map")
    };
    for text in ["pa${canary}word", "pa${canary", "${canary:0:-1}"] {
        let error = post_build(&[("x", "1")])
            .run(vec![secret(text)])
            .expect_err("is refused")
            .to_string();
        assert!(
            error.contains("stringData.password") && !error.contains("canary"),
            "{error}"
        );
    }
    let error = run(&post_build(&[("x", "1")]), json!({"a": "${missing}"})).expect_err("is refused");
    assert!(
        error.contains("missing"),
        "elsewhere the variable is named: {error}"
    );
}

/// R12: a value cannot cut an object in two, nor make something else of it.
#[test]
fn a_value_cannot_break_out_of_its_object() {
    let it = post_build(&[("x", "1\r---\rkind: Secret"), ("k", "[]")]);
    let error = run(&it, json!({"a": "${x}"})).expect_err("is refused");
    assert!(error.contains("more than one document"), "{error}");
    let mut object = config_map(json!({}));
    object.metadata_mut().insert("name".into(), json!("${k}"));
    assert!(it.run(vec![object]).is_err(), "a name that is a list");
}

/// R10, R7: nesting, many expressions and fan-out end with an error in bounded time.
#[test]
fn bombs_end_with_an_error() {
    let big = "a".repeat(1 << 20);
    let it = post_build(&[("big", &big), ("x", "1")]);
    let fan_out = run(&it, json!({"a": "${big//a/${big}}"})).expect_err("is too large");
    assert!(fan_out.contains("grows beyond"), "{fan_out}");
    let slow = run(&it, json!({"a": "${big%%*}".repeat(1000)})).expect_err("is too slow");
    assert!(slow.contains("too many steps"), "{slow}");
    let nested = format!("{}1{}", "${y:-".repeat(1000), "}".repeat(1000));
    assert!(run(&it, json!({"a": nested})).is_err_and(|error| error.contains("deeper")));
    let many = run(&it, json!({"a": format!("v{}", "${x}".repeat(100_000))})).expect("is fine");
    assert_eq!(many["a"].as_str().map(str::len), Some(100_001));
}

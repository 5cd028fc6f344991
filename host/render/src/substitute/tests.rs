use super::*;

fn variables() -> Variables {
    [
        ("a", "hello"),
        ("b", "World/x/World"),
        ("e", ""),
        ("path", "/usr/local/bin"),
        ("u", "été"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn eval(text: &str) -> Result<String, String> {
    substitute(text, &variables(), true).map_err(|error| error.to_string())
}

/// Expected values are what Flux's library gives for the same inputs.
#[test]
fn evaluates_the_grammar() {
    for (text, want) in [
        ("x ${a} y", "x hello y"),
        ("$a $$ $${a}", "$a $ ${a}"),
        ("${#a}${#u}", "55"),
        ("${a^}${a^^}${u,}", "HelloHELLOété"),
        ("${b,}${b,,}", "world/x/Worldworld/x/world"),
        ("${a:1}${a:1:2}${a:-2}", "elloelhello"),
        ("${a:9}${a:0:99}", "hello"),
        ("${path#*/}", "usr/local/bin"),
        ("${path##*/}", "bin"),
        ("${path%/*}", "/usr/local"),
        ("${path%%/*}", ""),
        ("${b/World/x}", "x/x/World"),
        ("${b//World/}", "/x/"),
        ("${b/#World/x}", "x/x/World"),
        ("${b/%World/x}", "World/x/x"),
        ("${b//\\//-}", "World-x-World"),
        ("${none:-d}${e:=d}${none=d}${e:-}", "ddd"),
        ("${none:-${a}-${e:-x}}", "hello-x"),
        ("${a:+x}", "hello"),
    ] {
        assert_eq!(eval(text).as_deref(), Ok(want), "{text}");
    }
}

#[test]
fn strict_mode_names_the_variable() {
    assert_eq!(
        eval("${none}"),
        Err("variable not set (strict mode): \"none\"".into())
    );
    assert_eq!(substitute("[${none}]", &variables(), false).as_deref(), Ok("[]"));
}

/// R10: malformed and nested expressions end with an error and the line.
#[test]
fn malformed_expressions_are_errors() {
    for text in [
        "${", "${}", "${a", "${a-d}", "${a:", "${#}", "${a/x}", "${a%", "${a:-x", "${a^b}",
    ] {
        assert!(eval(text).is_err(), "{text}");
    }
    assert!(eval("\n\n${").is_err_and(|error| error.starts_with("line 3")));
    let nested = format!("{}x{}", "${none:-".repeat(100_000), "}".repeat(100_000));
    assert!(eval(&nested).is_err_and(|error| error.contains("deeper")));
}

/// R10: a text cannot grow without bound.
#[test]
fn growth_is_bounded() {
    let mut variables = Variables::new();
    variables.insert("big".into(), "x".repeat(1 << 20));
    let text = "${big}".repeat(100);
    assert!(substitute(&text, &variables, true).is_err_and(|error| error.to_string().contains("grows")));
}

#[test]
fn names_are_checked_even_when_unused() {
    let mut variables = variables();
    assert_eq!(check_names(&variables), Ok(()));
    variables.insert("not-a-name".into(), String::new());
    assert!(check_names(&variables).is_err());
}

//! What Helm's own documentation promises, and attacks.

use sluice_go_template::{Budget, Limits, Map, Value};
use sluice_sprig::json::{Style, write};

use crate::{Flag, parse_into};

fn parse(line: &str, flag: &Flag<'_>) -> Result<String, String> {
    let values = Map::new();
    parse_into(line.as_bytes(), flag, &values).map_err(|error| error.to_string())?;
    let json = write(
        &Value::Map(values),
        Style::RAW,
        &mut Budget::new(Limits::default()),
    );
    Ok(String::from_utf8(json.expect("JSON")).expect("UTF-8"))
}

#[test]
fn reads_every_flag() {
    for (line, wanted) in [
        (
            "a=1,b=true,c=null,d=01,e=",
            r#"{"a":1,"b":true,"c":null,"d":"01","e":""}"#,
        ),
        ("a.b.c=x,a.b.d=y", r#"{"a":{"b":{"c":"x","d":"y"}}}"#),
        ("a={x,2,},b=3", r#"{"a":["x",2,""],"b":3}"#),
        ("a[2].b[1]=z,a[0]=1", r#"{"a":[1,null,{"b":[null,"z"]}]}"#),
        (r"a\.b=1\,2", r#"{"a.b":"1,2"}"#),
        ("a[1", "{}"),
        ("a[1]", r#"{"a":[]}"#),
        ("a[0]=", r#"{"a":[""]}"#),
    ] {
        assert_eq!(parse(line, &Flag::Set).as_deref(), Ok(wanted), "{line}");
    }
    assert_eq!(
        parse("a=1,b=null", &Flag::String).as_deref(),
        Ok(r#"{"a":"1","b":"null"}"#)
    );
    assert_eq!(
        parse(r"a.b=1,2={}\", &Flag::Literal).as_deref(),
        Ok(r#"{"a":{"b":"1,2={}\\"}}"#)
    );
    let json = r#"a={"b":[1]}, c = "x" ,d=,e[1]=2"#;
    assert_eq!(
        parse(json, &Flag::Json).as_deref(),
        Ok(r#"{" c ":"x","a":{"b":[1]},"d":null,"e":[null,2]}"#)
    );
}

/// H1, CVE-2022-36055, CVE-2022-36049: indexes and names that would eat the memory.
#[test]
fn bounds_are_kept() {
    let deep = "a.".repeat(31) + "a=1";
    for (line, wanted) in [
        (
            "a[65537]=1",
            "index of 65537 is greater than maximum supported index of 65536",
        ),
        ("a[-1]=1", "negative -1 index not allowed"),
        (
            &deep,
            "value name nested level is greater than maximum supported nested level of 30",
        ),
        (
            "a[9999999999999999999]=1",
            "error parsing index: strconv.Atoi: parsing \"9999999999999999999\": value out of range",
        ),
        (
            "a=1,a.b=2",
            "unable to parse key: interface conversion: interface {} is int64, not map[string]interface {}",
        ),
        ("a[0]x=1", "unexpected data at end of array index: ['x']"),
        ("a", "key \"a\" has no value"),
        ("a,b=1", "key \"a\" has no value (cannot end with ,)"),
        ("a={1", "list must terminate with '}'"),
        ("a.", "key map \"a\" has no value"),
    ] {
        let found = parse(line, &Flag::Set);
        if line == "a." {
            assert_eq!(found.as_deref(), Ok("{}"));
        } else {
            assert_eq!(found, Err(wanted.to_owned()), "{line}");
        }
    }
    assert!(parse(&format!("a{}=1", "[0]".repeat(100_000)), &Flag::Set).is_err());
}

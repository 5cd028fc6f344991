//! Indexes as repositories write them, and as attackers do.

#![allow(clippy::expect_used)]

use std::fmt::Write as _;

use sluice_helm_index::{FindError, Index, IndexError, Limits, convert, find, fuzz};

const INDEX: &str = r#"
apiVersion: v1
generated: "2026-01-01T00:00:00Z"
serverInfo: {}
entries:
  web:
  - {apiVersion: v2, name: web, version: 1.2.0, created: 2026-01-01T00:00:00Z, urls: [web-1.2.0.tgz]}
  - {apiVersion: v2, name: web, version: 2.0.0-rc.1, urls: ["https://h/web-2.0.0-rc.1.tgz"]}
  - {name: web, version: 1.10.0+b, created: 2026-01-02T00:00:00Z, urls: [b.tgz]}
  - {name: web, version: 1.10.0+a, created: 2026-01-03T00:00:00Z, urls: [a.tgz]}
  - {name: web, version: not-a-version}
  - {name: ../up, version: 1.0.0}
  - null
  db:
  - apiVersion: v1
    name: db
    version: "3"
    urls:
    - db.tgz
  empty: []
"#;

fn index() -> Index {
    convert(INDEX.as_bytes(), &Limits::default()).expect("an index")
}

fn url(version: &str) -> Result<String, FindError> {
    find(&index().json, "web", version).map(|found| found.urls[0].clone())
}

#[test]
fn versions_that_no_chart_could_have_are_left_out_and_the_rest_sorted() {
    let index = index();
    assert_eq!((index.charts, index.versions, index.dropped), (2, 5, 3));
    let json: serde_json::Value = serde_json::from_slice(&index.json).expect("JSON");
    let order: Vec<&str> = json["entries"]["web"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|version| version["version"].as_str())
        .collect();
    assert_eq!(order, ["2.0.0-rc.1", "1.10.0+a", "1.10.0+b", "1.2.0"]);
    assert_eq!(json["entries"]["web"][1]["apiVersion"], "v1");
    assert_eq!(json["generated"], "2026-01-01T00:00:00Z");
}

#[test]
fn the_exact_version_wins_then_the_newest_of_the_range() {
    assert_eq!(url("1.2.0").as_deref(), Ok("web-1.2.0.tgz"));
    assert_eq!(
        url("*").as_deref(),
        Ok("a.tgz"),
        "the latest stable one, made last"
    );
    assert_eq!(url("").as_deref(), Ok("a.tgz"));
    assert_eq!(url("1.10.0+b").as_deref(), Ok("b.tgz"));
    assert_eq!(url("<1.10").as_deref(), Ok("web-1.2.0.tgz"));
    assert_eq!(url(">=2.0.0-0").as_deref(), Ok("https://h/web-2.0.0-rc.1.tgz"));
    assert_eq!(
        url("9.x").expect_err("none").to_string(),
        "no 'web' chart with version matching '9.x' found"
    );
    assert!(matches!(url("nonsense"), Err(FindError::Constraint(_))));
    assert_eq!(find(&index().json, "api", "*"), Err(FindError::NoChart));
}

/// Flux asks ranges of versions with three numbers only; an exact text is taken as it stands.
#[test]
fn a_version_with_fewer_numbers_is_found_by_its_text_only() {
    assert_eq!(
        find(&index().json, "db", "3").map(|found| found.name).as_deref(),
        Ok("db")
    );
    assert!(matches!(
        find(&index().json, "db", "*"),
        Err(FindError::NoMatch { .. })
    ));
}

#[test]
fn json_and_yaml_give_the_same() {
    let index = index();
    let again = convert(&index.json, &Limits::default()).expect("an index");
    assert_eq!((again.json, again.dropped), (index.json, 0));
}

#[test]
fn what_is_no_index_is_refused_in_words() {
    let refused = |text: &str| {
        convert(text.as_bytes(), &Limits::default())
            .expect_err(text)
            .to_string()
    };
    assert_eq!(refused(""), "empty index.yaml file");
    assert_eq!(refused("entries: {}"), "no API version specified");
    assert_eq!(refused("{\"entries\": {}}"), "no API version specified");
    assert_eq!(refused("- 1"), "index is malformed: it is no mapping");
    assert_eq!(
        refused("apiVersion: v1\nentries: [1]"),
        "index is malformed: entries is no mapping"
    );
    assert!(refused("apiVersion: v1\nentries: {a: x}").contains("has no list of versions"));
    assert!(refused("<html>").starts_with("index is malformed"));
    assert!(refused("a: b: c").contains("mapping values are not allowed"));
    assert!(
        refused("apiVersion: v1\nentries:\n  a: [{name: a, version: 1.0.0, name: b}]")
            .contains("already defined")
    );
    assert!(refused("apiVersion: v1\nentries:\n  a: []\n  a: []").contains("already defined"));
    assert!(refused("apiVersion: v1\nentries:\n  a: [{name: a, version: 1.0.0}]\n  b: []\n  a: [{name: a, version: 1.0.0}]").contains("a"));
}

/// H3: an index that is too long, or has too many versions, ends before it is in memory.
#[test]
fn h3_an_index_is_read_up_to_its_ceiling() {
    let mut text = String::from("apiVersion: v1\nentries:\n  web:\n");
    for patch in 0..2000 {
        writeln!(text, "  - {{name: web, version: 1.0.{patch}}}").expect("writes");
    }
    let few = Limits {
        max_versions: 1999,
        ..Limits::default()
    };
    assert_eq!(convert(text.as_bytes(), &few), Err(IndexError::Versions(1999)));
    let short = Limits {
        max_bytes: 1000,
        ..Limits::default()
    };
    assert_eq!(convert(text.as_bytes(), &short), Err(IndexError::Size(1000)));
    assert_eq!(
        convert(text.as_bytes(), &Limits::default()).map(|index| index.versions),
        Ok(2000)
    );
}

/// H3, R5: aliases are read, and cannot make much of little.
#[test]
fn h3_anchors_are_bounded() {
    let shared = "x: &v\n- {name: web, version: 1.0.0, urls: [a]}\napiVersion: v1\nentries: {web: *v}";
    let index = convert(shared.as_bytes(), &Limits::default()).expect("an index");
    assert_eq!(index.versions, 1);
    let anchored = "apiVersion: v1\nentries: {web: &v [{name: web, version: 1.0.0}], other: *v}";
    let index = convert(anchored.as_bytes(), &Limits::default()).expect("an index");
    assert_eq!((index.charts, index.versions), (2, 2));
    let mut bomb = format!("apiVersion: v1\nx: &x {}\nentries:\n  web:\n", "y".repeat(10_000));
    for patch in 0..200 {
        writeln!(bomb, "  - {{name: web, version: 1.0.{patch}, description: *x}}").expect("writes");
    }
    let limits = Limits {
        max_bytes: 100_000,
        ..Limits::default()
    };
    assert_eq!(convert(bomb.as_bytes(), &limits), Err(IndexError::Size(100_000)));
}

#[test]
fn the_fuzzed_property_holds_for_the_cases_here() {
    fuzz(INDEX.as_bytes());
    fuzz(&index().json);
    fuzz(b"{\"apiVersion\":\"v1\",\"entries\":{\"web\":null,\"a\":[{}]}}");
    fuzz(b"apiVersion: v1\nentries: {a: , b: [1]}");
}

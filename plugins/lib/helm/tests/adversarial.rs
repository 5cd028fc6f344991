//! Charts that attack the renderer. The ids are those of the catalogue of cases.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};
use sluice_helm::{
    Cluster, Entry, EntryKind, Environment, Files, FilesError, Limits, MemoryFiles, NoCluster, Options,
    Rendered, template,
};

const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

fn environment(seed: u8) -> Environment {
    Environment {
        seed: [seed; 32],
        now_ms: 1_700_000_000_000,
        cluster: Rc::new(NoCluster),
        limits: Limits {
            steps: 2_000_000,
            bytes: 32 << 20,
            ..Limits::default()
        },
    }
}

fn options() -> Options {
    Options::parse(&json!({"release": {"name": "rel"}}).to_string()).unwrap()
}

fn files(templates: &[(&str, &str)]) -> Rc<dyn Files> {
    let mut files = BTreeMap::from([("Chart.yaml".to_owned(), CHART.as_bytes().to_vec())]);
    files.extend(
        templates
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())),
    );
    Rc::new(MemoryFiles(files))
}

fn render(text: &str, environment: &Environment) -> Result<Rendered, String> {
    let files = files(&[("templates/a.yaml", text)]);
    template(&files, ".", options(), environment).map_err(|error| error.to_string())
}

fn text(template: &str) -> Result<String, String> {
    let rendered = render(template, &environment(0))?;
    Ok(String::from_utf8(rendered.text().map_err(|error| error.to_string())?).unwrap())
}

/// H9: work without end is stopped by the engine's own budget, and the error names file and line.
#[test]
fn endless_work_is_stopped_with_its_place() {
    let loops = [
        "a: 1\n{{ range $i := until 1000000000 }}x{{ end }}",
        "a: 1\n{{ range $i := untilStep 0 1000000000 1 }}{{ range $j := until 100000 }}{{ end }}{{ end }}",
        "a: 1\n{{ repeat 1000000000 \"x\" }}",
        "a: 1\n{{ $s := \"x\" }}{{ range until 100 }}{{ $s = printf \"%s%s\" $s $s }}{{ end }}",
        "{{ define \"f\" }}{{ include \"f\" . }}{{ end }}a: 1\n{{ include \"f\" . }}",
        "{{ define \"t\" }}{{ template \"t\" . }}{{ end }}a: 1\n{{ template \"t\" . }}",
        "a: 1\n{{ tpl .Values.t . }}",
        "a: 1\n{{ range until 1000 }}{{ genPrivateKey \"rsa\" }}{{ end }}",
        "a: 1\n{{ range until 1000 }}{{ derivePassword 1 \"long\" \"a\" \"b\" \"c\" }}{{ end }}",
        "a: 1\n{{ $d := dict }}{{ range until 40 }}{{ $d = dict \"a\" $d \"b\" $d }}{{ end }}{{ toYaml $d }}",
        "a: 1\n{{ include (print $.Template.BasePath \"/a.yaml\") . }}",
    ];
    for endless in loops {
        let mut options = options();
        options
            .values
            .push(sluice_helm::Layer::Yaml("t: '{{ tpl .Values.t . }}'".into()));
        let files = files(&[("templates/a.yaml", endless)]);
        let error = template(&files, ".", options, &environment(0))
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains("c/templates/a.yaml:"), "{endless}: {error}");
        assert!(
            error.len() < 100_000,
            "{endless}: the error has {} bytes",
            error.len()
        );
    }
}

/// H9: data that doubles with each line is stopped soon, whatever walks it.
#[test]
fn data_that_doubles_is_stopped_with_its_place() {
    let mut small = environment(0);
    small.limits.bytes = 4 << 20;
    for function in [
        "toYaml $d",
        "toYamlPretty $d",
        "toJson $d",
        "toPrettyJson $d",
        "toRawJson $d",
        "toToml $d",
        "deepCopy $d",
        "deepEqual $d (deepCopy $d)",
        "toString $d",
        "printf \"%#v\" $d",
        "print $d",
        "quote $d",
        "join \",\" (list $d)",
        "cat $d",
        "html $d",
    ] {
        let doubling = format!(
            "a: 1\n{{{{ $d := dict }}}}{{{{ range until 40 }}}}{{{{ $d = dict \"a\" $d \"b\" $d }}}}{{{{ end }}}}{{{{ $_ := {function} }}}}"
        );
        let error = render(&doubling, &small).map(|_| ()).unwrap_err();
        assert!(
            error.contains("c/templates/a.yaml:2:") && error.contains("budget exhausted"),
            "{function}: {error}"
        );
    }
}

/// H9: a pattern that backtracks elsewhere runs in linear time.
#[test]
fn patterns_do_not_backtrack() {
    let got = text("a: {{ regexMatch \"^(a+)+$\" (printf \"%s!\" (repeat 5000 \"a\")) }}").unwrap();
    assert!(got.ends_with("a: false\n"), "{got}");
}

/// H5: templates see the files of their chart only.
#[test]
fn files_outside_of_the_chart_are_not_there() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "./Chart.yaml",
        "templates/a.yaml",
        "Chart.yaml",
    ] {
        let got = text(&format!("a: {{{{ .Files.Get {path:?} | quote }}}}")).unwrap();
        assert!(got.ends_with("a: \"\"\n"), "{path}: {got}");
    }
}

/// H10, CVE-2023-25165: what a template could ask of its surroundings is not there, empty, or comes from the request.
#[test]
fn nothing_comes_from_the_environment() {
    for function in ["env", "expandenv"] {
        let error = text(&format!("a: {{{{ {function} \"HOME\" }}}}")).unwrap_err();
        assert!(
            error.contains(&format!("function \"{function}\" not defined")),
            "{error}"
        );
    }
    assert!(
        text("a: {{ getHostByName \"localhost\" | quote }}")
            .unwrap()
            .ends_with("a: \"\"\n")
    );
    assert!(
        text("a: {{ lookup \"v1\" \"Secret\" \"ns\" \"n\" | toJson }}")
            .unwrap()
            .ends_with("a: {}\n")
    );
    assert!(
        text("a: {{ now | unixEpoch | quote }}")
            .unwrap()
            .ends_with("a: \"1700000000\"\n")
    );
}

/// H10: one seed gives one output, and the render says that it drew on it.
#[test]
fn randomness_comes_from_the_seed() {
    let random = |seed| {
        let rendered = render("a: {{ randAlphaNum 30 }}{{ uuidv4 }}", &environment(seed)).unwrap();
        assert!(rendered.used_entropy);
        rendered.text().unwrap()
    };
    assert_eq!(random(1), random(1));
    assert_ne!(random(1), random(2));
    assert!(
        !render("a: {{ .Release.Name }}", &environment(1))
            .unwrap()
            .used_entropy
    );
}

struct OneSecret;

impl Cluster for OneSecret {
    fn lookup(
        &self,
        version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, String> {
        match (version, kind, namespace, name) {
            ("v1", "Secret", "ns", "there") => Ok(Some(json!({"data": {"n": 7, "f": 1.5}}))),
            ("v1", "Secret", "ns", "denied") => Err("secrets is forbidden".into()),
            _ => Ok(None),
        }
    }
}

#[test]
fn look_ups_ask_the_cluster_of_the_request() {
    let environment = Environment {
        cluster: Rc::new(OneSecret),
        ..environment(0)
    };
    let ask = |name: &str| {
        let template = format!(
            "a: {{{{ $s := lookup \"v1\" \"Secret\" \"ns\" {name:?} }}}}{{{{ if $s }}}}{{{{ add $s.data.n 1 }}}} {{{{ typeOf $s.data.n }}}}{{{{ end }}}}"
        );
        let rendered = render(&template, &environment)?;
        Ok::<_, String>(String::from_utf8(rendered.text().unwrap()).unwrap())
    };
    assert!(ask("there").unwrap().ends_with("a: 8 int64\n"));
    assert!(ask("gone").unwrap().ends_with("a:\n"));
    assert!(ask("denied").unwrap_err().contains("secrets is forbidden"));
}

/// A tree whose directories lead back to themselves.
struct Cycle;

impl Files for Cycle {
    fn entries(&self, _: &str) -> Result<Vec<Entry>, FilesError> {
        let entry = |name: &str, kind| Entry {
            name: name.into(),
            kind,
        };
        Ok(vec![
            entry("Chart.yaml", EntryKind::File),
            entry("again", EntryKind::Directory),
        ])
    }

    fn kind(&self, path: &str) -> Result<EntryKind, FilesError> {
        Ok(if path.ends_with(".yaml") {
            EntryKind::File
        } else {
            EntryKind::Directory
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FilesError> {
        if path.ends_with("Chart.yaml") {
            Ok(CHART.into())
        } else {
            Err(FilesError::NotFound)
        }
    }
}

/// A4: a cycle of links ends.
#[test]
fn a_cycle_of_directories_ends() {
    let files: Rc<dyn Files> = Rc::new(Cycle);
    let error = template(&files, ".", options(), &environment(0))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.to_string(), "chart is nested deeper than 64 levels");
}

/// H1, CVE-2022-36055, CVE-2022-36049, CVE-2022-23524: indexes and nesting of `--set` are bounded.
#[test]
fn set_flags_are_bounded() {
    for line in [
        "a[1000000000]=1".to_owned(),
        format!("a{}=1", ".b".repeat(10_000)),
        format!("a{}=1", "[0]".repeat(10_000)),
    ] {
        let mut options = options();
        options.values.push(sluice_helm::Layer::Set(line));
        let error = template(&files(&[]), ".", options, &environment(0))
            .map(|_| ())
            .unwrap_err();
        assert!(
            error.to_string().starts_with("failed parsing --set data"),
            "{error}"
        );
    }
}

/// H2, CVE-2024-26147, CVE-2025-55198: files that are empty, null or of another shape are errors or nothing, never a crash.
#[test]
fn odd_files_do_not_crash() {
    for (name, text) in [
        ("values.yaml", "null"),
        ("values.yaml", "[]"),
        ("values.yaml", "\u{feff}a: 1\r\n"),
        ("values.yaml", "a: &a [*a]"),
        ("Chart.lock", "null"),
        ("Chart.lock", "- x"),
        ("templates/a.yaml", ""),
        ("templates/a.yaml", "\0"),
        ("charts/x.tgz", "no archive"),
        ("charts/x/Chart.yaml", "null"),
        ("values.schema.json", ""),
    ] {
        let files = files(&[(name, text)]);
        let _ = template(&files, ".", options(), &environment(0)).map(|rendered| rendered.text());
    }
}

/// H4, CVE-2022-23526, CVE-2025-32387, CVE-2025-55199: a schema that never ends is told of the chart that has it.
#[test]
fn schema_bombs_name_their_chart() {
    let chain: Vec<String> = (0..1_000)
        .map(|at| format!(r##""a{at}": {{"$ref": "#/$defs/a{}"}}"##, at + 1))
        .collect();
    let chain = format!(r##"{{"$ref": "#/$defs/a0", "$defs": {{{}}}}}"##, chain.join(", "));
    for (schema, want) in [
        (r##"{"$ref": "#"}"##, "reference cycle"),
        (chain.as_str(), "references deeper than"),
        (
            r#"{"$ref": "file:///dev/zero"}"#,
            "may not refer to other documents",
        ),
    ] {
        let files = files(&[
            ("charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0\n"),
            ("charts/s/values.schema.json", schema),
        ]);
        let error = template(&files, ".", options(), &environment(0))
            .map(|_| ())
            .unwrap_err()
            .to_string();
        assert!(error.contains("\ns:\n") && error.contains(want), "{error}");
    }
}

/// H5, H7, CVE-2025-53547: a chart's own paths reach nothing outside of it, through links or not.
#[test]
fn names_of_files_do_not_lead_outside() {
    for (function, want) in [
        ("(.Files.Glob \"../**\").AsConfig", "a: {}\n"),
        ("(.Files.Glob \"/etc/*\").AsSecrets", "a: {}\n"),
        (".Files.Lines \"../../etc/passwd\" | toJson", "a: []\n"),
    ] {
        let got = text(&format!("a: {{{{ {function} }}}}")).unwrap();
        assert!(got.ends_with(want), "{function}: {got}");
    }
}

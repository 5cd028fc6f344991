//! What the real helm printed: each file of `golden/` is a chart, arguments of `helm template rel .`, and the output of helm
//! 4.3.1 or its error.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test")]

#[path = "support/arguments.rs"]
mod arguments;
#[path = "../../chart/tests/support/sections.rs"]
mod sections;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use sections::sections;
use sluice_helm::{Environment, Files, Limits, MemoryFiles, NoCluster, Options, template};

#[derive(Default)]
struct Case {
    files: BTreeMap<String, Vec<u8>>,
    args: String,
    want: Option<String>,
    error: String,
}

fn read_case(text: &str) -> Case {
    let mut case = Case::default();
    for (name, text) in sections(text) {
        match name.as_str() {
            "args" => case.args = text,
            "want" => case.want = Some(text),
            "error" => case.error = text,
            _ => {
                case.files.insert(name, text.into_bytes());
            }
        }
    }
    case
}

fn run(case: &Case) -> Result<String, String> {
    let given = ["rel", "."]
        .into_iter()
        .chain(case.args.lines())
        .map(str::to_owned);
    let given = arguments::parse(given)?;
    let options = Options::parse(&given.config.to_string())?;
    let files: Rc<dyn Files> = Rc::new(MemoryFiles(case.files.clone()));
    let environment = Environment {
        seed: [0; 32],
        now_ms: 0,
        cluster: Rc::new(NoCluster),
        limits: Limits::default(),
    };
    let rendered =
        template(&files, &given.chart, options, &environment).map_err(|error| error.to_string())?;
    let text = rendered.text().map_err(|error| error.to_string())?;
    Ok(String::from_utf8(text).unwrap())
}

/// The hint of helm's command line is not ours.
const HINT: &str = "\n\nUse --debug flag to render out invalid YAML\n";

#[test]
fn charts_render_as_helm_renders_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = read_case(&fs::read_to_string(&path).unwrap());
        let got = run(&case);
        let want = match &case.want {
            Some(text) => Ok(text.clone()),
            None => Err(case
                .error
                .strip_suffix(HINT)
                .unwrap_or(&case.error)
                .trim_end()
                .to_owned()),
        };
        if got.clone().map_err(|error| error.trim_end().to_owned()) != want {
            wrong.push(format!("{}:\nwant {want:#?}\ngot {got:#?}", path.display()));
        }
        count += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 30, "only {count} cases were found");
}

//! Values as the real helm computed them: each file of `values/` is a chart, a user's values, and what helm 4.3.1 printed
//! of every chart's `.Values` (or its error).

#[path = "support/sections.rs"]
mod sections;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use sections::sections;
use sluice_chart::{
    Chart, Coalescer, Files, Limits, MemoryFiles, check_dependencies, load, process_dependencies, values,
};
use sluice_go_template::Map;

#[derive(Default)]
struct Case {
    files: BTreeMap<String, Vec<u8>>,
    user: String,
    want: String,
}

fn read_case(text: &str) -> Case {
    let mut case = Case::default();
    for (name, text) in sections(text) {
        match name.as_str() {
            "user" => case.user = text,
            "want" => case.want = text,
            _ => {
                case.files.insert(name, text.into_bytes());
            }
        }
    }
    case
}

fn told(chart: &Chart, path: &str, values: &Map, out: &mut Vec<(String, serde_json::Value)>) {
    out.push((path.to_owned(), values::map_to_json(values)));
    for child in &chart.dependencies {
        let values = values::table(values, child.name()).unwrap_or_default();
        told(child, &format!("{path}/charts/{}", child.name()), &values, out);
    }
}

fn compute(case: Case) -> Result<Vec<(String, serde_json::Value)>, String> {
    let files: Rc<dyn Files> = Rc::new(MemoryFiles(case.files));
    let user = values::read(case.user.as_bytes()).map_err(|error| error.to_string())?;
    let mut chart = load(&files, ".", Limits::default())
        .map_err(|error| error.to_string())?
        .chart;
    check_dependencies(&chart).map_err(|error| error.to_string())?;
    process_dependencies(&mut chart, &user).map_err(|error| error.to_string())?;
    let values = Coalescer::new()
        .coalesce(&chart, &user)
        .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    told(&chart, chart.name(), &values, &mut out);
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

#[test]
fn values_are_what_helm_computes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/values");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = read_case(&fs::read_to_string(&path).unwrap());
        let want = case.want.trim().to_owned();
        match (compute(case), want.strip_prefix("error Error: ")) {
            (Err(error), Some(want)) => {
                // helm prints the value that is no table, which may be secret
                let error = error.split(": a value of type").next().unwrap_or_default();
                assert!(
                    want.contains(error),
                    "{}: {error} is not in {want}",
                    path.display()
                );
            }
            (got, _) => {
                let parse = |line: &str| {
                    let (path, json) = line.split_once(' ').unwrap();
                    // all numbers are floats
                    let json = values::to_json(&values::from_json(serde_json::from_str(json).unwrap()));
                    (path.to_owned(), json)
                };
                let want: Vec<(String, serde_json::Value)> = want.lines().map(parse).collect();
                assert_eq!(got, Ok(want), "{}", path.display());
            }
        }
        count += 1;
    }
    assert!(count >= 18, "only {count} cases were found");
}

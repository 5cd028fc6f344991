//! Any bytes as the template of a chart: the same input gives the same text or the same error, and work without end stops.
#![no_main]

use std::collections::BTreeMap;
use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use sluice_helm::{Environment, Files, Limits, MemoryFiles, NoCluster, Options, template};

const CHART: &[u8] = b"apiVersion: v2\nname: c\nversion: 1.0.0\n";
const VALUES: &[u8] = b"a: 1\nb: {c: [x, 2.5, null], d: text}\nt: '{{ .Release.Name }}'\n";
/// Keys and passwords take long whatever the budget: their cost is measured elsewhere.
const SLOW: [&str; 6] = ["gen", "bcrypt", "htpasswd", "derivePassword", "AES", "buildCustomCert"];

fn render(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let files = BTreeMap::from([
        ("Chart.yaml".to_owned(), CHART.to_vec()),
        ("values.yaml".to_owned(), VALUES.to_vec()),
        ("templates/_h.tpl".to_owned(), b"{{ define \"h\" }}{{ . }}{{ end }}".to_vec()),
        ("templates/NOTES.txt".to_owned(), bytes.to_vec()),
    ]);
    let files: Rc<dyn Files> = Rc::new(MemoryFiles(files));
    let environment = Environment {
        seed: [7; 32],
        now_ms: 1_700_000_000_000,
        cluster: Rc::new(NoCluster),
        limits: Limits {
            steps: 200_000,
            bytes: 1 << 20,
            stack: 128 << 10,
            depth: 50,
            ..Limits::default()
        },
    };
    let options = Options::parse("{\"release\":{\"name\":\"rel\"}}").expect("options");
    let rendered = template(&files, ".", options, &environment).map_err(|error| error.to_string())?;
    Ok(rendered.notes.unwrap_or_default())
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if SLOW.iter().any(|name| text.contains(name)) {
        return;
    }
    assert_eq!(render(bytes), render(bytes));
});

//! The Go program of `tests/go`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// Go's answers to requests; [`None`] where there is no Go.
pub fn ask(requests: &[Json]) -> Option<Vec<Json>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go");
    if Command::new("go").arg("version").output().is_err() {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("SKIPPED: no go command, nothing is compared with Go itself\n"),
        );
        return None;
    }
    let mut child = Command::new("go")
        .args(["run", "."])
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text: String = requests.iter().map(|request| format!("{request}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let answers: Vec<Json> = answers.map(Result::unwrap).collect();
    assert_eq!(answers.len(), requests.len());
    Some(answers)
}

//! Programs alone (`make demo`) and programs with tests (`make test`) select the same features of every dependency, so that
//! wasmtime, kube and tokio compile once.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Result, ensure};

/// Every package with its features, as cargo would build it.
fn packages(edges: &str) -> Result<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .current_dir(sluice_architecture_test::root())
        .args(["tree", "--offline", "--locked", "--workspace", "--prefix", "none"])
        .args(["--format", "{p} {f}", "--edges", edges])
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter(|line| !line.is_empty());
    // a package that was printed before
    Ok(lines
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect())
}

#[test]
fn tests_select_no_features_of_their_own() -> Result<()> {
    let (shipped, tested) = (packages("normal,build")?, packages("normal,build,dev")?);
    let differ: Vec<&String> = shipped.difference(&tested).collect();
    ensure!(
        differ.is_empty(),
        "compiled a second time for tests, let tests/testbed select the features: {differ:#?}"
    );
    Ok(())
}

//! The dependency rule: `model <- api, transport, cluster, sandbox, signature, expression <- stages <- reconcile <- sluice`.

use std::collections::BTreeMap;

use anyhow::Result;
use sluice_architecture_test::graph::{Crate, crates};

/// Layers of host/, lowest first. A crate depends on crates of lower layers only, so no two stages know each other.
const LAYERS: [&[&str]; 5] = [
    &["model"],
    &[
        "api",
        "transport",
        "cluster",
        "sandbox",
        "signature",
        "expression",
    ],
    &[
        "fetch", "artifact", "decrypt", "render", "apply", "release", "health", "event", "notify", "receive",
        "automate",
    ],
    &["reconcile"],
    &["sluice"],
];

/// Crates from elsewhere that only these crates of ours may use, with the reason.
const KEPT_TO: [(&[&str], &[&str], &str); 9] = [
    (
        &["wasmtime", "wasmtime-wasi"],
        &["sluice-sandbox"],
        "one crate runs foreign code",
    ),
    (
        &["kube", "kube-client", "kube-runtime"],
        &["sluice-api", "sluice-cluster"],
        "one crate talks to clusters",
    ),
    (
        &["reqwest", "ureq", "object_store", "oci-client", "git2", "ssh2"],
        &["sluice-transport"],
        "one egress policy for everything that leaves",
    ),
    (
        &["hyper", "hyper-util"],
        &["sluice-transport", "sluice-notify", "sluice-cluster"],
        "as a client in transport, and in cluster for the API server of a tenant's kubeconfig; notify serves the events endpoint with it",
    ),
    (
        &["serde_yaml_ng"],
        &["sluice-api", "sluice-transport", "sluice-cluster", "sluice"],
        "untrusted YAML is parsed inside guests; a kubeconfig holds credentials, which never enter one",
    ),
    (
        &["tar", "cap-std", "cap-tempfile"],
        &["sluice-artifact", "sluice-chart"],
        "one crate reads and writes archives and storage; packed subcharts are read in the sandbox, in memory",
    ),
    (
        &["flate2"],
        &[
            "sluice-artifact",
            "sluice-chart",
            "sluice-decrypt",
            "sluice-release",
        ],
        "archives; PGP and Helm pack what they store",
    ),
    (
        &["anyhow"],
        &["sluice", "cargo-sluice"],
        "stages have typed errors",
    ),
    (
        &["wit-bindgen"],
        &["sluice-plugin"],
        "guests get their bindings from the SDK",
    ),
];

/// Crates that stay out of everything that ships (deny.toml keeps them out of the whole graph where it can).
const BANNED: [&str; 6] = [
    "openssl",
    "native-tls",
    "ring",
    "serde_yml",
    "tokio-tar",
    "yaml-rust",
];

fn layer_of(name: &str) -> Option<usize> {
    let short = name.strip_prefix("sluice-").unwrap_or(name);
    LAYERS.iter().position(|layer| layer.contains(&short))
}

fn host() -> Result<Vec<Crate>> {
    Ok(crates()?
        .into_iter()
        .filter(|krate| krate.folder().starts_with("host/"))
        .collect())
}

#[test]
fn every_host_crate_has_a_layer_and_every_layer_its_crates() -> Result<()> {
    let mut found: Vec<String> = host()?.iter().map(Crate::folder).collect();
    found.sort();
    let mut want: Vec<String> = LAYERS
        .iter()
        .flat_map(|layer| layer.iter())
        .map(|name| format!("host/{name}"))
        .collect();
    want.sort();
    assert_eq!(
        found, want,
        "a new crate needs a place in LAYERS, and a decision in docs/decisions"
    );
    Ok(())
}

#[test]
fn crates_depend_on_lower_layers_only() -> Result<()> {
    let host = host()?;
    let names: BTreeMap<&str, usize> = host
        .iter()
        .filter_map(|krate| Some((krate.name.as_str(), layer_of(&krate.name)?)))
        .collect();
    let mut wrong = Vec::new();
    for krate in &host {
        for dependency in krate.shipped().filter(|name| names.contains_key(name)) {
            if names[dependency] >= names[krate.name.as_str()] {
                wrong.push(format!("{} -> {dependency}", krate.name));
            }
        }
    }
    assert!(wrong.is_empty(), "against the dependency rule: {wrong:#?}");
    Ok(())
}

/// Guests and what authors build with never see the host; the host embeds guests, it does not link them.
#[test]
fn guests_and_host_meet_only_in_the_contract() -> Result<()> {
    // pure functions over small texts, and the compiler of the embedded defaults; kustomize runs in the sandbox only
    let allowed_in_host = [
        "sluice-build",
        "sluice-plain-schema",
        "sluice-semver",
        "sluice-yaml",
    ];
    let mut wrong = Vec::new();
    for krate in crates()? {
        let folder = krate.folder();
        for dependency in krate.shipped().filter(|name| name.starts_with("sluice")) {
            let from_host = layer_of(dependency).is_some();
            let bad = match folder.split('/').next() {
                Some("host") => !from_host && !allowed_in_host.contains(&dependency),
                Some("plugins" | "sdk") => from_host,
                _ => false,
            };
            if bad {
                wrong.push(format!("{} -> {dependency}", krate.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn powers_stay_in_one_crate() -> Result<()> {
    let mut wrong = Vec::new();
    for krate in crates()? {
        // test beds are clients and servers of the real thing
        if krate.folder().starts_with("tests/") {
            continue;
        }
        for dependency in krate.shipped() {
            if BANNED.contains(&dependency) {
                wrong.push(format!("{} -> {dependency}: banned", krate.name));
            }
            for (kept, homes, reason) in KEPT_TO {
                if kept.contains(&dependency) && !homes.contains(&krate.name.as_str()) {
                    wrong.push(format!(
                        "{} -> {dependency}: only {homes:?}, because {reason}",
                        krate.name
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// One table of versions, one set of lints.
#[test]
fn manifests_inherit_from_the_workspace() -> Result<()> {
    let mut wrong = Vec::new();
    for krate in crates()? {
        let text = std::fs::read_to_string(&krate.manifest_path)?;
        let folder = krate.folder();
        if !text.contains("[lints]\nworkspace = true") {
            wrong.push(format!("{folder}: [lints] workspace = true is missing"));
        }
        let mut table = "";
        for line in text.lines() {
            if line.starts_with('[') {
                table = line;
            } else if table.ends_with("dependencies]") && !line.trim_start().starts_with('#') {
                let version = line.contains("version =")
                    || line
                        .split('=')
                        .nth(1)
                        .is_some_and(|value| value.trim().starts_with('"'));
                if version {
                    wrong.push(format!("{folder}: {line:?} has a version of its own"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

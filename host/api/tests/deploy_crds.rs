//! The files of deploy/crds are the definitions that the types give. `SLUICE_WRITE_CRDS=1` writes them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use sluice_api::{KINDS, KindInfo};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/crds")
}

#[test]
fn committed_files_are_what_the_types_give() {
    let write = std::env::var_os("SLUICE_WRITE_CRDS").is_some();
    let mut names = BTreeSet::new();
    for crd in sluice_api::crds().expect("definitions") {
        let name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
        let text = sluice_api::render_crd(&crd).expect("YAML");
        let path = folder().join(&name);
        if write {
            std::fs::create_dir_all(folder()).expect("folder");
            std::fs::write(&path, &text).expect("written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name} is stale: run SLUICE_WRITE_CRDS=1 cargo test -p sluice-api"
        );
        names.insert(name);
    }
    let found = std::fs::read_dir(folder())
        .expect("folder")
        .map(|entry| entry.expect("entry").file_name());
    let found: BTreeSet<_> = found.filter_map(|name| name.into_string().ok()).collect();
    assert_eq!(found, names, "a file without a kind");
}

#[test]
fn the_table_of_kinds_is_that_of_the_definitions() {
    let crds = sluice_api::crds().expect("definitions");
    assert_eq!(crds.len(), KINDS.len());
    for (info, crd) in KINDS.iter().zip(&crds) {
        assert_eq!(crd.metadata.name.as_deref(), Some(info.crd_name().as_str()));
        assert_eq!(crd.spec.group, info.group);
        assert_eq!(crd.spec.names.plural, info.plural);
        assert_eq!(crd.spec.versions[0].name, info.version);
        assert_eq!(crd.spec.scope == "Namespaced", info.namespaced, "{}", info.kind);
        assert_eq!(KindInfo::of(info.kind), Some(info));
        let labels = crd.metadata.labels.as_ref().expect("labels");
        assert_eq!(labels["app.kubernetes.io/part-of"], "flux");
        assert_eq!(
            labels["app.kubernetes.io/version"],
            sluice_api::COMPATIBLE_VERSION
        );
        assert!(labels.contains_key("app.kubernetes.io/instance"));
    }
}

//! What is in the repository, and the commits that are clocked.

use serde_json::{Value, json};
use sluice_testbed::Change;

/// The first commit.
pub fn everything(apps: usize, files: usize) -> Vec<Change> {
    let mut changes: Vec<Change> = (0..apps).flat_map(app).collect();
    changes.extend((0..files).map(filler));
    changes
}

/// A commit that changes one application.
pub fn one_app_changed() -> Vec<Change> {
    vec![Change::text(
        "apps/app-7/deployment.yaml",
        deployment("app-7", "2.0.0"),
    )]
}

/// A commit that changes a file that no Kustomization reads.
pub fn no_app_changed() -> Vec<Change> {
    vec![Change::text("files/0/0.txt", "changed\n")]
}

/// The Kustomization of an application.
pub fn kustomization(namespace: &str, index: usize) -> Value {
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": format!("app-{index}"), "namespace": namespace},
        "spec": {"interval": "1h", "path": format!("./apps/app-{index}"), "prune": true,
            "sourceRef": {"kind": "GitRepository", "name": "monorepo"}}})
}

fn app(index: usize) -> [Change; 3] {
    let name = format!("app-{index}");
    let folder = format!("apps/{name}");
    let kustomization = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: bench\nresources:\n- deployment.yaml\n\
         - service.yaml\nconfigMapGenerator:\n- name: {name}\n  literals:\n  - NAME={name}\n  - LEVEL=info\n"
    );
    let service = format!(
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n    app: {name}\n  ports:\n  \
         - port: 80\n    targetPort: 8080\n"
    );
    [
        Change::text(format!("{folder}/kustomization.yaml"), kustomization),
        Change::text(format!("{folder}/deployment.yaml"), deployment(&name, "1.0.0")),
        Change::text(format!("{folder}/service.yaml"), service),
    ]
}

/// Scaled to nothing: the benchmark is about the path to the cluster, not about pods.
fn deployment(name: &str, version: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  replicas: 0\n  selector:\n    \
         matchLabels:\n      app: {name}\n  template:\n    metadata:\n      labels:\n        app: {name}\n    spec:\n      \
         containers:\n      - name: main\n        image: registry.example/{name}:{version}\n        envFrom:\n        \
         - configMapRef:\n            name: {name}\n"
    )
}

/// 1 KB that no two files share.
fn filler(index: usize) -> Change {
    let line = format!("file {index} is here to be carried along and read by nobody\n");
    let mut text = line.repeat(1024 / line.len() + 1);
    text.truncate(1024);
    Change::text(format!("files/{}/{index}.txt", index / 50), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_testbed::cluster::parse_yaml;

    #[test]
    fn every_file_of_an_app_is_an_object() -> anyhow::Result<()> {
        let all = everything(2, 60);
        assert_eq!(all.len(), 2 * 3 + 60);
        for change in &all {
            let Change::Write(path, data) = change else {
                anyhow::bail!("{change:?} is no file")
            };
            if path.starts_with("files/") {
                assert_eq!(data.len(), 1024, "{path}");
            } else {
                let object = parse_yaml(std::str::from_utf8(data)?)?.remove(0);
                assert!(object["kind"].is_string(), "{path}");
                assert_eq!(
                    object["kind"] == "Service",
                    object["spec"]["ports"][0]["port"] == 80,
                    "{path}: {object}"
                );
            }
        }
        Ok(())
    }
}

//! The storage against a real API server and, where it is built, the real helm.

use anyhow::{Context, Result};
use serde_json::json;
use sluice_cluster::{Cluster, ClusterOptions};
use sluice_release::{Info, Records as _, Release, Status, Storage, StorageError};
use sluice_testbed::ControlPlane;

fn release(version: u32, status: Status) -> Release {
    Release {
        name: "web".into(),
        namespace: "default".into(),
        version,
        info: Info {
            status,
            first_deployed: "2026-01-01T00:00:00Z".into(),
            last_deployed: "2026-01-02T00:00:00Z".into(),
            description: "Install complete".into(),
            ..Info::default()
        },
        chart: json!({"metadata": {"name": "web", "version": "1.0.0", "apiVersion": "v2", "appVersion": "7"}, "lock": null,
            "templates": [], "values": {}, "schema": null, "files": null}),
        config: json!({"color": "blue"}).as_object().cloned().unwrap_or_default(),
        manifest:
            "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
                .into(),
        apply_method: "ssa".into(),
        ..Release::default()
    }
}

#[tokio::test]
async fn revisions_are_stored_listed_replaced_and_deleted() -> Result<()> {
    let plane = ControlPlane::start().await?;
    let cluster = connect(&plane).await?;
    let storage = Storage::new(&cluster, "default", "helm-controller");
    let mut first = release(1, Status::Deployed);
    storage.create(&first, 1).await?;
    assert!(matches!(
        storage.create(&first, 1).await,
        Err(StorageError::Exists { .. })
    ));
    first.info.status = Status::Superseded;
    storage.update(&first, 2).await?;
    storage.create(&release(2, Status::Deployed), 3).await?;
    let history = storage.history("web").await?;
    let seen: Vec<_> = history.iter().map(|it| (it.version, it.info.status)).collect();
    assert_eq!(seen, [(2, Status::Deployed), (1, Status::Superseded)]);
    assert_eq!(history[1], first);
    assert!(storage.history("other").await?.is_empty());
    helm_agrees(&plane)?;
    storage.delete(&history[1]).await?;
    storage.delete(&history[1]).await?;
    assert_eq!(storage.history("web").await?.len(), 1);
    Ok(())
}

async fn connect(plane: &ControlPlane) -> Result<Cluster> {
    let options = ClusterOptions {
        kubeconfig: Some(plane.kubeconfig().to_owned()),
        ..ClusterOptions::default()
    };
    Ok(Cluster::connect(&options).await?)
}

/// `helm list`, `history`, `get values` and `get manifest` read what was stored.
fn helm_agrees(plane: &ControlPlane) -> Result<()> {
    let helm = sluice_testbed::programs::cache_folder()?.join("bin/helm");
    if !helm.exists() {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "SKIPPED: no helm at {}, nothing is compared with the real one\n",
                helm.display()
            ),
        );
        return Ok(());
    }
    let run = |arguments: &[&str]| -> Result<String> {
        let output = std::process::Command::new(&helm)
            .args(arguments)
            .args(["--namespace", "default", "--kubeconfig"])
            .arg(plane.kubeconfig())
            .output()
            .context("run helm")?;
        anyhow::ensure!(
            output.status.success(),
            "helm {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8(output.stdout)?)
    };
    let list: serde_json::Value = serde_json::from_str(&run(&["list", "-o", "json"])?)?;
    assert_eq!(
        (&list[0]["name"], &list[0]["revision"], &list[0]["status"]),
        (&json!("web"), &json!("2"), &json!("deployed"))
    );
    let history: serde_json::Value = serde_json::from_str(&run(&["history", "web", "-o", "json"])?)?;
    assert_eq!(history.as_array().map(Vec::len), Some(2), "{history}");
    assert!(run(&["get", "values", "web"])?.contains("color: blue"));
    assert!(run(&["get", "manifest", "web"])?.contains("kind: ConfigMap"));
    Ok(())
}

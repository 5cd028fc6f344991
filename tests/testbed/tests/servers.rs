//! The testbed itself: the control plane does what the tests rely on, and nothing outlives it.

#![allow(clippy::unwrap_used)]

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};
use sluice_testbed::cluster::condition;
use sluice_testbed::{Change, ControlPlane, GitSshServer, Registry, eventually};

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: registry.example/web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stuck, namespace: demo}
spec:
  selector: {matchLabels: {app: stuck}}
  template:
    metadata: {labels: {app: stuck}, annotations: {testbed.sluice.dev/pod: failing}}
    spec: {containers: [{name: main, image: registry.example/web}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: demo}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: registry.example/web}]}}}
";

fn holds(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|it| it["status"] == "True")
}

#[tokio::test]
async fn workloads_become_healthy_rbac_holds_and_garbage_is_collected() -> Result<()> {
    let started = Instant::now();
    let plane = ControlPlane::start().await?;
    eprintln!("control plane started in {:?}", started.elapsed());
    let cluster = plane.cluster().await?;
    cluster.create_namespace("demo").await?;
    cluster.apply_yaml(WEB).await?;
    let patience = Duration::from_secs(60);
    let web = ("apps/v1", "Deployment", "demo", "web");
    cluster
        .wait_for(patience, web, "is ready", |it| it["status"]["readyReplicas"] == 2)
        .await?;
    let once = ("batch/v1", "Job", "demo", "once");
    cluster
        .wait_for(patience, once, "is complete", |it| holds(it, "Complete"))
        .await?;
    let stuck = cluster
        .get("apps/v1", "Deployment", "demo", "stuck")
        .await?
        .unwrap();
    assert!(!holds(&stuck, "Available"));

    // a service account has no rights unless a role gives them
    let user = "--as=system:serviceaccount:demo:default";
    let kubectl = |verb: &str| {
        let program = sluice_testbed::programs::find("kubectl").unwrap();
        let args = ["auth", "can-i", verb, "configmaps", "-n", "demo", user];
        let output = Command::new(program)
            .env("KUBECONFIG", plane.kubeconfig())
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(kubectl("create"), "no");
    cluster
        .apply(
            &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "edit", "namespace": "demo"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "demo"}]}),
        )
        .await?;
    eventually(patience, "the role is in force", || async {
        kubectl("create") == "yes"
    })
    .await?;

    cluster.delete("apps/v1", "Deployment", "demo", "web").await?;
    eventually(patience, "the pods are collected", || async {
        cluster
            .list("v1", "Pod", "demo", "app=web")
            .await
            .is_ok_and(|pods| pods.is_empty())
    })
    .await?;
    cluster.delete("v1", "Namespace", "", "demo").await?;
    cluster
        .wait_gone(patience, ("v1", "Namespace", "", "demo"))
        .await?;

    let folder = plane.folder().unwrap().to_owned();
    drop(plane);
    assert!(!folder.exists());
    let left = Command::new("pgrep")
        .args(["-f", &folder.to_string_lossy()])
        .output()?;
    assert!(
        left.stdout.is_empty(),
        "still running: {}",
        String::from_utf8_lossy(&left.stdout)
    );
    Ok(())
}

#[tokio::test]
async fn the_registry_answers_and_asks_for_a_login() -> Result<()> {
    let open = Registry::start().await?;
    assert_eq!(
        reqwest::get(format!("http://{}/v2/", open.host()))
            .await?
            .status(),
        200
    );
    let closed = Registry::start_with_login().await?;
    let url = format!("http://{}/v2/", closed.host());
    assert_eq!(reqwest::get(&url).await?.status(), 401);
    let login = reqwest::Client::new().get(&url).basic_auth(
        sluice_testbed::registry::USER,
        Some(sluice_testbed::registry::PASSWORD),
    );
    assert_eq!(login.send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn git_over_ssh_lets_in_its_key_only() -> Result<()> {
    let server = GitSshServer::start()?;
    let repository = server.create("app")?;
    let commit = repository.commit("main", "first", &[Change::text("a", "a")])?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("known_hosts"), server.known_hosts())?;
    let list = |key: &std::path::Path| {
        let ssh = format!(
            "ssh -F none -i {} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile={}",
            key.display(),
            folder.path().join("known_hosts").display()
        );
        Command::new("git")
            .env("GIT_SSH_COMMAND", ssh)
            .args(["ls-remote", &server.url(&repository)])
            .output()
    };
    if Command::new("ssh").arg("-V").output().is_err() {
        let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("SKIPPED: no ssh program\n"));
        return Ok(());
    }
    let output = list(&server.client_key_file())?;
    assert!(
        String::from_utf8_lossy(&output.stdout).contains(&commit),
        "{output:?}"
    );
    assert!(!list(&folder.path().join("no-key"))?.status.success());
    Ok(())
}

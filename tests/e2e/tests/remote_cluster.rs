//! `spec.kubeConfig`: apply, drift, prune, health and deletion on another cluster, under its rules only.

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::bed::{bed, remote};
use sluice_e2e::case::PATIENCE;
use sluice_e2e::object::{
    editor, failed_with, git_repository, is_current, kustomization, message, secret, service_account,
};
use sluice_testbed::{Change, Cluster, Repository};

/// A case, the other cluster with a namespace of the same name, and an administrator's kubeconfig of it.
struct Remote {
    case: Case,
    cluster: Cluster,
    kubeconfig: String,
    repository: Repository,
}

impl Remote {
    async fn start(name: &str) -> Result<Self> {
        let case = Case::start(name).await?;
        let plane = remote().await?;
        let cluster = plane.cluster().await?;
        cluster.create_namespace(&case.namespace).await?;
        let repository = case.simple_repository("app")?;
        case.apply(git_repository("app", &case.git.url(&repository)))
            .await?;
        Ok(Self {
            kubeconfig: std::fs::read_to_string(plane.kubeconfig())?,
            case,
            cluster,
            repository,
        })
    }

    async fn settings(&self) -> Result<Option<Value>> {
        self.cluster
            .get("v1", "ConfigMap", &self.case.namespace, "settings")
            .await
    }

    async fn until_settings(&self, what: &str, test: impl Fn(&Value) -> bool) -> Result<Value> {
        let of = ("v1", "ConfigMap", self.case.namespace.as_str(), "settings");
        self.cluster.wait_for(PATIENCE, of, what, test).await
    }

    async fn until_gone(&self) -> Result<()> {
        let of = ("v1", "ConfigMap", self.case.namespace.as_str(), "settings");
        self.cluster.wait_gone(PATIENCE, of).await
    }
}

fn app() -> Value {
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["kubeConfig"] = json!({"secretRef": {"name": "remote"}});
    object["spec"]["wait"] = json!(true);
    object
}

#[tokio::test]
async fn objects_are_applied_corrected_pruned_and_deleted_on_the_other_cluster() -> Result<()> {
    let remote = Remote::start("remote-apply").await?;
    let case = &remote.case;
    case.apply(secret("remote", &[("value.yaml", &remote.kubeconfig)]))
        .await?;
    case.apply(app()).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    assert_eq!(
        remote.settings().await?.expect("applied there")["data"]["color"],
        "blue"
    );
    assert!(!case.exists("ConfigMap", "settings").await?, "nothing here");

    let drift = json!({"data": {"color": "red"}});
    remote
        .cluster
        .merge("v1", "ConfigMap", &case.namespace, "settings", drift)
        .await?;
    remote
        .until_settings("is corrected by an event", |it| it["data"]["color"] == "blue")
        .await?;

    let other = sluice_e2e::object::config_map("other", "a", "b");
    let commit = remote.repository.commit(
        "main",
        "another",
        &[
            Change::text(
                "app/kustomization.yaml",
                sluice_e2e::object::kustomization_file(&["other.yaml"]),
            ),
            Change::text("app/other.yaml", other),
        ],
    )?;
    case.roll_out("app", &commit).await?;
    assert!(remote.settings().await?.is_none(), "pruned there");
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    let left = remote
        .cluster
        .get("v1", "ConfigMap", &case.namespace, "other")
        .await?;
    assert!(left.is_none(), "deleted there");
    Ok(())
}

/// The service account is one of the remote cluster, with its rights there.
#[tokio::test]
async fn the_service_account_is_impersonated_on_the_other_cluster() -> Result<()> {
    let remote = Remote::start("remote-tenant").await?;
    let case = &remote.case;
    case.apply(secret("remote", &[("value", &remote.kubeconfig)]))
        .await?;
    let mut object = app();
    object["spec"]["serviceAccountName"] = json!("tenant");
    case.apply(object).await?;
    let user = format!("system:serviceaccount:{}:tenant", case.namespace);
    case.until("Kustomization", "app", "is refused there", |it| {
        failed_with(it, "ReconciliationFailed", &user)
    })
    .await?;
    let namespace = case.namespace.clone();
    for object in [
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "tenant", "namespace": namespace}}),
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "tenant", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"kind": "ServiceAccount", "name": "tenant", "namespace": namespace}]}),
    ] {
        remote.cluster.apply(&object).await?;
    }
    sluice_testbed::eventually_ok(PATIENCE, "the tenant may apply there", || async {
        let object = case.reconcile("Kustomization", "app").await?;
        anyhow::ensure!(is_current(&object), "{object}");
        Ok(())
    })
    .await?;
    assert!(remote.settings().await?.is_some());
    case.delete("Kustomization", "app").await?;
    case.until_gone("Kustomization", "app").await?;
    remote.until_gone().await
}

/// T5, CVE-2022-24817; and a change of the Secret is enough to try again.
#[tokio::test]
async fn t5_a_dangerous_kubeconfig_is_refused_until_the_secret_changes() -> Result<()> {
    let remote = Remote::start("remote-exec").await?;
    let case = &remote.case;
    case.apply(app()).await?;
    case.until("Kustomization", "app", "misses its Secret", |it| {
        failed_with(it, "ReconciliationFailed", "/remote' not found")
    })
    .await?;
    let exec = remote.kubeconfig.replace(
        "client-certificate-data",
        "exec: {command: /bin/touch, args: [/tmp/owned]}\n    x-data",
    );
    case.apply(secret("remote", &[("value", &exec)])).await?;
    let refused = case
        .until("Kustomization", "app", "refuses to run a program", |it| {
            failed_with(it, "ReconciliationFailed", "field exec is refused")
        })
        .await?;
    assert!(!message(&refused).contains("touch"), "{}", message(&refused));
    assert!(!std::path::Path::new("/tmp/owned").exists());
    case.apply(secret("remote", &[("value", "not: a kubeconfig")]))
        .await?;
    case.until("Kustomization", "app", "is no kubeconfig", |it| {
        failed_with(it, "ReconciliationFailed", "kubeconfig has no context")
    })
    .await?;
    case.apply(secret("remote", &[("value", &remote.kubeconfig)]))
        .await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    assert!(!case.logs_contain("client-key-data"));
    Ok(())
}

/// A missing kubeconfig holds the finalizer: nothing may be forgotten on the other cluster.
#[tokio::test]
async fn a_missing_kubeconfig_holds_the_deletion_until_it_is_back() -> Result<()> {
    let remote = Remote::start("remote-delete").await?;
    let case = &remote.case;
    case.apply(secret("remote", &[("value", &remote.kubeconfig)]))
        .await?;
    case.apply(app()).await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    case.delete("Secret", "remote").await?;
    case.until("Kustomization", "app", "misses its Secret", |it| {
        failed_with(it, "ReconciliationFailed", "not found")
    })
    .await?;
    case.delete("Kustomization", "app").await?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert!(case.exists("Kustomization", "app").await?, "it is held");
    assert!(remote.settings().await?.is_some());
    case.apply(secret("remote", &[("value", &remote.kubeconfig)]))
        .await?;
    case.until_gone("Kustomization", "app").await?;
    remote.until_gone().await
}

/// A ConfigMap with `provider: generic`: a token of the tenant's own service account, and no other identity.
#[tokio::test]
async fn a_config_map_reaches_a_cluster_with_a_token_of_the_tenants_account() -> Result<()> {
    let case = Case::start("remote-generic").await?;
    let plane = bed().await?;
    let Some(folder) = plane.folder() else {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("SKIPPED: somebody else's cluster has no certificate file\n"),
        );
        return Ok(());
    };
    let repository = case.simple_repository("app")?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let authority = std::fs::read_to_string(folder.join("ca.crt"))?;
    let mut data = json!({"provider": "aws", "cluster": "arn:aws:eks:x"});
    let map = |data: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "remote"}, "data": data});
    case.apply(map(&data)).await?;
    let mut object = kustomization("app", "app", "./app");
    object["spec"]["kubeConfig"] = json!({"configMapRef": {"name": "remote"}});
    case.apply(object).await?;
    case.until("Kustomization", "app", "names the provider", |it| {
        failed_with(it, "ReconciliationFailed", "provider \"aws\" is not served")
    })
    .await?;
    data = json!({"provider": "generic", "address": plane.url(), "ca.crt": authority,
        "audiences": "https://kubernetes.default.svc\n", "serviceAccountName": "deployer"});
    case.apply(map(&data)).await?;
    case.until("Kustomization", "app", "has no token", |it| {
        failed_with(it, "ReconciliationFailed", "deployer")
    })
    .await?;
    case.apply(service_account("deployer")).await?;
    case.apply(editor("deployer", &case.namespace)).await?;
    sluice_testbed::eventually_ok(PATIENCE, "the deployer may apply", || async {
        let object = case.reconcile("Kustomization", "app").await?;
        anyhow::ensure!(is_current(&object), "{object}");
        Ok(())
    })
    .await?;
    assert!(case.exists("ConfigMap", "settings").await?);
    assert!(!case.logs_contain("eyJ"), "no token in the log");
    Ok(())
}

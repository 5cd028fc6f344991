//! What tenants' manifests may not do to the host (T6, T8), and objects with two owners (T9).

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    failed_with, git_repository, is_current, kustomization, kustomization_file, secret,
};
use sluice_testbed::{Change, Repository};

const SELECTOR: &str = "sluice-e2e=protected";

/// A case whose Sluice serves a namespace beside its own: a tenant's.
async fn tenant(name: &str, flag: Option<&str>) -> Result<(Case, String, Repository)> {
    let label = format!("{SELECTOR}-{name}");
    let case = Case::start_with(name, |mut options| {
        options.all_namespaces = true;
        options = options.arg(format!("--watch-label-selector={label}"));
        match flag {
            Some(flag) => options.arg(flag),
            None => options,
        }
    })
    .await?;
    let tenant = format!("{}-tenant", case.namespace);
    case.cluster.create_namespace(&tenant).await?;
    let repository = case.git.create("app")?;
    Ok((case, tenant, repository))
}

async fn apply(case: &Case, name: &str, namespace: &str, mut object: Value) -> Result<()> {
    let (key, value) = SELECTOR.split_once('=').expect("a label");
    object["metadata"]["namespace"] = json!(namespace);
    object["metadata"]["labels"] = json!({key: format!("{value}-{name}")});
    case.cluster.apply(&object).await?;
    Ok(())
}

/// The tenant's source of a repository, and a Kustomization of it.
async fn deploy(
    case: &Case,
    name: &str,
    (tenant, repository): (&str, &Repository),
    app: Value,
) -> Result<()> {
    let source = git_repository("app", &case.git.url(repository));
    apply(case, name, tenant, source).await?;
    apply(case, name, tenant, app).await
}

fn commit(repository: &Repository, objects: &[Value]) -> Result<String> {
    let text: Vec<String> = objects.iter().map(ToString::to_string).collect();
    let files = [
        Change::text("app/kustomization.yaml", kustomization_file(&["all.yaml"])),
        Change::text("app/all.yaml", text.join("\n---\n")),
    ];
    repository.commit("main", "objects", &files)
}

async fn until(case: &Case, namespace: &str, what: &str, test: impl Fn(&Value) -> bool) -> Result<Value> {
    let of = (
        "kustomize.toolkit.fluxcd.io/v1",
        "Kustomization",
        namespace,
        "app",
    );
    let found = case
        .cluster
        .wait_for(sluice_e2e::case::PATIENCE, of, what, test)
        .await;
    found.map_err(|error| error.context(sluice_testbed::process::tail(&case.sluice.output(), 30)))
}

/// T8: neither the host's namespace, nor its definitions, nor its Deployment.
#[tokio::test]
async fn t8_a_tenant_does_not_manage_the_host() -> Result<()> {
    let (case, tenant, repository) = tenant("protected-host", None).await?;
    commit(
        &repository,
        &[
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}}),
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "kustomizations.kustomize.toolkit.fluxcd.io"}, "spec": {}}),
        ],
    )?;
    let app = kustomization("app", "app", "./app");
    deploy(&case, "protected-host", (&tenant, &repository), app).await?;
    let refused = until(&case, &tenant, "is refused", |it| {
        failed_with(
            it,
            "ReconciliationFailed",
            "it is the namespace that Sluice runs in",
        )
    })
    .await?;
    let text = sluice_e2e::object::message(&refused);
    assert!(
        text.contains("it defines a kind of Sluice"),
        "all errors are told: {text}"
    );

    commit(
        &repository,
        &[json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "sluice", "namespace": case.namespace}, "spec": {}})],
    )?;
    let token = sluice_e2e::case::token();
    let request = json!({"metadata": {"annotations": {sluice_e2e::case::REQUESTED_AT: token}}});
    case.cluster
        .merge(
            "source.toolkit.fluxcd.io/v1",
            "GitRepository",
            &tenant,
            "app",
            request,
        )
        .await?;
    until(&case, &tenant, "is refused", |it| {
        failed_with(it, "ReconciliationFailed", "Deployment/")
            && failed_with(it, "ReconciliationFailed", "is protected")
    })
    .await?;
    Ok(())
}

/// T8: nor by way of a kubeconfig that leads back to the cluster that Sluice runs in.
#[tokio::test]
async fn t8_a_kubeconfig_of_the_hosts_own_cluster_is_no_way_around() -> Result<()> {
    let (case, tenant, repository) = tenant("protected-detour", None).await?;
    commit(
        &repository,
        &[json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": case.namespace}})],
    )?;
    let kubeconfig = std::fs::read_to_string(sluice_e2e::bed().await?.kubeconfig())?;
    let mut detour = secret("detour", &[("value", &kubeconfig)]);
    detour["metadata"]["namespace"] = json!(tenant);
    case.cluster.apply(&detour).await?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["kubeConfig"] = json!({"secretRef": {"name": "detour"}});
    deploy(&case, "protected-detour", (&tenant, &repository), app).await?;
    until(&case, &tenant, "is refused", |it| {
        failed_with(
            it,
            "ReconciliationFailed",
            "it is the namespace that Sluice runs in",
        )
    })
    .await?;
    Ok(())
}

/// T6: pod security labels are the operator's.
#[tokio::test]
async fn t6_a_tenant_does_not_relax_pod_security() -> Result<()> {
    let (case, tenant, repository) = tenant("protected-labels", None).await?;
    let namespace = |level: &str| {
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tenant,
            "labels": {"pod-security.kubernetes.io/enforce": level}}})
    };
    case.cluster.apply(&namespace("restricted")).await?;
    commit(&repository, &[namespace("privileged")])?;
    let app = kustomization("app", "app", "./app");
    deploy(&case, "protected-labels", (&tenant, &repository), app).await?;
    until(&case, &tenant, "is refused", |it| {
        failed_with(
            it,
            "ReconciliationFailed",
            "pod-security.kubernetes.io/enforce decides on pod security",
        )
    })
    .await?;
    let live = case
        .cluster
        .get("v1", "Namespace", "", &tenant)
        .await?
        .expect("a namespace");
    assert_eq!(
        live["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
        "restricted"
    );
    Ok(())
}

#[tokio::test]
async fn the_operator_may_let_tenants_set_pod_security() -> Result<()> {
    let flag = "--allow-namespace-security-labels";
    let (case, tenant, repository) = tenant("protected-open", Some(flag)).await?;
    commit(
        &repository,
        &[
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": tenant,
            "labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}),
        ],
    )?;
    let mut app = kustomization("app", "app", "./app");
    app["spec"]["prune"] = json!(false);
    deploy(&case, "protected-open", (&tenant, &repository), app).await?;
    until(&case, &tenant, "is ready", is_current).await?;
    let live = case
        .cluster
        .get("v1", "Namespace", "", &tenant)
        .await?
        .expect("a namespace");
    assert_eq!(
        live["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
        "baseline"
    );
    Ok(())
}

/// T9: an object that two Kustomizations apply is reported, not silently fought over.
#[tokio::test]
async fn t9_an_object_with_two_owners_is_reported() -> Result<()> {
    let case = Case::start("protected-owners").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    case.apply(kustomization("other", "app", "./app")).await?;
    case.until("Kustomization", "other", "is ready", is_current)
        .await?;
    case.until_told("the conflict is told", |event| {
        event["reason"] == "OwnershipConflict"
            && event["message"]
                .as_str()
                .is_some_and(|text| text.contains("was taken over from Kustomization"))
    })
    .await?;
    Ok(())
}

/// T1, T2: with references kept to one namespace, a tenant uses no other's source and no expression of it looks into
/// another's object; also where a label selects what is served.
#[tokio::test]
async fn t1_t2_references_stay_in_the_namespace_under_a_label_selector_too() -> Result<()> {
    let name = "protected-references";
    let (case, tenant, repository) = tenant(name, Some("--no-cross-namespace-refs=true")).await?;
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}});
    commit(&repository, &[settings])?;
    let url = case.git.url(&repository);
    apply(&case, name, &case.namespace, git_repository("app", &url)).await?;
    case.until("GitRepository", "app", "is ready", is_current).await?;

    let mut app = kustomization("app", "app", "./app");
    app["spec"]["targetNamespace"] = json!(tenant);
    app["spec"]["sourceRef"]["namespace"] = json!(case.namespace);
    apply(&case, name, &tenant, app.clone()).await?;
    let source = format!("GitRepository/{}/app", case.namespace);
    until(&case, &tenant, "is denied the source", |it| {
        failed_with(it, "AccessDenied", &source)
    })
    .await?;

    apply(&case, name, &tenant, git_repository("app", &url)).await?;
    app["spec"]["sourceRef"]["namespace"] = json!(tenant);
    let own = app.clone();
    app["spec"]["dependsOn"] =
        json!([{"name": "other", "namespace": case.namespace, "readyExpr": "dep.spec.prune"}]);
    apply(&case, name, &tenant, app).await?;
    let dependency = format!("Kustomization/{}/other", case.namespace);
    until(&case, &tenant, "is denied the expression", |it| {
        failed_with(it, "AccessDenied", &dependency)
    })
    .await?;
    let found = case.cluster.get("v1", "ConfigMap", &tenant, "settings").await?;
    assert!(found.is_none(), "nothing was applied");

    apply(&case, name, &tenant, own).await?;
    until(&case, &tenant, "is ready in its own namespace", is_current).await?;
    Ok(())
}

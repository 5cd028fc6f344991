//! `sluice build|diff kustomization`: the offline preview against a real cluster.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::command::{Printed, sluice};
use sluice_e2e::object::{config_map, git_repository, is_current, kustomization, kustomization_file, secret};
use sluice_testbed::{Change, Checkout, cluster::parse_yaml};

struct World {
    case: Case,
    local: Checkout,
}

impl World {
    /// A Kustomization `app` of a ConfigMap with a variable, and a Secret; applied, and cloned.
    async fn start(name: &str) -> Result<Self> {
        let case = Case::start(name).await?;
        let repository = case.git.create("app")?;
        let password = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: password\nstringData:\n  password: first-canary\n";
        let files = [
            Change::text(
                "app/kustomization.yaml",
                kustomization_file(&["settings.yaml", "password.yaml", "old.yaml"]),
            ),
            Change::text("app/settings.yaml", config_map("settings", "color", "${color}")),
            Change::text("app/old.yaml", config_map("old", "x", "1")),
            Change::text("app/password.yaml", password),
        ];
        repository.commit("main", "first", &files)?;
        case.apply(secret("vars", &[("color", "blue")])).await?;
        case.apply(git_repository("app", &case.git.url(&repository)))
            .await?;
        let mut app = kustomization("app", "app", "./app");
        app["spec"]["postBuild"] = json!({"substituteFrom": [{"kind": "Secret", "name": "vars"}]});
        case.apply(app).await?;
        case.until("Kustomization", "app", "is ready", is_current).await?;
        let local = Checkout::clone(&case.git.url(&repository))?;
        Ok(Self { case, local })
    }

    async fn run(&self, verb: &str, more: &[&str]) -> Result<Printed> {
        let folder = self.local.path().join("app");
        let folder = folder.to_str().context("UTF-8")?;
        let args = [
            &[
                verb,
                "kustomization",
                "app",
                "--path",
                folder,
                "-n",
                self.case.namespace.as_str(),
            ],
            more,
        ]
        .concat();
        sluice(sluice_e2e::bed().await?.kubeconfig(), &args).await
    }
}

#[tokio::test]
async fn build_prints_what_the_cluster_applies() -> Result<()> {
    let world = World::start("preview-build").await?;
    let printed = world.run("build", &[]).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let objects = parse_yaml(&printed.out)?;
    assert_eq!(objects.len(), 3, "{}", printed.out);
    let find = |name: &str| {
        objects
            .iter()
            .find(|object| object["metadata"]["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    let settings = find("settings");
    assert_eq!(settings["data"]["color"], "blue");
    assert_eq!(settings["metadata"]["namespace"], world.case.namespace.as_str());
    assert_eq!(
        settings["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"],
        "app"
    );

    // without a cluster
    let file = world.local.path().join("app.yaml");
    let spec = json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"},
        "namePrefix": "dry-", "postBuild": {"substitute": {"color": "red"}, "substituteFrom": [{"kind": "Secret", "name": "gone"}]}});
    let local = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"}, "spec": spec});
    std::fs::write(&file, format!("---\n{local}\n"))?;
    let file = file.to_str().context("UTF-8")?;
    let dry = world
        .run(
            "build",
            &[
                "--kustomization-file",
                file,
                "--dry-run",
                "-o",
                "json",
                "--kubeconfig",
                "/nonexistent",
            ],
        )
        .await?;
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    let list: Value = serde_json::from_str(&dry.out)?;
    assert_eq!(list["items"][0]["metadata"]["name"], "dry-settings", "{list}");
    assert_eq!(list["items"][0]["data"]["color"], "red");
    let refused = world.run("build", &["--dry-run"]).await?;
    assert!(
        refused.code == Some(1) && refused.err.contains("requires a kustomization file"),
        "{}",
        refused.err
    );

    world.local.replace("app/settings.yaml", "${color}", "${unset}")?;
    let lax = world.run("build", &[]).await?;
    assert!(
        lax.code == Some(0) && lax.err.contains("Warning") && lax.err.contains("unset"),
        "{}",
        lax.err
    );
    let strict = world.run("build", &["--strict-substitute"]).await?;
    assert!(
        strict.code == Some(1) && strict.err.contains("data.color"),
        "{}",
        strict.err
    );
    Ok(())
}

/// L3: a preview shows no value of a Secret; the exit status tells whether anything would change.
#[tokio::test]
async fn diff_tells_what_would_change_and_writes_nothing() -> Result<()> {
    let world = World::start("preview-diff").await?;
    let none = world.run("diff", &[]).await?;
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""), "{}", none.err);

    world
        .local
        .replace("app/settings.yaml", "${color}", "green-${color}")?;
    world
        .local
        .replace("app/password.yaml", "first-canary", "second-canary")?;
    world.local.write("app/new.yaml", &config_map("new", "x", "1"))?;
    world
        .local
        .replace("app/kustomization.yaml", "- old.yaml", "- new.yaml")?;
    let before = world.case.get("ConfigMap", "settings").await?;
    let some = world.run("diff", &[]).await?;
    assert_eq!(some.code, Some(1), "{}{}", some.out, some.err);
    let namespace = &world.case.namespace;
    for line in [
        format!("► ConfigMap/{namespace}/settings drifted"),
        "data.color".into(),
        "    - blue".into(),
        "    + green-blue".into(),
        format!("► ConfigMap/{namespace}/new created"),
        format!("► Secret/{namespace}/password drifted"),
        "data.password".into(),
        format!("► ConfigMap/{namespace}/old deleted"),
    ] {
        assert!(some.out.lines().any(|it| it == line), "{line:?} in\n{}", some.out);
    }
    assert!(
        !some.out.contains("canary") && !some.out.contains("Y2FuYXJ5") && !some.out.contains('\x1b'),
        "{}",
        some.out
    );
    let after = world.case.get("ConfigMap", "settings").await?;
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    assert!(!world.case.exists("ConfigMap", "new").await? && world.case.exists("ConfigMap", "old").await?);

    let json = world.run("diff", &["-o", "json"]).await?;
    let value: Value = serde_json::from_str(&json.out)?;
    let objects = value["kustomizations"][0]["objects"]
        .as_array()
        .context("a list")?;
    let action = |name: &str| {
        let of = |it: &&Value| it["object"].as_str().is_some_and(|object| object.ends_with(name));
        objects.iter().find(of).map(|it| it["action"].clone())
    };
    assert_eq!(
        [action("/settings"), action("/new"), action("/old")],
        [
            Some(json!("drifted")),
            Some(json!("created")),
            Some(json!("deleted"))
        ]
    );
    let settings = objects.iter().find(|it| it["action"] == "drifted");
    assert_eq!(
        settings.context("drifted")?["fields"][0]["path"],
        "data.color",
        "{value}"
    );
    Ok(())
}

#[tokio::test]
async fn diff_honours_marks_and_ignored_fields_and_fails_with_2() -> Result<()> {
    let world = World::start("preview-marks").await?;
    let marked = |mark: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: old\n  annotations:\n    kustomize.toolkit.fluxcd.io/{mark}\ndata:\n  x: \"{value}\"\n"
        )
    };
    for mark in ["ssa: Ignore", "reconcile: disabled", "ssa: IfNotPresent"] {
        world.local.write("app/old.yaml", &marked(mark, "2"))?;
        let skipped = world.run("diff", &[]).await?;
        assert!(
            skipped.code == Some(0) && skipped.out.contains("/old skipped"),
            "{mark}: {}{}",
            skipped.out,
            skipped.err
        );
    }
    world.local.write(
        "app/old.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: old\ndata:\n  x: [1]\n",
    )?;
    let refused = world.run("diff", &[]).await?;
    assert!(
        refused.code == Some(2) && refused.err.contains("/old dry-run failed"),
        "{}",
        refused.err
    );
    let missing = world.run("diff", &["-n", "nowhere"]).await;
    assert!(
        missing.is_ok_and(|it| it.code == Some(2)),
        "an unknown Kustomization, or -n given twice"
    );

    // an object of a kind and in a namespace that come with the same build
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: previews.example.dev\nspec:\n  group: example.dev\n  scope: Namespaced\n  names: {kind: Preview, plural: previews}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object}}\n---\napiVersion: example.dev/v1\nkind: Preview\nmetadata:\n  name: first\n";
    world.local.write("app/old.yaml", crd)?;
    let created = world.run("diff", &[]).await?;
    assert!(
        created.code == Some(1) && created.out.contains("/first created"),
        "{}{}",
        created.out,
        created.err
    );
    Ok(())
}

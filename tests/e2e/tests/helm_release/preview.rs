//! `sluice build|diff helmrelease`: the preview of a release against a real cluster.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::command::{Printed, sluice};
use sluice_e2e::object::{is_current, secret};
use sluice_testbed::cluster::parse_yaml;

use super::bed::{Chart, Charts, hook, release};

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-login\nstringData:\n  password: {{ .Values.password }}\n";

fn chart(version: &str) -> Chart {
    Chart::new(version)
        .file("values.yaml", "color: blue\npassword: none\n")
        .file("templates/login.yaml", SECRET)
        .file("templates/job.yaml", &hook("check", "post-upgrade", "", None))
}

struct World {
    case: Case,
    _charts: Charts,
    local: tempfile::TempDir,
}

impl World {
    /// A release `web` with a password from a Secret, and the next version of its chart as a local file.
    async fn start(name: &str) -> Result<Self> {
        let case = Case::start(name).await?;
        let charts = Charts::start()?;
        charts.publish(&case, "web", &chart("1.0.0")).await?;
        case.apply(secret("login", &[("values.yaml", "password: first-canary")]))
            .await?;
        let spec = json!({"valuesFrom": [{"kind": "Secret", "name": "login"}], "values": {"color": "red"},
            "commonMetadata": {"labels": {"team": "a"}}});
        case.apply(release("web", "web", spec)).await?;
        case.until("HelmRelease", "web", "is ready", is_current).await?;
        let local = tempfile::tempdir()?;
        std::fs::write(local.path().join("web.tgz"), chart("1.0.0").pack()?)?;
        Ok(Self {
            case,
            _charts: charts,
            local,
        })
    }

    async fn run(&self, verb: &str, chart: &str, more: &[&str]) -> Result<Printed> {
        let chart = self.local.path().join(chart);
        let chart = chart.to_str().context("UTF-8")?;
        let own = [
            verb,
            "helmrelease",
            "web",
            "--chart",
            chart,
            "-n",
            self.case.namespace.as_str(),
        ];
        let args = [&own, more].concat();
        sluice(sluice_e2e::bed().await?.kubeconfig(), &args).await
    }

    fn write(&self, name: &str, chart: &Chart) -> Result<()> {
        Ok(std::fs::write(self.local.path().join(name), chart.pack()?)?)
    }
}

fn named<'a>(objects: &'a [Value], name: &str) -> &'a Value {
    let mut found = objects.iter().filter(|object| object["metadata"]["name"] == name);
    found.next().unwrap_or(&Value::Null)
}

#[tokio::test]
async fn build_prints_what_the_release_consists_of() -> Result<()> {
    let world = World::start("helm-build").await?;
    let printed = world.run("build", "web.tgz", &[]).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    let objects = parse_yaml(&printed.out)?;
    assert_eq!(objects.len(), 3, "{}", printed.out);
    let settings = named(&objects, "web-settings");
    assert_eq!(settings["data"]["color"], "red");
    let labels = &settings["metadata"]["labels"];
    assert_eq!(
        (&labels["helm.toolkit.fluxcd.io/name"], &labels["team"]),
        (&json!("web"), &json!("a"))
    );
    assert_eq!(
        named(&objects, "web-login")["stringData"]["password"],
        "first-canary"
    );
    let without = world
        .run("build", "web.tgz", &["--no-hooks", "-o", "json"])
        .await?;
    let list: Value = serde_json::from_str(&without.out)?;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "{list}");

    let missing = sluice(
        sluice_e2e::bed().await?.kubeconfig(),
        &["build", "hr", "web", "-n", world.case.namespace.as_str()],
    )
    .await?;
    assert!(
        missing.code == Some(1) && missing.err.contains("give it with --chart"),
        "{}",
        missing.err
    );
    world.write(
        "bad.tgz",
        &chart("1.0.1").file("templates/bad.yaml", "{{ fail \"no way\" }}"),
    )?;
    let bad = world.run("build", "bad.tgz", &[]).await?;
    assert!(
        bad.code == Some(1) && bad.err.contains("web/templates/bad.yaml:1") && bad.err.contains("no way"),
        "{}",
        bad.err
    );
    Ok(())
}

#[tokio::test]
async fn build_works_without_a_cluster_from_files_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let root = folder.path();
    let write = |path: &str, text: &str| -> Result<()> {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        Ok(std::fs::write(path, text)?)
    };
    write(".git/HEAD", "ref: refs/heads/main\n")?;
    write(
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.2.3\n",
    )?;
    write("charts/web/values.yaml", "color: blue\n")?;
    write("values/prod.yaml", "color: green\n")?;
    write(
        "charts/web/templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  color: {{ .Values.color }}\n  kube: {{ .Capabilities.KubeVersion }}\n  api: {{ .Capabilities.APIVersions.Has \"example.com/v1\" | quote }}\n",
    )?;
    let object = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "web"},
        "spec": {"interval": "1m", "targetNamespace": "prod", "valuesFrom": [{"kind": "Secret", "name": "gone"}],
            "chart": {"spec": {"chart": "./charts/web", "valuesFiles": ["./charts/web/values.yaml", "./values/prod.yaml"],
                "sourceRef": {"kind": "GitRepository", "name": "app"}}},
            "postRenderers": [{"kustomize": {"patches": [{"target": {"kind": "ConfigMap"},
                "patch": "- {op: add, path: /data/patched, value: \"yes\"}"}]}}]}});
    write("web.yaml", &format!("---\n{object}\n"))?;
    let path = |path: &str| root.join(path).to_string_lossy().into_owned();
    let (file, chart) = (path("web.yaml"), path("charts/web"));
    let args = [
        "build",
        "hr",
        "web",
        "--helmrelease-file",
        &file,
        "--chart",
        &chart,
        "--dry-run",
        "--kube-version",
        "v1.30.1",
        "-a",
        "example.com/v1",
    ];
    let printed = sluice(Path::new("/nonexistent"), &args).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert!(
        printed.err.contains("leaves spec.valuesFrom out"),
        "{}",
        printed.err
    );
    let objects = parse_yaml(&printed.out)?;
    let data = &named(&objects, "prod-web")["data"];
    let wanted = json!({"color": "green", "kube": "v1.30.1", "api": "true", "patched": "yes"});
    assert_eq!(data, &wanted, "{}", printed.out);
    let refused = sluice(Path::new("/nonexistent"), &["build", "hr", "web", "--dry-run"]).await?;
    assert!(
        refused.code == Some(1) && refused.err.contains("requires a helmrelease file"),
        "{}",
        refused.err
    );
    Ok(())
}

#[tokio::test]
async fn diff_shows_what_an_upgrade_would_change_and_no_secret() -> Result<()> {
    let world = World::start("helm-diff").await?;
    let same = world.run("diff", "web.tgz", &[]).await?;
    assert_eq!(
        (same.code, same.out.as_str()),
        (Some(0), ""),
        "{}{}",
        same.out,
        same.err
    );

    let next = chart("1.1.0").file(
        "templates/more.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-more\n",
    );
    world.write("next.tgz", &next)?;
    let suspend = json!({"spec": {"suspend": true}});
    world.case.merge("HelmRelease", "web", suspend).await?;
    // its own watch may bring the suspension after the Secret's has brought the change
    let token = world.case.request("HelmRelease", "web").await?;
    let is_seen = |it: &Value| it["status"]["lastHandledReconcileAt"] == token.as_str();
    world
        .case
        .until("HelmRelease", "web", "is seen as suspended", is_seen)
        .await?;
    world
        .case
        .apply(secret("login", &[("values.yaml", "password: second-canary")]))
        .await?;
    let diff = world.run("diff", "next.tgz", &[]).await?;
    assert_eq!(diff.code, Some(1), "{}{}", diff.out, diff.err);
    let namespace = world.case.namespace.as_str();
    for line in [
        format!("► ConfigMap/{namespace}/web-more created"),
        format!("► ConfigMap/{namespace}/web-settings drifted"),
        format!("► Secret/{namespace}/web-login drifted"),
        "    - 1.0.0\n    + 1.1.0".to_owned(),
    ] {
        assert!(diff.out.contains(&line), "{line} in {}", diff.out);
    }
    assert!(
        !diff.out.contains("canary") && !diff.err.contains("canary"),
        "{}",
        diff.out
    );

    let mut less = Chart::new("1.2.0").file("values.yaml", "color: blue\npassword: none\n");
    less = less.file("templates/job.yaml", &hook("check", "post-upgrade", "", None));
    world.write("less.tgz", &less)?;
    let diff = world.run("diff", "less.tgz", &["-o", "json"]).await?;
    assert_eq!(diff.code, Some(1), "{}{}", diff.out, diff.err);
    let report: Value = serde_json::from_str(&diff.out)?;
    let report = &report["helmReleases"][0];
    assert_eq!(report["helmRelease"], format!("{namespace}/web"));
    let objects = report["objects"].as_array().context("objects")?;
    let deleted: Vec<&Value> = objects.iter().filter(|it| it["action"] == "deleted").collect();
    assert_eq!(deleted.len(), 1, "{report}");
    assert_eq!(deleted[0]["object"], format!("Secret/{namespace}/web-login"));
    assert!(
        world.case.exists("Secret", "web-login").await?,
        "nothing was changed"
    );
    Ok(())
}

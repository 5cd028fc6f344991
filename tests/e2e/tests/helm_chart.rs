//! Charts of Helm repositories over HTTP and of a real OCI registry.

use std::io::Read as _;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{
    condition, failed_for, failed_with, helm_chart, helm_repository, is_current, message, object, secret,
};
use sluice_testbed::registry::{PASSWORD, Registry, USER};
use sluice_testbed::{Helm, helm};

use crate::helm_repository::{serve, web};

/// The bytes of an object's artifact, as it is served.
pub(crate) async fn served(object: &Value) -> Result<Vec<u8>> {
    let url = object["status"]["artifact"]["url"].as_str().unwrap_or_default();
    Ok(reqwest::get(url)
        .await?
        .error_for_status()?
        .bytes()
        .await?
        .to_vec())
}

/// A file of a packed chart.
pub(crate) fn file(packed: &[u8], path: &str) -> Result<Option<String>> {
    for entry in tar::Archive::new(flate2::read::GzDecoder::new(packed)).entries()? {
        let mut entry = entry?;
        if entry.path()?.to_string_lossy() == path {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn has_revision<'a>(revision: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |object| object["status"]["artifact"]["revision"] == revision && is_current(object)
}

#[tokio::test]
async fn a_chart_follows_its_repository_byte_for_byte() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-chart").await?;
    let server = serve(&helm, None, &["1.0.0", "1.1.0-rc.1"])?;
    case.apply(helm_chart("web", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "web", "waits for its source", |object| {
        failed_for(object, "SourceUnavailable")
    })
    .await?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let chart = case.until("HelmChart", "web", "is ready", is_current).await?;
    let status = &chart["status"];
    assert_eq!(status["artifact"]["revision"], "1.0.0");
    let folder = format!("helmchart/{}/web", case.namespace);
    assert_eq!(status["artifact"]["path"], format!("{folder}/web-1.0.0.tgz"));
    assert_eq!(
        status["url"],
        format!("{}/{folder}/latest.tar.gz", case.sluice.storage_url())
    );
    assert_eq!(status["observedChartName"], "web");
    let source = case.get("HelmRepository", "charts").await?;
    assert_eq!(
        status["observedSourceArtifactRevision"],
        source["status"]["artifact"]["revision"]
    );
    assert_eq!(message(&chart), "pulled 'web' chart with version '1.0.0'");
    assert_eq!(
        condition(&chart, "Ready").unwrap()["reason"],
        "ChartPullSucceeded"
    );
    let packed = reqwest::get(format!("{}/web-1.0.0.tgz", server.url()))
        .await?
        .bytes()
        .await?;
    assert_eq!(served(&chart).await?, packed.to_vec(), "stored as it was fetched");
    case.until_told("an event of the chart", |event| {
        event["reason"] == "ChartPullSucceeded"
    })
    .await?;

    server.package(&[("Chart.yaml", &web("1.2.0"))])?;
    server.index(None)?;
    case.request("HelmRepository", "charts").await?;
    case.until("HelmChart", "web", "follows the index", has_revision("1.2.0"))
        .await?;
    case.merge("HelmChart", "web", json!({"spec": {"version": "1.0.0"}}))
        .await?;
    case.until("HelmChart", "web", "takes the version", has_revision("1.0.0"))
        .await?;
    case.merge(
        "HelmChart",
        "web",
        json!({"spec": {"version": ">=1.1.0-0 <1.2.0"}}),
    )
    .await?;
    case.until(
        "HelmChart",
        "web",
        "takes a prerelease",
        has_revision("1.1.0-rc.1"),
    )
    .await?;

    case.delete("HelmChart", "web").await?;
    case.until_gone("HelmChart", "web").await?;
    let gone = reqwest::get(format!("{}/{folder}/latest.tar.gz", case.sluice.storage_url())).await?;
    assert_eq!(gone.status().as_u16(), 404);
    Ok(())
}

#[tokio::test]
async fn values_files_become_the_charts_values() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-values").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let mut chart = helm_chart("web", "web", ("HelmRepository", "charts"));
    chart["spec"]["valuesFiles"] = json!(["values.yaml", "values-prod.yaml", "values-none.yaml"]);
    case.apply(chart.clone()).await?;
    let missing = "no values file found at path 'values-none.yaml'";
    let stalled = case
        .until("HelmChart", "web", "misses a file", |object| {
            failed_with(object, "ValuesFilesError", missing)
        })
        .await?;
    assert_eq!(condition(&stalled, "Stalled").unwrap()["status"], "True");
    assert_eq!(condition(&stalled, "BuildFailed").unwrap()["status"], "True");

    chart["spec"]["ignoreMissingValuesFiles"] = json!(true);
    case.apply(chart).await?;
    let packed = case.until("HelmChart", "web", "is ready", is_current).await?;
    let generation = packed["metadata"]["generation"].to_string();
    assert_eq!(
        packed["status"]["artifact"]["revision"],
        format!("1.0.0+{generation}")
    );
    assert_eq!(
        packed["status"]["observedValuesFiles"],
        json!(["values.yaml", "values-prod.yaml"])
    );
    let told = format!(
        "packaged 'web' chart with version '1.0.0+{generation}' and merged values files [values.yaml values-prod.yaml]"
    );
    assert_eq!(message(&packed), told);
    let bytes = served(&packed).await?;
    assert_eq!(
        file(&bytes, "web/values.yaml")?.as_deref(),
        Some("color: green\nsize: 1\n")
    );
    assert!(
        file(&bytes, "web/Chart.yaml")?
            .is_some_and(|text| text.contains(&format!("version: 1.0.0+{generation}")))
    );
    let again = case.reconcile("HelmChart", "web").await?;
    assert_eq!(
        (message(&again), &again["status"]["artifact"]),
        (told.as_str(), &packed["status"]["artifact"])
    );
    Ok(())
}

#[tokio::test]
async fn what_is_no_chart_is_told_by_its_reason() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-no-chart").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let mut range = helm_chart("range", "web", ("HelmRepository", "charts"));
    range["spec"]["version"] = json!("9.x");
    for (chart, reason, text) in [
        (
            helm_chart("name", "../up", ("HelmRepository", "charts")),
            "InvalidChartReference",
            "invalid chart name",
        ),
        (
            helm_chart("none", "api", ("HelmRepository", "charts")),
            "InvalidChartReference",
            "no chart name found",
        ),
        (
            range,
            "InvalidChartReference",
            "no 'web' chart with version matching '9.x' found",
        ),
    ] {
        let name = chart["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        case.apply(chart).await?;
        let stalled = case
            .until("HelmChart", &name, reason, |object| {
                failed_with(object, reason, text)
            })
            .await?;
        assert_eq!(
            condition(&stalled, "Stalled").unwrap()["status"],
            "True",
            "{name}"
        );
    }
    let key = include_str!("../data/signed-charts/trusted.pub");
    case.apply(secret("trusted", &[("a.pub", key)])).await?;
    let mut verified = helm_chart("verified", "web", ("HelmRepository", "charts"));
    verified["spec"]["verify"] = json!({"provider": "cosign", "secretRef": {"name": "trusted"}});
    case.apply(verified).await?;
    case.until("HelmChart", "verified", "has no signature", |object| {
        failed_with(
            object,
            "VerificationError",
            "only charts in OCI registries have signatures",
        )
    })
    .await?;
    server.put("web-1.0.0.tgz", "<html>")?;
    case.apply(helm_chart("html", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "html", "is no archive", |object| {
        failed_with(object, "ChartPullError", "gzipped archive")
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_chart_comes_from_a_registry() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-oci").await?;
    let registry = Registry::start_with_login().await?;
    let folder = tempfile_folder(&case)?;
    for version in ["1.0.0", "1.1.0+build.7", "2.0.0-rc.1"] {
        let packed = helm::package(
            &helm,
            &[("Chart.yaml", &web(version)), ("values.yaml", "a: 1\n")],
            &folder,
        )?;
        push(&helm, &packed.to_string_lossy(), &registry.url("team"))?;
    }
    let spec = json!({"type": "oci", "insecure": true, "interval": "1h", "url": registry.url("team")});
    case.apply(object("HelmRepository", "charts", spec)).await?;
    case.apply(helm_chart("web", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "web", "needs a login", |object| {
        failed_for(object, "AuthenticationFailed")
    })
    .await?;

    case.apply(secret("login", &[("username", USER), ("password", PASSWORD)]))
        .await?;
    case.merge(
        "HelmRepository",
        "charts",
        json!({"spec": {"secretRef": {"name": "login"}}}),
    )
    .await?;
    let chart = case
        .until("HelmChart", "web", "is ready", has_revision("1.1.0+build.7"))
        .await?;
    assert!(chart["status"]["observedSourceArtifactRevision"].is_null());
    assert!(
        chart["status"]["artifact"]["path"]
            .as_str()
            .unwrap()
            .ends_with("/web-1.1.0+build.7.tgz")
    );
    let packed = std::fs::read(folder.join("web-1.1.0+build.7.tgz"))?;
    assert_eq!(served(&chart).await?, packed);
    case.merge("HelmChart", "web", json!({"spec": {"version": "1.0.0"}}))
        .await?;
    case.until("HelmChart", "web", "takes the tag", has_revision("1.0.0"))
        .await?;
    case.merge("HelmChart", "web", json!({"spec": {"version": "7.0.0"}}))
        .await?;
    case.until("HelmChart", "web", "has no such tag", |object| {
        failed_for(object, "ChartPullError")
    })
    .await?;
    assert!(!case.logs_contain(PASSWORD), "L2: no log has the password");
    Ok(())
}

fn tempfile_folder(case: &Case) -> Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("sluice-{}", case.namespace));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// helm keeps a login in its home, which is a new one each run: it is given with the push.
fn push(helm: &Helm, packed: &str, url: &str) -> Result<()> {
    let login = ["--username", USER, "--password", PASSWORD, "--plain-http"];
    let mut args = vec!["push", packed, url];
    args.extend(login);
    helm.run(&args).map(drop)
}

//! Indexes of Helm repositories, served by a real HTTP server and written by the real helm.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::flux::Flux;
use sluice_e2e::object::{
    condition, failed_for, failed_with, helm_chart, helm_repository, is_current, secret,
};
use sluice_testbed::{ChartServer, Helm};

/// A chart `web` of a version.
pub(crate) fn web(version: &str) -> String {
    format!("apiVersion: v2\nname: web\nversion: {version}\n")
}

/// A server with versions of the chart `web`.
pub(crate) fn serve(helm: &Helm, login: Option<(&str, &str)>, versions: &[&str]) -> Result<ChartServer> {
    let server = ChartServer::start(helm, login)?;
    for version in versions {
        let chart = web(version);
        let template =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {color: {{ .Values.color }}}\n";
        server.package(&[
            ("Chart.yaml", &chart),
            ("values.yaml", "color: blue\nsize: 1\n"),
            ("values-prod.yaml", "color: green\n"),
            ("templates/web.yaml", template),
        ])?;
    }
    server.index(None)?;
    Ok(server)
}

#[tokio::test]
async fn an_index_is_published_as_json_under_its_digest() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-repo").await?;
    let server = serve(&helm, None, &["1.0.0", "1.1.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let source = case
        .until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    let artifact = &source["status"]["artifact"];
    let revision = artifact["revision"].as_str().unwrap_or_default();
    let hex = revision.strip_prefix("sha256:").unwrap_or_default();
    let folder = format!("helmrepository/{}/charts", case.namespace);
    assert_eq!(artifact["path"], format!("{folder}/index-{hex}.yaml"));
    assert_eq!(
        source["status"]["url"],
        format!("{}/{folder}/index.yaml", case.sluice.storage_url())
    );
    let stored = condition(&source, "ArtifactInStorage").unwrap();
    assert_eq!(
        stored["message"],
        format!("stored artifact: revision '{revision}'")
    );
    for address in [&artifact["url"], &source["status"]["url"]] {
        let served = reqwest::get(address.as_str().unwrap())
            .await?
            .error_for_status()?;
        let index: Value = serde_json::from_slice(&served.bytes().await?)?;
        let versions = index["entries"]["web"].as_array().unwrap();
        assert_eq!(
            (versions[0]["version"].as_str(), versions[1]["version"].as_str()),
            (Some("1.1.0"), Some("1.0.0"))
        );
    }
    let told = format!("from '{}'", server.url());
    case.until_told("an event of the new index", |event| {
        event["reason"] == "NewArtifact"
            && event["message"]
                .as_str()
                .is_some_and(|text| text.ends_with(&told))
    })
    .await?;

    let again = case.reconcile("HelmRepository", "charts").await?;
    assert_eq!(again["status"]["artifact"], *artifact, "nothing is new");
    server.package(&[("Chart.yaml", &web("2.0.0"))])?;
    server.index(None)?;
    let newer = case.reconcile("HelmRepository", "charts").await?;
    assert_ne!(newer["status"]["artifact"]["revision"], artifact["revision"]);

    case.delete("HelmRepository", "charts").await?;
    case.until_gone("HelmRepository", "charts").await?;
    let gone = reqwest::get(artifact["url"].as_str().unwrap()).await?;
    assert_eq!(gone.status().as_u16(), 404, "the artifact went with the object");
    Ok(())
}

/// H3: a broken index, one that is too long and one with too many versions fail their own object; the last good index stays.
#[tokio::test]
async fn h3_a_bad_index_keeps_the_last_good_one() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-bad-index").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let good = case
        .until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    let mut many = String::from("apiVersion: v1\nentries:\n  web:\n");
    for patch in 0..500_001 {
        writeln!(many, "  - {{name: web, version: 1.0.{patch}}}")?;
    }
    for (index, wanted) in [
        ("<html>not found</html>".to_owned(), "index is malformed"),
        ("entries: {}\n".to_owned(), "no API version specified"),
        (
            "a: b: c".to_owned(),
            "mapping values are not allowed in this context",
        ),
        (many, "index has more than 500000 chart versions"),
    ] {
        server.put("index.yaml", index)?;
        case.request("HelmRepository", "charts").await?;
        let failed = case
            .until("HelmRepository", "charts", wanted, |object| {
                failed_with(object, "IndexationFailed", wanted)
            })
            .await?;
        assert_eq!(failed["status"]["artifact"], good["status"]["artifact"]);
        assert_eq!(condition(&failed, "ArtifactInStorage").unwrap()["status"], "True");
    }
    server.put("index.yaml", vec![b' '; (50 << 20) + 1])?;
    case.request("HelmRepository", "charts").await?;
    case.until("HelmRepository", "charts", "is too long", |object| {
        failed_with(object, "Failed", "larger than 52428800 bytes")
    })
    .await?;
    server.index(None)?;
    let again = case.reconcile("HelmRepository", "charts").await?;
    assert!(is_current(&again), "{again}");
    Ok(())
}

/// H3: what a large repository really has fits into the sandbox, and a chart of it is found.
#[tokio::test]
async fn h3_a_large_index_is_read_within_the_limits() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-large").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    let mut index = String::from("apiVersion: v1\nentries:\n");
    for chart in 0..300 {
        writeln!(index, "  app-{chart}:")?;
        for patch in 0..200 {
            write!(
                index,
                "  - apiVersion: v2\n    appVersion: 1.{patch}.0\n    created: \"2026-01-01T00:00:00.123456789Z\"\n    \
                 description: {}\n    digest: {}\n    keywords:\n    - one\n    - two\n    name: app-{chart}\n    \
                 urls:\n    - https://charts.example/app-{chart}-1.0.{patch}.tgz\n    version: 1.0.{patch}\n",
                "words ".repeat(66),
                "ab".repeat(32),
            )?;
        }
    }
    index.push_str("  web:\n  - {name: web, version: 1.0.0, urls: [web-1.0.0.tgz]}\n");
    let size = index.len();
    assert!((38 << 20..50 << 20).contains(&size), "{size}");
    server.put("index.yaml", index)?;
    let started = std::time::Instant::now();
    case.apply(helm_repository("charts", &server.url())).await?;
    case.until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    let read = started.elapsed();
    case.apply(helm_chart("web", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "web", "is ready", is_current).await?;
    println!(
        "{size} bytes: index in {read:?}, chart in {:?}",
        started.elapsed() - read
    );
    Ok(())
}

/// H8 (CVE-2021-32690): credentials of a repository go to its own server only, for its index and its charts.
#[tokio::test]
async fn h8_credentials_stay_on_the_repositorys_server() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-auth").await?;
    let own = serve(&helm, Some(("ann", "hunter22")), &["1.0.0"])?;
    let other = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &own.url())).await?;
    case.until("HelmRepository", "charts", "is refused", |object| {
        failed_with(object, "Failed", "status 401")
    })
    .await?;

    case.apply(secret("login", &[("username", "ann"), ("password", "hunter22")]))
        .await?;
    let mut repository = helm_repository("charts", &own.url());
    repository["spec"]["secretRef"] = json!({"name": "login"});
    case.apply(repository.clone()).await?;
    case.until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    case.apply(helm_chart("web", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "web", "is ready", is_current).await?;
    assert!(
        own.take_asked()
            .iter()
            .any(|(path, login)| path.ends_with(".tgz") && login.is_some())
    );

    own.package(&[("Chart.yaml", &web("1.1.0"))])?;
    own.index(Some(&other.url()))?;
    other.package(&[("Chart.yaml", &web("1.1.0"))])?;
    case.request("HelmRepository", "charts").await?;
    let is_new = |object: &Value| object["status"]["artifact"]["revision"] == "1.1.0" && is_current(object);
    case.until("HelmChart", "web", "has the new version", is_new)
        .await?;
    let asked = other.take_asked();
    assert!(
        !asked.is_empty() && asked.iter().all(|(_, login)| login.is_none()),
        "{asked:?}"
    );

    repository["spec"]["passCredentials"] = json!(true);
    case.apply(repository).await?;
    case.until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    case.merge("HelmChart", "web", json!({"spec": {"version": "1.x"}}))
        .await?;
    case.until("HelmChart", "web", "is ready", is_current).await?;
    let asked = other.take_asked();
    assert!(asked.iter().any(|(_, login)| login.is_some()), "{asked:?}");
    assert!(
        !case.logs_contain("hunter22") && !case.logs_contain("YW5uOmh1bnRlcjIy"),
        "L2: no log has the password"
    );
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_fetched_is_told_by_its_reason() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-errors").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("registry", "oci://127.0.0.1:1/charts"))
        .await?;
    let stalled = case
        .until("HelmRepository", "registry", "is stalled", |object| {
            failed_for(object, "URLInvalid")
        })
        .await?;
    assert_eq!(condition(&stalled, "Stalled").unwrap()["status"], "True");
    let mut no_secret = helm_repository("no-secret", &server.url());
    no_secret["spec"]["secretRef"] = json!({"name": "none"});
    case.apply(no_secret).await?;
    case.until("HelmRepository", "no-secret", "misses its Secret", |object| {
        failed_for(object, "AuthenticationFailed")
    })
    .await?;
    case.apply(secret("half", &[("username", "ann")])).await?;
    let mut half = helm_repository("half", &server.url());
    half["spec"]["secretRef"] = json!({"name": "half"});
    case.apply(half).await?;
    case.until("HelmRepository", "half", "has half a login", |object| {
        failed_for(object, "AuthenticationFailed")
    })
    .await?;
    Ok(())
}

/// A repository of type oci has nothing to reconcile: what an earlier type left on it is taken back.
#[tokio::test]
async fn a_registry_is_a_static_object() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-static").await?;
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    let before = case
        .until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    case.merge(
        "HelmRepository",
        "charts",
        json!({"spec": {"type": "oci", "url": "oci://127.0.0.1:1/charts"}}),
    )
    .await?;
    let is_bare = |object: &Value| {
        object["status"]["conditions"].is_null()
            && object["status"]["artifact"].is_null()
            && object["metadata"]["finalizers"]
                .as_array()
                .is_none_or(Vec::is_empty)
    };
    case.until("HelmRepository", "charts", "is bare", is_bare).await?;
    let gone = reqwest::get(before["status"]["artifact"]["url"].as_str().unwrap()).await?;
    assert_eq!(gone.status().as_u16(), 404);
    case.merge(
        "HelmRepository",
        "charts",
        json!({"spec": {"type": "default", "url": server.url()}}),
    )
    .await?;
    case.until("HelmRepository", "charts", "is ready", is_current)
        .await?;
    Ok(())
}

#[tokio::test]
async fn the_flux_cli_shows_and_reconciles_repositories_and_charts() -> Result<()> {
    let helm = Helm::find()?;
    let case = Case::start("helm-flux").await?;
    let Some(flux) = Flux::find(&case.namespace).await? else {
        return Ok(());
    };
    let server = serve(&helm, None, &["1.0.0"])?;
    case.apply(helm_repository("charts", &server.url())).await?;
    case.apply(helm_chart("web", "web", ("HelmRepository", "charts")))
        .await?;
    case.until("HelmChart", "web", "is ready", is_current).await?;
    let table = flux.run(&["get", "sources", "helm"]).await?;
    assert!(
        table
            .lines()
            .any(|line| line.contains("charts") && line.contains("sha256:") && line.contains("True")),
        "{table}"
    );
    let table = flux.run(&["get", "sources", "chart"]).await?;
    let row = table
        .lines()
        .find(|line| line.contains("web"))
        .unwrap_or_default();
    assert!(
        row.contains("1.0.0") && row.contains("pulled 'web' chart with version '1.0.0'"),
        "{table}"
    );

    server.package(&[("Chart.yaml", &web("1.1.0"))])?;
    server.index(None)?;
    let told = flux.run(&["reconcile", "source", "helm", "charts"]).await?;
    assert!(told.contains("fetched revision sha256:"), "{told}");
    let told = flux
        .run(&["reconcile", "source", "chart", "web", "--with-source"])
        .await?;
    assert!(told.contains("fetched revision 1.1.0"), "{told}");
    flux.run(&["suspend", "source", "helm", "charts"]).await?;
    flux.run(&["resume", "source", "helm", "charts"]).await?;
    flux.run(&["suspend", "source", "chart", "web"]).await?;
    flux.run(&["resume", "source", "chart", "web"]).await?;
    Ok(())
}

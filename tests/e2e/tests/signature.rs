//! Signed charts in a real registry: what cosign signed is taken, and nothing else ever becomes an artifact.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use sluice_e2e::Case;
use sluice_e2e::object::{condition, failed_for, helm_chart, is_current, message, object, secret};
use sluice_testbed::oci_layout;
use sluice_testbed::registry::Registry;

use crate::helm_chart::{file, served};

const REPOSITORY: &str = "charts/web";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn layout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/signed-charts")
}

fn key(name: &str) -> Result<String> {
    Ok(std::fs::read_to_string(layout().join(format!("{name}.pub")))?)
}

/// A case with the registry, and a chart of which only signed versions are wanted.
struct Bed {
    case: Case,
    registry: Registry,
}

impl Bed {
    async fn start(name: &str, version: &str) -> Result<Self> {
        let case = Case::start(name).await?;
        let registry = Registry::start().await?;
        oci_layout::push(&registry, REPOSITORY, &layout()).await?;
        let spec = json!({"type": "oci", "insecure": true, "interval": "1h", "url": registry.url("charts")});
        case.apply(object("HelmRepository", "charts", spec)).await?;
        let keys = [
            ("b.pub", key("trusted")?),
            ("password", "none of these".to_owned()),
        ];
        let keys: Vec<(&str, &str)> = keys.iter().map(|(name, key)| (*name, key.as_str())).collect();
        case.apply(secret("trusted", &keys)).await?;
        let mut chart = helm_chart("web", "web", ("HelmRepository", "charts"));
        chart["spec"]["version"] = json!(version);
        chart["spec"]["verify"] = json!({"provider": "cosign", "secretRef": {"name": "trusted"}});
        case.apply(chart).await?;
        Ok(Self { case, registry })
    }

    async fn wants(&self, spec: Value) -> Result<()> {
        self.case
            .merge("HelmChart", "web", json!({"spec": spec}))
            .await
            .map(drop)
    }

    /// Exchanges the keys and has them looked at. (An entry that an apply leaves out would stay.)
    async fn trusts(&self, keys: &[(&str, &str)]) -> Result<()> {
        self.case.delete("Secret", "trusted").await?;
        self.case.apply(secret("trusted", keys)).await?;
        self.case.reconcile("HelmChart", "web").await.map(drop)
    }

    /// Waits until the version is stored as verified.
    async fn takes(&self, version: &str) -> Result<Value> {
        let told = format!("verified signature of version {version}");
        let is_taken = |it: &Value| {
            it["status"]["artifact"]["revision"] == version
                && is_current(it)
                && condition(it, "SourceVerified").is_some_and(|it| it["message"] == told.as_str())
        };
        let what = format!("has {version} with its signature");
        self.case.until("HelmChart", "web", &what, is_taken).await
    }

    /// Waits until the version is refused for its signature; what was stored before stays.
    async fn refuses(&self, version: &str, problem: &str) -> Result<Value> {
        let is_refused = |it: &Value| {
            let verified = condition(it, "SourceVerified");
            verified.is_some_and(|it| it["status"] == "False" && it["reason"] == "VerificationError")
                && message(it).contains(&format!("{REPOSITORY}:{version}"))
                && message(it).contains(problem)
        };
        let what = format!("refuses {version}");
        let refused = self.case.until("HelmChart", "web", &what, is_refused).await?;
        let ready = condition(&refused, "Ready").context("Ready")?;
        assert_eq!(
            (&ready["status"], &ready["reason"]),
            (&json!("False"), &json!("VerificationError"))
        );
        let built = condition(&refused, "BuildFailed").context("BuildFailed")?;
        assert_eq!(built["reason"], "ChartVerificationError");
        assert!(message(&refused).starts_with("chart verification error: failed to verify oci://"));
        Ok(refused)
    }
}

/// O8: no signature, one of another key, one of another artifact, another statement: closed, and the last good state stays.
#[tokio::test]
async fn o8_only_what_a_trusted_key_signed_becomes_an_artifact() -> Result<()> {
    let bed = Bed::start("signed-chart", "1.2.0").await?;
    let refused = bed
        .refuses("1.2.0", "no signatures were found for sha256:")
        .await?;
    assert!(refused["status"].get("artifact").is_none(), "{refused}");

    bed.wants(json!({"version": "1.0.0"})).await?;
    let taken = bed.takes("1.0.0").await?;
    let packed = served(&taken).await?;
    assert!(file(&packed, "web/Chart.yaml")?.is_some_and(|it| it.contains("version: 1.0.0")));
    bed.wants(json!({"version": "1.1.0"})).await?;
    bed.takes("1.1.0").await?;

    for (version, problem) in [
        ("1.3.0", "of 1 found, none of the keys made it"),
        ("1.4.0", "it is an attestation and no signature"),
        ("1.2.0", "no signatures were found"),
    ] {
        bed.wants(json!({"version": version})).await?;
        let refused = bed.refuses(version, problem).await?;
        assert_eq!(refused["status"]["artifact"]["revision"], "1.1.0", "stays");
        let text = refused.to_string();
        assert!(
            !text.contains("BEGIN PUBLIC KEY") && !text.contains("none of these"),
            "{text}"
        );
    }
    bed.case
        .until_told("the refusal", |event| {
            event["reason"] == "ChartVerificationError" && event["type"] == "Warning"
        })
        .await?;
    // whoever may write there copies a good signature to another artifact
    let signed = manifest(&bed.registry, "1.0.0").await?;
    let unsigned = manifest(&bed.registry, "1.2.0").await?;
    let copied = manifest(&bed.registry, &signature_tag(&signed.0)).await?;
    let tag = signature_tag(&unsigned.0);
    oci_layout::put_manifest(&bed.registry, REPOSITORY, &tag, MANIFEST, copied.1).await?;
    bed.case.reconcile("HelmChart", "web").await?;
    bed.refuses("1.2.0", "of 1 found, it is for another artifact")
        .await?;

    bed.wants(json!({"verify": null})).await?;
    let open = bed
        .case
        .until("HelmChart", "web", "takes what is unsigned", |it| {
            it["status"]["artifact"]["revision"] == "1.2.0" && is_current(it)
        })
        .await?;
    assert!(condition(&open, "SourceVerified").is_none() && condition(&open, "BuildFailed").is_none());
    Ok(())
}

/// A version that is stored is verified again in every pass: with other keys, it is not ready any more.
#[tokio::test]
async fn keys_are_what_counts_now_and_one_of_them_is_enough() -> Result<()> {
    let bed = Bed::start("signature-keys", "1.1.0").await?;
    let taken = bed.takes("1.1.0").await?;
    let (trusted, other) = (key("trusted")?, key("other")?);
    bed.trusts(&[("a.pub", &other)]).await?;
    let refused = bed.refuses("1.1.0", "none of the keys made it").await?;
    assert_eq!(refused["status"]["artifact"], taken["status"]["artifact"]);
    bed.trusts(&[("a.pub", &other), ("b.pub", &trusted)]).await?;
    let again = bed.takes("1.1.0").await?;
    assert_eq!(
        again["status"]["artifact"], taken["status"]["artifact"],
        "nothing is stored again"
    );

    for (keys, problem) in [
        (
            vec![("a.txt", trusted.as_str())],
            "no public keys found in secret",
        ),
        (
            vec![("a.pub", "ssh-ed25519 AAAA"), ("b.pub", &trusted)],
            "a.pub of secret 'e2e-signature-keys/trusted' is no public key: it holds no PEM block",
        ),
    ] {
        bed.trusts(&keys).await?;
        let unusable = bed
            .case
            .until("HelmChart", "web", problem, |it| message(it).contains(problem))
            .await?;
        assert!(
            message(&unusable).starts_with("failed to verify the signature using provider 'cosign': "),
            "{}",
            message(&unusable)
        );
        assert_eq!(unusable["status"]["artifact"], taken["status"]["artifact"]);
    }
    Ok(())
}

/// What is stored is what was signed: a version that is stored already is fetched again when its tag leads to something
/// else that is signed now.
#[tokio::test]
async fn o6_a_stored_version_gives_way_to_the_one_that_is_signed() -> Result<()> {
    let bed = Bed::start("signature-again", "1.3.0").await?;
    bed.refuses("1.3.0", "none of the keys made it").await?;
    bed.trusts(&[("a.pub", &key("other")?)]).await?;
    let first = bed.takes("1.3.0").await?;
    let verified = |it: &Value| it["status"]["artifact"]["metadata"]["sluice.dev/verified-digest"].clone();
    let signed = manifest(&bed.registry, "1.3.0").await?;
    assert_eq!(verified(&first), signed.0.as_str());
    assert_eq!(file(&served(&first).await?, "web/values.yaml")?, None);

    let again = manifest(&bed.registry, "1.3.0-again").await?;
    oci_layout::put_manifest(&bed.registry, REPOSITORY, "1.3.0", MANIFEST, again.1).await?;
    bed.case.reconcile("HelmChart", "web").await?;
    let refused = bed.refuses("1.3.0", "none of the keys made it").await?;
    assert_eq!(refused["status"]["artifact"], first["status"]["artifact"]);
    bed.trusts(&[("a.pub", &key("trusted")?)]).await?;
    let second = bed.takes("1.3.0").await?;
    assert_eq!(verified(&second), again.0.as_str());
    let packed = served(&second).await?;
    assert_eq!(
        file(&packed, "web/values.yaml")?.as_deref(),
        Some("again: true\n")
    );
    Ok(())
}

/// The template of a HelmRelease hands `verify` on: what is not signed is never installed.
#[tokio::test]
async fn a_release_installs_only_what_is_signed() -> Result<()> {
    let bed = Bed::start("signature-release", "1.0.0").await?;
    let chart = |version: &str| {
        json!({"chart": {"spec": {"chart": "web", "version": version, "interval": "1h",
            "sourceRef": {"kind": "HelmRepository", "name": "charts"},
            "verify": {"provider": "cosign", "secretRef": {"name": "trusted"}}}}})
    };
    let mut spec = chart("1.2.0");
    spec["interval"] = json!("1h");
    bed.case.apply(object("HelmRelease", "app", spec)).await?;
    let name = format!("{}-app", bed.case.namespace);
    bed.case
        .until("HelmChart", &name, "is refused", |it| {
            message(it).contains("no signatures were found for sha256:")
        })
        .await?;
    let waiting = bed
        .case
        .until("HelmRelease", "app", "has no chart", |it| {
            message(it).contains(&name)
        })
        .await?;
    assert!(waiting["status"].get("history").is_none(), "{waiting}");
    assert!(!bed.case.exists("ConfigMap", "web").await?);
    bed.case
        .merge("HelmRelease", "app", json!({"spec": chart("1.1.0")}))
        .await?;
    bed.case
        .until("HelmRelease", "app", "is installed", |it| {
            is_current(it) && it["status"]["history"][0]["chartVersion"] == "1.1.0"
        })
        .await?;
    assert!(bed.case.exists("ConfigMap", "web").await?);
    Ok(())
}

/// A signature says nothing of a tag: a chart that is signed is not taken for another version.
#[tokio::test]
async fn a_signed_chart_is_not_taken_for_another_version() -> Result<()> {
    let bed = Bed::start("signature-tag", ">=1.0.0 <1.2.0").await?;
    bed.takes("1.1.0").await?;
    let old = manifest(&bed.registry, "1.0.0").await?;
    oci_layout::put_manifest(&bed.registry, REPOSITORY, "9.9.9", MANIFEST, old.1).await?;
    bed.wants(json!({"version": "*"})).await?;
    let problem = "what stands there as 'web' version '9.9.9' is chart 'web' version '1.0.0'";
    let refused = bed
        .case
        .until("HelmChart", "web", "refuses the tag", |it| {
            message(it).contains(problem)
        })
        .await?;
    let failed = condition(&refused, "FetchFailed").context("FetchFailed")?;
    assert_eq!(failed["reason"], "ChartPullError");
    assert_eq!(refused["status"]["artifact"]["revision"], "1.1.0");
    let verified = condition(&refused, "SourceVerified").context("SourceVerified")?;
    assert_eq!(verified["message"], "verified signature of version 1.1.0");
    Ok(())
}

/// Ways of signing that are not served stall by name.
#[tokio::test]
async fn other_ways_of_signing_are_refused_by_name() -> Result<()> {
    let bed = Bed::start("signature-ways", "1.1.0").await?;
    bed.takes("1.1.0").await?;
    for (verify, problem) in [
        (
            json!({"provider": "cosign", "secretRef": null}),
            "provider 'cosign keyless'",
        ),
        (
            json!({"provider": "notation", "secretRef": {"name": "trusted"}}),
            "provider 'notation'",
        ),
    ] {
        bed.wants(json!({"verify": verify})).await?;
        let stalled = bed
            .case
            .until("HelmChart", "web", problem, |it| message(it).contains(problem))
            .await?;
        assert_eq!(
            condition(&stalled, "Stalled").context("Stalled")?["status"],
            "True"
        );
        assert_eq!(stalled["status"]["artifact"]["revision"], "1.1.0");
    }
    // what fails next is told by its own reason
    bed.case.delete("HelmRepository", "charts").await?;
    bed.wants(json!({"verify": null})).await?;
    let lost = bed
        .case
        .until("HelmChart", "web", "has lost its source", |it| {
            failed_for(it, "SourceUnavailable")
        })
        .await?;
    assert!(condition(&lost, "SourceVerified").is_none(), "{lost}");
    Ok(())
}

fn signature_tag(digest: &str) -> String {
    format!("{}.sig", digest.replace(':', "-"))
}

/// Digest and bytes of a manifest.
async fn manifest(registry: &Registry, tag: &str) -> Result<(String, Vec<u8>)> {
    let url = format!("http://{}/v2/{REPOSITORY}/manifests/{tag}", registry.host());
    let request = reqwest::Client::new().get(url).header("Accept", MANIFEST);
    let answer = request.send().await?.error_for_status()?;
    let digest = answer
        .headers()
        .get("Docker-Content-Digest")
        .context("no digest")?;
    let digest = digest.to_str()?.to_owned();
    Ok((digest, answer.bytes().await?.to_vec()))
}

//! A Plugin from a real OCI registry: pulled, pinned by digest, granted, used; the last good one stays.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use sluice_e2e::Case;
use sluice_e2e::object::{condition, config_map, failed_for, is_current, is_ready, message, object};
use sluice_testbed::{Change, Receiver, Registry, programs};

fn sluice(args: &[&str]) -> Result<String> {
    let output = Command::new(programs::sluice()?).args(args).output()?;
    if !output.status.success() {
        bail!(
            "sluice {}: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Compiles the guest of these tests.
async fn build_guest() -> Result<std::path::PathBuf> {
    tokio::task::spawn_blocking(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest");
        let target = programs::cache_folder()?.join("guests");
        let options = sluice_build::Options {
            target_dir: Some(target),
            ..Default::default()
        };
        Ok(sluice_build::build(&manifest, &options)
            .context("build the guest")?
            .path)
    })
    .await?
}

/// What the guest is pushed as.
const REFERENCE: &str = "plugins/notify-shout:1.0.0";

/// Compiles the guest and pushes it; gives its file and what the command printed.
async fn push_guest(registry: &Registry) -> Result<(std::path::PathBuf, String)> {
    let file = build_guest().await?;
    let (path, reference) = (file.to_string_lossy(), registry.url(REFERENCE));
    let pushed = sluice(&["plugin", "push", &path, &reference, "--insecure"])?;
    Ok((file, pushed))
}

fn plugin(name: &str, registry: &Registry, tag: &str) -> serde_json::Value {
    let spec = json!({
        "oci": {"url": registry.url("plugins/notify-shout"), "tag": tag, "insecure": true},
        "grants": {"interfaces": ["http"]},
        "interval": "1h",
    });
    object("Plugin", name, spec)
}

#[tokio::test]
async fn a_notifier_from_a_registry_delivers_and_outlives_the_registry() -> Result<()> {
    let mut case = Case::start("plugin").await?;
    let registry = Registry::start().await?;
    let (_, pushed) = push_guest(&registry).await?;
    assert!(pushed.contains("sha256:"), "{pushed}");

    case.cluster
        .apply(&plugin("e2e-shout", &registry, "1.0.0"))
        .await?;
    let installed = case.until("Plugin", "e2e-shout", "is ready", is_current).await?;
    let digest = installed["status"]["digest"].as_str().unwrap();
    assert!(digest.starts_with("sha256:"), "{installed}");
    assert_eq!(installed["status"]["types"], json!(["shout"]));
    assert!(
        installed["status"]["worlds"]
            .to_string()
            .contains("notifier-plugin"),
        "{installed}"
    );

    let receiver = Receiver::start()?;
    case.apply(object(
        "Provider",
        "hook",
        json!({"type": "shout", "address": receiver.url("hook")}),
    ))
    .await?;
    let rule = json!({"providerRef": {"name": "hook"}, "eventSeverity": "info",
        "eventSources": [{"kind": "Kustomization", "name": "*"}]});
    case.apply(object("Alert", "hook", rule)).await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let wanted = format!("CONFIGMAP/{}/SETTINGS CREATED", case.namespace.to_uppercase());
    receiver
        .wait_for(Duration::from_secs(30), |it| {
            it.body.as_ref() == wanted.as_bytes()
        })
        .await?;

    // the registry goes away and a tag that does not exist is asked for: the last good one stays in use
    case.merge("Plugin", "e2e-shout", json!({"spec": {"oci": {"tag": "2.0.0"}}}))
        .await?;
    let failed = case
        .until("Plugin", "e2e-shout", "cannot be pulled", |it| {
            is_ready(it, "False")
        })
        .await?;
    assert_eq!(failed["status"]["digest"], digest);
    assert!(message(&failed).contains("2.0.0"), "{}", message(&failed));
    drop(registry);
    // another event: an equal one within five minutes is not sent again
    let green = Change::text("app/settings.yaml", config_map("settings", "color", "green"));
    let commit = repository.commit("main", "green", &[green])?;
    case.roll_out("app", &commit).await?;
    let wanted = format!("CONFIGMAP/{}/SETTINGS CONFIGURED", case.namespace.to_uppercase());
    receiver
        .wait_for(Duration::from_secs(30), |it| {
            it.body.as_ref() == wanted.as_bytes()
        })
        .await?;

    // and so it does after a start without the registry
    assert!(case.sluice.terminate()?.success());
    case.sluice.restart().await?;
    let red = Change::text("app/settings.yaml", config_map("other", "color", "red"));
    let commit = repository.commit("main", "another", &[red])?;
    case.roll_out("app", &commit).await?;
    let wanted = format!("CONFIGMAP/{}/OTHER CREATED", case.namespace.to_uppercase());
    let delivered = receiver.wait_for(Duration::from_secs(30), |it| {
        it.body.starts_with(wanted.as_bytes())
    });
    delivered.await?;
    case.cluster
        .delete("sluice.dev/v1alpha1", "Plugin", "", "e2e-shout")
        .await
}

#[tokio::test]
async fn without_the_grant_a_plugin_is_refused_by_the_name_of_the_import() -> Result<()> {
    let case = Case::start("plugin-grant").await?;
    let registry = Registry::start().await?;
    push_guest(&registry).await?;
    let mut refused = plugin("e2e-no-grant", &registry, "1.0.0");
    refused["spec"]["grants"] = json!({"interfaces": []});
    case.cluster.apply(&refused).await?;
    let failed = case
        .until("Plugin", "e2e-no-grant", "is refused", |it| is_ready(it, "False"))
        .await?;
    assert!(message(&failed).contains("http"), "{}", message(&failed));
    assert!(condition(&failed, "Ready").unwrap()["reason"].is_string());
    case.cluster
        .delete("sluice.dev/v1alpha1", "Plugin", "", "e2e-no-grant")
        .await
}

/// G7: what runs never has more powers than the object grants now.
#[tokio::test]
async fn a_grant_that_is_taken_away_stops_the_plugin() -> Result<()> {
    let case = Case::start("plugin-revoke").await?;
    let registry = Registry::start().await?;
    push_guest(&registry).await?;
    let mut wanted = plugin("e2e-revoked", &registry, "1.0.0");
    wanted["spec"]["oci"] =
        json!({"url": registry.url("plugins/notify-shout"), "semver": ">=1.0.0", "insecure": true});
    case.cluster.apply(&wanted).await?;
    let installed = case
        .until("Plugin", "e2e-revoked", "is ready", is_current)
        .await?;
    assert_eq!(installed["status"]["resolvedTag"], "1.0.0", "{installed}");
    case.merge(
        "Plugin",
        "e2e-revoked",
        json!({"spec": {"grants": {"interfaces": []}}}),
    )
    .await?;
    let stopped = case
        .until("Plugin", "e2e-revoked", "is stopped", |it| {
            failed_for(it, "PluginImportDenied") && it["status"]["digest"].is_null()
        })
        .await?;
    assert!(
        message(&stopped).contains("sluice:plugin/http"),
        "{}",
        message(&stopped)
    );
    case.cluster
        .delete("sluice.dev/v1alpha1", "Plugin", "", "e2e-revoked")
        .await
}

#[tokio::test]
async fn push_pull_and_inspect_keep_the_bytes() -> Result<()> {
    let registry = Registry::start().await?;
    let (file, _) = push_guest(&registry).await?;
    let reference = registry.url(REFERENCE);
    let folder = sluice_testbed::process::temp_folder("pull")?;
    let copy = folder.path().join("copy.wasm");
    sluice(&[
        "plugin",
        "pull",
        &reference,
        "--insecure",
        "-o",
        &copy.to_string_lossy(),
    ])?;
    assert_eq!(std::fs::read(&file)?, std::fs::read(&copy)?);
    let told = sluice(&["plugin", "inspect", &copy.to_string_lossy()])?;
    assert!(told.contains("notify-shout") && told.contains("shout"), "{told}");
    // the manifest is the CNCF wasm artifact's, so that other tools read it
    let url = format!(
        "http://{}/v2/plugins/notify-shout/manifests/1.0.0",
        registry.host()
    );
    let manifest: serde_json::Value = serde_json::from_str(
        &reqwest::Client::new()
            .get(url)
            .header("Accept", "application/vnd.oci.image.manifest.v1+json")
            .send()
            .await?
            .text()
            .await?,
    )?;
    assert_eq!(
        manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json",
        "{manifest}"
    );
    assert_eq!(
        manifest["layers"][0]["mediaType"], "application/wasm",
        "{manifest}"
    );
    Ok(())
}

#[test]
fn the_builtin_plugins_are_listed_with_their_digests() -> Result<()> {
    let list: serde_json::Value = serde_json::from_str(&sluice(&["plugin", "list", "-o", "json"])?)?;
    let text = list.to_string();
    for name in ["source-git", "render-kustomize", "notify-generic"] {
        assert!(text.contains(name), "{text}");
    }
    assert!(text.contains("sha256:"), "{text}");
    Ok(())
}

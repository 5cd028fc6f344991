//! `sluice render kustomize` over a folder that may be a stranger's: what it prints, and what it refuses.

use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use sluice_e2e::command::{Printed, sluice};
use sluice_e2e::object::config_map;
use sluice_testbed::process::temp_folder;

fn write(folder: &Path, path: &str, text: &str) -> Result<()> {
    let full = folder.join(path);
    std::fs::create_dir_all(full.parent().context("a path in the folder")?)?;
    Ok(std::fs::write(full, text)?)
}

/// It needs no cluster.
async fn render(folder: &Path, path: &str, more: &[&str]) -> Result<Printed> {
    let folder = folder.join(path);
    let args = [&["render", "kustomize", folder.to_str().context("UTF-8")?], more].concat();
    sluice(Path::new("/nonexistent"), &args).await
}

#[tokio::test]
async fn an_overlay_is_printed_as_kustomize_prints_it() -> Result<()> {
    let folder = temp_folder("render")?;
    let folder = folder.path();
    write(folder, "base/kustomization.yaml", "resources: [settings.yaml]\n")?;
    write(
        folder,
        "base/settings.yaml",
        &config_map("settings", "color", "blue"),
    )?;
    write(
        folder,
        "prod/kustomization.yaml",
        "resources: [../base]\nnamePrefix: prod-\n",
    )?;
    let printed = render(folder, "prod", &[]).await?;
    assert_eq!(printed.code, Some(0), "{}", printed.err);
    assert_eq!(
        printed.out,
        "apiVersion: v1\ndata:\n  color: blue\nkind: ConfigMap\nmetadata:\n  name: prod-settings\n"
    );
    Ok(())
}

#[tokio::test]
async fn a_build_that_fails_exits_with_1_and_names_file_and_line() -> Result<()> {
    let folder = temp_folder("render-bad")?;
    let folder = folder.path();
    write(folder, "app/kustomization.yaml", "resources: [a.yaml]\n")?;
    let broken = format!("{}---\nkind: A\n  metadata: x\n", config_map("a", "b", "c"));
    write(folder, "app/a.yaml", &broken)?;
    let printed = render(folder, "app", &[]).await?;
    assert_eq!(printed.code, Some(1), "{}", printed.err);
    assert!(printed.out.is_empty(), "{}", printed.out);
    assert!(
        printed.err.contains("a.yaml") && printed.err.contains("line 9"),
        "{}",
        printed.err
    );
    Ok(())
}

/// R1, CVE-2022-24877: neither a path nor a link of a file or a folder brings in what is outside.
#[tokio::test]
async fn r1_nothing_outside_of_the_folder_is_read() -> Result<()> {
    const CANARY: &str = "canary-outside-of-the-folder";
    let folder = temp_folder("render-outside")?;
    let folder = folder.path();
    write(folder, "outside/secret", CANARY)?;
    std::fs::create_dir_all(folder.join("app"))?;
    symlink("../outside/secret", folder.join("app/file"))?;
    symlink("../outside", folder.join("app/folder"))?;
    for path in ["../outside/secret", "file", "folder/secret"] {
        let generator = format!("configMapGenerator:\n- name: a\n  files: [{path}]\n");
        write(folder, "app/kustomization.yaml", &generator)?;
        let printed = render(folder, "app", &[]).await?;
        assert_eq!(printed.code, Some(1), "{path}: {}", printed.out);
        assert!(
            printed.err.contains("security") && !printed.err.contains(CANARY),
            "{path}: {}",
            printed.err
        );
    }
    let open = render(folder, "app", &["--load-restrictor", "LoadRestrictionsNone"]).await?;
    assert!(open.code == Some(0) && open.out.contains(CANARY), "{}", open.err);
    Ok(())
}

/// R3, R4: what would reach out or run code is refused by name.
#[tokio::test]
async fn r3_r4_remote_bases_and_functions_are_refused() -> Result<()> {
    let folder = temp_folder("render-remote")?;
    let folder = folder.path();
    let url = "https://example.com/org/repository//base?ref=v1";
    write(
        folder,
        "app/kustomization.yaml",
        &format!("resources: [\"{url}\"]\n"),
    )?;
    let remote = render(folder, "app", &[]).await?;
    assert!(
        remote.code == Some(1) && remote.err.contains(url),
        "{}",
        remote.err
    );
    let function = "apiVersion: example.com/v1\nkind: Exec\nmetadata:\n  name: a\n  annotations:\n    \
        config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n";
    write(folder, "app/kustomization.yaml", "transformers: [exec.yaml]\n")?;
    write(folder, "app/exec.yaml", function)?;
    let exec = render(folder, "app", &["--enable-alpha-plugins", "--enable-exec"]).await?;
    assert!(exec.code == Some(1) && exec.err.contains("Exec"), "{}", exec.err);
    Ok(())
}

//! `sluice render kustomize` over a folder that may be a stranger's: what it prints, and what it refuses.

use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};
use sluice_e2e::command::{Printed, sluice};
use sluice_e2e::object::config_map;
use sluice_testbed::process::temp_folder;
use sluice_testbed::{Change, ChartServer, GitHttpServer, Helm, programs};

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
    let remote = render(folder, "app", &["--no-remote-bases"]).await?;
    assert!(
        remote.code == Some(1) && remote.err.contains(url) && remote.err.contains("not allowed"),
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

/// What kustomize itself clones and downloads is fetched by the host: the output is kustomize's.
#[tokio::test]
async fn remote_bases_and_files_are_fetched_as_kustomize_does() -> Result<()> {
    let server = GitHttpServer::start().await?;
    let repository = server.create("bases")?;
    let settings = config_map("settings", "color", "blue");
    let files = [
        Change::text(
            "deep/base/kustomization.yaml",
            "resources: [../shared, own.yaml]\n",
        ),
        Change::text("deep/base/own.yaml", config_map("own", "size", "big")),
        Change::text("deep/shared/kustomization.yaml", "resources: [settings.yaml]\n"),
        Change::text("deep/shared/settings.yaml", settings),
    ];
    let commit = repository.commit("main", "bases", &files)?;
    repository.tag("v1", &commit)?;
    let url = server.url(&repository);
    let folder = temp_folder("render-bases")?;
    let folder = folder.path();
    for reference in ["?ref=v1", "?ref=main", "", &format!("?ref={commit}")] {
        let text = format!(
            "namePrefix: x-\nresources: [\"{url}//deep/base{reference}\"]\nbuildMetadata: [originAnnotations]\n"
        );
        write(folder, "app/kustomization.yaml", &text)?;
        let ours = render(folder, "app", &[]).await?;
        assert_eq!(ours.code, Some(0), "{reference}: {}", ours.err);
        assert!(
            ours.out.contains("name: x-settings") && ours.out.contains("name: x-own"),
            "{}",
            ours.out
        );
        assert_eq!(ours.out, kustomize(&folder.join("app"), &[])?, "{reference}");
    }
    let missing = format!("resources: [\"{url}//deep/base?ref=none\"]\n");
    write(folder, "app/kustomization.yaml", &missing)?;
    let missing = render(folder, "app", &[]).await?;
    assert!(
        missing.code == Some(1) && missing.err.contains(&url) && missing.err.contains("none"),
        "{}",
        missing.err
    );
    Ok(())
}

/// A chart beside the kustomization is rendered in the sandbox: the output is that of kustomize with the real helm.
#[tokio::test]
async fn helm_charts_are_rendered_as_kustomize_renders_them_with_helm() -> Result<()> {
    let folder = temp_folder("render-chart")?;
    let folder = folder.path();
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-web\n  namespace: {{ .Release.Namespace }}\n\
        data:\n  size: {{ .Values.size | quote }}\n  list: {{ .Values.list | toJson | quote }}\n  deep: {{ .Values.deep | toJson | quote }}\n\
        {{- if .Capabilities.APIVersions.Has \"x/v1\" }}\n  x: \"yes\"\n{{- end }}\n";
    write(
        folder,
        "app/charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    )?;
    write(
        folder,
        "app/charts/web/values.yaml",
        "size: small\nlist: [1, 2]\ndeep: {a: 1, b: {c: 2}}\n",
    )?;
    write(folder, "app/charts/web/templates/a.yaml", template)?;
    write(
        folder,
        "app/charts/web/templates/hook.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: hook\n  annotations: {helm.sh/hook: pre-install}\n",
    )?;
    write(
        folder,
        "app/charts/web/crds/a.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.x}\n",
    )?;
    write(folder, "app/more.yaml", "size: huge\n")?;
    for fields in [
        "releaseName: r",
        "releaseName: r, namespace: own, includeCRDs: true, skipHooks: true",
        "releaseName: r, valuesInline: {deep: {b: {d: 3}}, list: [x]}",
        "releaseName: r, valuesMerge: merge, valuesInline: {deep: {b: {c: 9, d: 3}}, list: [x]}",
        "releaseName: r, valuesMerge: replace, valuesInline: {size: 7}, apiVersions: [x/v1]",
        "releaseName: r, additionalValuesFiles: [more.yaml], kubeVersion: 1.30.0",
    ] {
        let text = format!("namespace: other\nnamePrefix: p-\nhelmCharts: [{{name: web, {fields}}}]\n");
        write(folder, "app/kustomization.yaml", &text)?;
        let ours = render(folder, "app", &["--enable-helm"]).await?;
        assert_eq!(ours.code, Some(0), "{fields}: {}", ours.err);
        assert!(ours.out.contains("name: p-r-web"), "{fields}: {}", ours.out);
        let theirs = kustomize(&folder.join("app"), &["--enable-helm"])?;
        assert_eq!(ours.out, theirs, "{fields}");
    }
    let off = render(folder, "app", &[]).await?;
    assert!(
        off.code == Some(1) && off.err.contains("must specify --enable-helm"),
        "{}",
        off.err
    );
    Ok(())
}

/// What the real kustomize prints.
fn kustomize(folder: &Path, args: &[&str]) -> Result<String> {
    let output = std::process::Command::new(programs::find("kustomize")?)
        .arg("build")
        .arg(folder)
        .args(args)
        .arg("--helm-command")
        .arg(programs::find("helm")?)
        .output()?;
    anyhow::ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// A chart of a repository is fetched by its index, in the sandbox, and rendered as one beside the kustomization.
#[tokio::test]
async fn charts_of_repositories_are_fetched_as_kustomize_does() -> Result<()> {
    let helm = Helm::find()?;
    let server = ChartServer::start(&helm, None)?;
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-web\ndata:\n  version: {{ .Chart.Version }}\n  size: {{ .Values.size }}\n";
    for version in ["1.0.0", "1.2.0", "2.0.0-rc.1"] {
        let chart = format!("apiVersion: v2\nname: web\nversion: {version}\n");
        server.package(&[
            ("Chart.yaml", &chart),
            ("values.yaml", "size: small\n"),
            ("templates/a.yaml", template),
        ])?;
    }
    server.index(None)?;
    let url = server.url();
    for fields in [
        "version: 1.0.0",
        "version: 1.2.0, valuesInline: {size: big}",
        "version: 2.0.0-rc.1",
        "releaseName: s",
    ] {
        // kustomize leaves what it pulled in the folder, and finds it there the next time
        let folder = temp_folder("render-pulled")?;
        let folder = folder.path();
        let text = format!("helmCharts: [{{name: web, repo: \"{url}\", releaseName: r, {fields}}}]\n");
        let text = text.replace("releaseName: r, releaseName: s", "releaseName: s");
        write(folder, "app/kustomization.yaml", &text)?;
        let ours = render(folder, "app", &["--enable-helm"]).await?;
        assert_eq!(ours.code, Some(0), "{fields}: {}", ours.err);
        let theirs = kustomize(&folder.join("app"), &["--enable-helm"])?;
        assert_eq!(ours.out, theirs, "{fields}");
    }
    let folder = temp_folder("render-none")?;
    let folder = folder.path();
    let text = format!("helmCharts: [{{name: none, repo: \"{url}\", releaseName: r}}]\n");
    write(folder, "app/kustomization.yaml", &text)?;
    let missing = render(folder, "app", &["--enable-helm"]).await?;
    assert!(
        missing.code == Some(1) && missing.err.contains("none") && missing.err.contains(&url),
        "{}",
        missing.err
    );
    let refused = render(folder, "app", &["--enable-helm", "--no-remote-bases"]).await?;
    assert!(refused.err.contains("not allowed"), "{}", refused.err);
    Ok(())
}

/// R13: the same input gives the same bytes, whatever the locale, the time zone, the folder and the order in which files were
/// written.
#[tokio::test]
async fn r13_the_same_input_gives_the_same_bytes() -> Result<()> {
    let names: Vec<String> = (0..40).map(|index| format!("settings-{index}")).collect();
    let list: Vec<String> = names.iter().map(|name| format!("{name}.yaml")).collect();
    let mut printed = Vec::new();
    for (order, zone, locale) in [
        (false, "UTC", "C"),
        (true, "Asia/Tokyo", "tr_TR.UTF-8"),
        (true, "America/St_Johns", "de_DE"),
    ] {
        let folder = temp_folder("render-again")?;
        let mut names = names.clone();
        if order {
            names.reverse();
        }
        for name in &names {
            let object = config_map(name, "Title", "\u{130}stanbul 1.5 2001-12-14");
            write(folder.path(), &format!("{name}.yaml"), &object)?;
        }
        let generated = "configMapGenerator: [{name: more, files: [settings-1.yaml, settings-2.yaml], literals: [i=I]}]\n";
        let kustomization = format!(
            "resources: [{}]\n{generated}commonLabels: {{b: x, a: z}}\n",
            list.join(", ")
        );
        write(folder.path(), "kustomization.yaml", &kustomization)?;
        let mut command = std::process::Command::new(programs::sluice()?);
        command
            .args(["render", "kustomize", "."])
            .current_dir(folder.path());
        command.env("TZ", zone).env("LC_ALL", locale).env("LANG", locale);
        let output = command.output()?;
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        printed.push(output.stdout);
    }
    assert!(printed[0].len() > 4_000 && printed.iter().all(|other| *other == printed[0]));
    Ok(())
}

//! What a source publishes, and that it is served as Flux's consumers expect it.

use std::collections::BTreeMap;
use std::io::Read as _;

use anyhow::Result;
use sha2::{Digest as _, Sha256};
use sluice_e2e::Case;
use sluice_e2e::object::{condition, git_repository, is_current};
use sluice_testbed::Change;

fn unpack(data: &[u8]) -> Result<BTreeMap<String, (u32, String)>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(flate2::read::GzDecoder::new(data)).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        if entry.header().entry_type().is_file() {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            files.insert(path, (entry.header().mode()?, text));
        } else {
            assert!(
                entry.header().entry_type().is_dir(),
                "{path} is neither file nor folder"
            );
        }
    }
    Ok(files)
}

#[tokio::test]
async fn the_tarball_holds_the_filtered_files_with_its_digest() -> Result<()> {
    let case = Case::start("artifact").await?;
    let repository = case.simple_repository("app")?;
    let commit = repository.commit(
        "main",
        "files of all sorts",
        &[
            Change::WriteExecutable("bin/run.sh".into(), b"#!/bin/sh\n".to_vec()),
            Change::Link("link".into(), "bin/run.sh".into()),
            Change::text("docs/secret.txt", "not for the artifact\n"),
            Change::text("docs/kept.txt", "for the artifact\n"),
            Change::text(".sourceignore", "/docs/*\n!/docs/kept.txt\n"),
            Change::text(".gitignore", "target\n"),
        ],
    )?;
    case.apply(git_repository("app", &case.git.url(&repository)))
        .await?;
    let source = case.until("GitRepository", "app", "is ready", is_current).await?;

    let artifact = &source["status"]["artifact"];
    assert_eq!(artifact["revision"], format!("main@sha1:{commit}"));
    let path = format!("gitrepository/{}/app/{commit}.tar.gz", case.namespace);
    assert_eq!(artifact["path"], path);
    assert_eq!(artifact["url"], format!("{}/{path}", case.sluice.storage_url()));
    let stored = condition(&source, "ArtifactInStorage").unwrap();
    assert_eq!(
        (&stored["status"], &stored["reason"]),
        (&"True".into(), &"Succeeded".into())
    );
    assert_eq!(
        stored["message"],
        format!("stored artifact for revision 'main@sha1:{commit}'")
    );

    let data = reqwest::get(artifact["url"].as_str().unwrap())
        .await?
        .error_for_status()?
        .bytes()
        .await?;
    assert_eq!(
        artifact["digest"],
        format!("sha256:{}", hex::encode(Sha256::digest(&data)))
    );
    assert_eq!(artifact["size"], data.len());
    let files = unpack(&data)?;
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let wanted = [
        ".sourceignore",
        "app/kustomization.yaml",
        "app/settings.yaml",
        "bin/run.sh",
        "docs/kept.txt",
    ];
    assert_eq!(names, wanted);
    assert_eq!(files["bin/run.sh"], (0o700, "#!/bin/sh\n".to_owned()));
    assert_eq!(files["docs/kept.txt"].0, 0o600);
    Ok(())
}

#[tokio::test]
async fn a_restart_serves_the_artifact_without_fetching_again() -> Result<()> {
    let mut case = Case::start("restart").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    let before = case.get("GitRepository", "app").await?;
    let packs = case.git.packs();

    assert!(case.sluice.terminate()?.success());
    case.sluice.restart().await?;
    let source = case.reconcile("GitRepository", "app").await?;
    case.reconcile("Kustomization", "app").await?;
    assert_eq!(case.git.packs(), packs, "fetched again after a restart");
    assert_eq!(
        source["status"]["artifact"]["digest"],
        before["status"]["artifact"]["digest"]
    );
    let url = source["status"]["artifact"]["url"].as_str().unwrap();
    assert!(reqwest::get(url).await?.status().is_success());
    Ok(())
}

#[tokio::test]
async fn a_lost_artifact_is_made_again() -> Result<()> {
    let mut case = Case::start("lost-artifact").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    case.sluice.kill();
    std::fs::remove_dir_all(case.sluice.storage())?;
    case.sluice.restart().await?;
    case.reconcile("GitRepository", "app").await?;
    let source = case.until("GitRepository", "app", "is ready", is_current).await?;
    let url = source["status"]["artifact"]["url"].as_str().unwrap();
    assert!(reqwest::get(url).await?.status().is_success());
    case.reconcile("Kustomization", "app").await?;
    case.until("Kustomization", "app", "is ready", is_current).await?;
    Ok(())
}

#[tokio::test]
async fn the_artifact_server_stays_inside_its_folder() -> Result<()> {
    let case = Case::start("artifact-server").await?;
    let repository = case.simple_repository("app")?;
    case.deploy("app", &repository).await?;
    for path in [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/gitrepository/..%2f..%2f..%2fetc/passwd",
        "//etc/passwd",
    ] {
        let address = case.sluice.storage_url().replace("http://", "");
        let answer = raw_get(&address, path).await?;
        assert!(!answer.contains("root:"), "{path} gave {answer}");
        assert!(!answer.starts_with("HTTP/1.1 200"), "{path} gave {answer}");
    }
    Ok(())
}

/// A GET whose path no client tidies up.
async fn raw_get(address: &str, path: &str) -> Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

//! P11: the cache of compiled code is used when it is right, and only then.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice_sandbox::{Embedded, Grants, Sandbox, SandboxConfig};

use crate::guests::{SHORT, bytes, call, request};

fn open(cache: &Path) -> Sandbox {
    Sandbox::new(SandboxConfig {
        cache_path: Some(cache.to_owned()),
        ..SandboxConfig::default()
    })
    .expect("starts")
}

/// Loads a guest in a new sandbox, as after a restart: how many compiles, hits and rejections it took.
async fn start(cache: &Path, guest: &str) -> (u64, u64, u64) {
    let sandbox = open(cache);
    let plugin = sandbox.load(bytes(guest), Grants::none()).await.expect("loads");
    let mode = plugin.render(&call(SHORT), request("{}")).await;
    assert!(mode.is_ok(), "{mode:?}");
    let metrics = sandbox.metrics();
    (metrics.compiled, metrics.cache_hits, metrics.cache_rejected)
}

fn entries(cache: &Path, extension: &str) -> Vec<PathBuf> {
    let folders = fs::read_dir(cache)
        .expect("a folder")
        .flatten()
        .map(|folder| folder.path());
    let files = folders.flat_map(|folder| {
        fs::read_dir(folder)
            .expect("a folder")
            .flatten()
            .map(|file| file.path())
    });
    files
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect()
}

#[tokio::test]
async fn a_restart_compiles_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = dir.path().join("plugins");
    assert_eq!(start(&cache, "render-echo").await, (1, 0, 0));
    assert_eq!(start(&cache, "render-echo").await, (0, 1, 0));
    assert_eq!(
        fs::metadata(&cache).expect("a folder").permissions().mode() & 0o777,
        0o700
    );
    for file in entries(&cache, "cwasm") {
        assert_eq!(
            fs::metadata(file).expect("a file").permissions().mode() & 0o777,
            0o600
        );
    }
}

#[tokio::test]
async fn p11_a_tampered_entry_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    start(dir.path(), "render-echo").await;
    let code = entries(dir.path(), "cwasm").remove(0);
    let right = fs::read(&code).expect("code");
    let mut wrong = right.clone();
    let middle = wrong.len() / 2;
    wrong[middle] ^= 1;
    for tampered in [&wrong[..], &right[..right.len() - 1], b"", b"\x7fELF"] {
        fs::write(&code, tampered).expect("writes");
        assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
        assert_eq!(
            start(dir.path(), "render-echo").await,
            (0, 1, 0),
            "the entry was made good"
        );
    }
    let sum = entries(dir.path(), "sum").remove(0);
    fs::remove_file(&sum).expect("removes");
    assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
}

/// P11: a start that trusts the stamp of the file still notices a change that keeps its size and its time of modification.
#[tokio::test]
async fn p11_a_change_that_hides_from_size_and_mtime_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    start(dir.path(), "render-echo").await;
    let (code, sum) = (
        entries(dir.path(), "cwasm").remove(0),
        entries(dir.path(), "sum").remove(0),
    );
    let noted = || fs::read_to_string(&sum).expect("a checksum").lines().count();
    assert_eq!(noted(), 1, "the stamp of a file that just changed says nothing");
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(start(dir.path(), "render-echo").await, (0, 1, 0));
    assert_eq!(noted(), 2);
    assert_eq!(start(dir.path(), "render-echo").await, (0, 1, 0));

    let modified = fs::metadata(&code).expect("code").modified().expect("a time");
    let mut bytes = fs::read(&code).expect("code");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let mut file = fs::OpenOptions::new().write(true).open(&code).expect("opens");
    file.write_all(&bytes).expect("writes");
    file.set_modified(modified).expect("sets the time");
    drop(file);
    assert_eq!(fs::metadata(&code).expect("code").modified().ok(), Some(modified));
    assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
}

/// P11, C12: right code under the name of another component is foreign, checksum and all.
#[tokio::test]
async fn p11_a_foreign_entry_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    start(dir.path(), "unsteady").await;
    let (code, sum) = (
        entries(dir.path(), "cwasm").remove(0),
        entries(dir.path(), "sum").remove(0),
    );
    let digest = sluice_model::Digest::of(&bytes("render-echo")).hex();
    fs::rename(&code, code.with_file_name(format!("{digest}.cwasm"))).expect("renames");
    fs::rename(&sum, sum.with_file_name(format!("{digest}.sum"))).expect("renames");
    assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
}

#[tokio::test]
async fn p11_a_link_or_a_file_others_may_write_is_compiled_again() {
    let dir = tempfile::tempdir().expect("a folder");
    start(dir.path(), "render-echo").await;
    let code = entries(dir.path(), "cwasm").remove(0);
    fs::set_permissions(&code, fs::Permissions::from_mode(0o666)).expect("changes");
    assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
    let elsewhere = dir.path().join("elsewhere");
    fs::rename(&code, &elsewhere).expect("renames");
    std::os::unix::fs::symlink(&elsewhere, &code).expect("links");
    assert_eq!(start(dir.path(), "render-echo").await, (1, 0, 1));
}

#[tokio::test]
async fn an_open_folder_is_closed_and_an_impossible_one_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("changes");
    open(dir.path());
    assert_eq!(
        fs::metadata(dir.path()).expect("a folder").permissions().mode() & 0o777,
        0o700
    );
    let file = dir.path().join("file");
    fs::write(&file, "").expect("writes");
    let config = SandboxConfig {
        cache_path: Some(file.join("below")),
        ..SandboxConfig::default()
    };
    let error = Sandbox::new(config).map(|_| ()).expect_err("a file is no folder");
    assert!(error.to_string().contains("file/below"), "{error}");
}

/// C4, C5: the folder keeps to its size.
#[tokio::test]
async fn old_entries_make_room() {
    let dir = tempfile::tempdir().expect("a folder");
    let limited = |bytes| SandboxConfig {
        cache_path: Some(dir.path().to_owned()),
        cache_bytes: bytes,
        ..SandboxConfig::default()
    };
    Sandbox::new(limited(1 << 30))
        .expect("starts")
        .load(bytes("unsteady"), Grants::none())
        .await
        .expect("loads");
    let size = fs::metadata(entries(dir.path(), "cwasm").remove(0))
        .expect("a file")
        .len();
    let small = Sandbox::new(limited(size + size / 2)).expect("starts");
    small
        .load(bytes("render-echo"), Grants::none())
        .await
        .expect("loads");
    assert_eq!(entries(dir.path(), "cwasm").len(), 1);
}

/// Loads an embedded guest in a new sandbox: its description, and how often it was asked for it.
async fn described(cache: &Path, guest: &str) -> (String, u64) {
    let sandbox = open(cache);
    let embedded = Embedded::new(guest, bytes(guest));
    let plugin = sandbox
        .load_embedded(embedded, Grants::all())
        .await
        .expect("loads");
    let calls = sandbox.metrics().calls;
    let asked = calls.iter().filter(|(key, _)| key.function == "describe");
    (
        plugin.description().name.clone(),
        asked.map(|(_, row)| row.count).sum(),
    )
}

/// What the program itself brings is looked at once: later processes know what it says, unless the record is damaged or
/// another component's.
#[tokio::test]
async fn an_embedded_component_is_asked_once_what_it_is() {
    let dir = tempfile::tempdir().expect("a folder");
    let cache = dir.path().join("plugins");
    assert_eq!(described(&cache, "render-echo").await, ("render-echo".into(), 1));
    assert_eq!(described(&cache, "render-echo").await, ("render-echo".into(), 0));
    let record = entries(&cache, "about").remove(0);
    let text = fs::read_to_string(&record).expect("a record");
    fs::write(&record, text.replace("render-echo", "render-evil")).expect("written");
    assert_eq!(described(&cache, "render-echo").await, ("render-echo".into(), 1));
    assert_eq!(described(&cache, "notify-echo").await, ("notify-echo".into(), 1));
    let records = entries(&cache, "about");
    let (this, other) = (&records[0], &records[1]);
    fs::copy(this, other).expect("copied");
    let names = [
        described(&cache, "render-echo").await.0,
        described(&cache, "notify-echo").await.0,
    ];
    assert_eq!(names, ["render-echo", "notify-echo"]);
}

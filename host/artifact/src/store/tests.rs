//! The store against a real folder: what is put is found again, and what was changed is found out.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sluice_model::tree::{BlobSource, TreeRead};

use super::*;
use crate::archive::tests::tree;

fn store(path: &Path) -> Arc<ArtifactStore> {
    ArtifactStore::open(StoreConfig::new(path, "sluice.flux-system.svc.cluster.local.")).expect("opens")
}

fn owner() -> Owner {
    Owner::new("GitRepository", "flux-system", "podinfo").expect("plain names")
}

fn put(store: &ArtifactStore, stem: &str, tree: &Tree) -> Result<Artifact, StoreError> {
    let metadata = IndexMap::new();
    let revision = format!("main@sha1:{stem}");
    store.put(
        &owner(),
        &Content {
            revision: &revision,
            stem,
            tree,
            metadata: &metadata,
        },
    )
}

fn mutate(path: &Path) {
    let mut bytes = std::fs::read(path).expect("reads");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(path, bytes).expect("writes");
}

#[test]
fn an_artifact_has_the_fields_of_flux() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = store(folder.path());
    let artifact = put(&store, "0a1b", &tree(&[("a.yaml", b"a: 1", false)])).expect("stores");
    assert_eq!(artifact.path, "gitrepository/flux-system/podinfo/0a1b.tar.gz");
    assert_eq!(
        artifact.url,
        format!("http://sluice.flux-system.svc.cluster.local./{}", artifact.path)
    );
    assert_eq!(artifact.revision, "main@sha1:0a1b");
    let bytes = std::fs::read(folder.path().join(&artifact.path)).expect("is on disk");
    assert_eq!(
        (artifact.size, artifact.digest),
        (bytes.len() as u64, Digest::of(&bytes))
    );
    artifact
        .last_update_time
        .parse::<jiff::Timestamp>()
        .expect("is RFC 3339");
    assert_eq!(artifact.last_update_time.len(), "2026-01-02T03:04:05Z".len());

    let mut moved = artifact.clone();
    let other = StoreConfig::new(folder.path(), "https://elsewhere.example/x/");
    ArtifactStore::open(other).expect("opens").rewrite_url(&mut moved);
    assert_eq!(
        moved.url,
        format!("https://elsewhere.example/x/{}", artifact.path)
    );
}

#[test]
fn a_tree_opens_after_a_restart_with_the_same_ids() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let tree = tree(&[
        ("app/kustomization.yaml", b"resources: []", false),
        ("run", b"#!", true),
    ]);
    let artifact = put(&store(folder.path()), "0a", &tree).expect("stores");
    let again = store(folder.path());
    let opened = again.open_tree(&artifact, None).expect("opens");
    assert_eq!(opened.root_id(), tree.root_id());
    assert_eq!(
        opened.read("app/kustomization.yaml").expect("reads"),
        "resources: []"
    );
    again.verify(&artifact).expect("is intact");
    // an open tree goes on reading when its artifact is collected
    again.remove(&owner()).expect("removes");
    assert_eq!(opened.read("run").expect("reads"), "#!");
    assert!(again.verify(&artifact).expect_err("is gone").is_lost());
}

#[test]
fn git_blobs_are_read_in_place_and_keep_their_ids() {
    struct Odb;
    impl BlobSource for Odb {
        fn read(&self, _: &BlobKey) -> Result<Bytes, String> {
            Ok(Bytes::from_static(b"hello\n"))
        }
    }
    let oid = hex::decode("ce013625030ba8dba906f756967f9e9ca394464a").expect("hex");
    let mut builder = sluice_model::tree::TreeBuilder::default();
    let key = BlobKey::Git(oid.as_slice().into());
    let file = sluice_model::tree::File::new(key, 6, false, Arc::new(Odb));
    builder
        .add("hello", sluice_model::tree::Node::File(file))
        .expect("free");
    let tree = builder.build();
    let folder = tempfile::tempdir().expect("temporary folder");
    let artifact = put(&store(folder.path()), "0a", &tree).expect("stores");
    for git in [None, Some(Arc::new(Odb) as Arc<dyn BlobSource>)] {
        let opened = store(folder.path()).open_tree(&artifact, git).expect("opens");
        assert_eq!(opened.root_id(), tree.root_id());
        assert_eq!(opened.read("hello").expect("reads"), "hello\n");
    }
}

/// A11, A14: a mutated, cut, replaced or missing file is found by its digest and can be made again.
#[test]
fn a_changed_artifact_is_detected_and_made_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let tree = tree(&[("a.yaml", &[b'x'; 5000], false)]);
    let artifact = put(&store(folder.path()), "0a", &tree).expect("stores");
    let path = folder.path().join(&artifact.path);
    mutate(&path);
    let store = store(folder.path());
    for error in [
        store.verify(&artifact).expect_err("was mutated"),
        store
            .open_tree(&artifact, None)
            .map(drop)
            .expect_err("was mutated"),
    ] {
        assert!(matches!(error, StoreError::DigestMismatch { .. }), "{error}");
        assert!(error.is_lost());
        assert_eq!(error.reason(), "ReadOperationFailed");
    }
    let again = put(&store, "0a", &tree).expect("stores again");
    assert_eq!(again.digest, artifact.digest);
    store.verify(&again).expect("is whole again");
}

/// A14: the shortcut of `verify` does not hide a change, not even one that keeps size and modification time.
#[test]
fn verify_reads_again_what_may_have_changed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = store(folder.path());
    let artifact = put(&store, "0a", &tree(&[("a", &[1; 4000], false)])).expect("stores");
    let path = folder.path().join(&artifact.path);
    let modified = std::fs::metadata(&path)
        .and_then(|meta| meta.modified())
        .expect("has a time");
    std::thread::sleep(Duration::from_millis(2100));
    store.verify(&artifact).expect("is intact");
    store.verify(&artifact).expect("is intact by its stamp");
    mutate(&path);
    let file = std::fs::File::options().write(true).open(&path).expect("opens");
    file.set_modified(modified).expect("sets the time back");
    drop(file);
    assert!(matches!(
        store.verify(&artifact),
        Err(StoreError::DigestMismatch { .. })
    ));
}

/// C12: a poisoned index cannot make another tree of the archive; the archive itself answers then.
#[test]
fn a_poisoned_index_is_not_believed() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let tree = tree(&[("a", b"good", false), ("b", b"evil", false)]);
    let artifact = put(&store(folder.path()), "0a", &tree).expect("stores");
    let index = folder
        .path()
        .join(".index")
        .join(format!("{}.json", artifact.path));
    let text = std::fs::read_to_string(&index).expect("reads");
    let (good, evil) = (Digest::of(b"good").to_string(), Digest::of(b"evil").to_string());
    assert!(text.contains(&good), "{text}");
    for poisoned in [
        text.replace(&good, &evil),
        "{".into(),
        text.replace("\"a\"", "\"../a\""),
    ] {
        std::fs::write(&index, poisoned).expect("writes");
        let opened = store(folder.path())
            .open_tree(&artifact, None)
            .expect("unpacks instead");
        assert_eq!(opened.read("a").expect("reads"), "good");
    }
    std::fs::remove_file(&index).expect("removes");
    let opened = store(folder.path())
        .open_tree(&artifact, None)
        .expect("unpacks instead");
    assert_eq!(opened.root_id(), tree.root_id());
}

/// C4: a disk that takes no more bytes. The limit is the kernel's, in a process of its own.
#[test]
fn a_full_disk_keeps_the_previous_artifact() {
    const CHILD: &str = "SLUICE_TEST_FULL_DISK";
    let old = tree(&[("a", b"old", false)]);
    let noise: Vec<u8> = (0..400_000u32)
        .flat_map(|at| Digest::of(&at.to_le_bytes()).as_bytes()[..1].to_vec())
        .collect();
    if let Some(path) = std::env::var_os(CHILD) {
        let error = put(&store(Path::new(&path)), "0a", &tree(&[("a", &noise, false)])).expect_err("is full");
        assert!(matches!(error, StoreError::Archive { .. }), "{error}");
        return;
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    let artifact = put(&store(folder.path()), "0a", &old).expect("stores");
    let limited = "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact --nocapture \"$1\"";
    let name = "store::tests::a_full_disk_keeps_the_previous_artifact";
    let child = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().expect("has a path"))
        .arg(name)
        .env(CHILD, folder.path())
        .output()
        .expect("runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
    let store = store(folder.path());
    store.verify(&artifact).expect("the previous artifact is intact");
    let opened = store.open_tree(&artifact, None).expect("opens");
    assert_eq!(opened.read("a").expect("reads"), "old");
    let left = std::fs::read_dir(folder.path().join("gitrepository/flux-system/podinfo"))
        .expect("lists")
        .count();
    assert_eq!(left, 1, "nothing half-written is left");
}

#[test]
fn garbage_goes_by_age_and_number_and_never_the_current_one() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = store(folder.path());
    let mut artifacts = Vec::new();
    for (at, stem) in ["00", "01", "02", "03"].into_iter().enumerate() {
        let artifact = put(&store, stem, &tree(&[("a", stem.as_bytes(), false)])).expect("stores");
        let file = std::fs::File::options()
            .write(true)
            .open(folder.path().join(&artifact.path))
            .expect("opens");
        let ages = [3600, 30, 20, 10];
        file.set_modified(SystemTime::now() - Duration::from_secs(ages[at]))
            .expect("sets the time");
        artifacts.push(artifact);
    }
    // 00 is current although it is the oldest; 01 has to go for the number of records, 02 too
    let gone = store
        .collect_garbage(&owner(), Some(&artifacts[0]))
        .expect("collects");
    assert_eq!(gone, ["01.tar.gz", "02.tar.gz"]);
    store.verify(&artifacts[0]).expect("is kept");
    store.verify(&artifacts[3]).expect("is kept");
    let gone = store
        .collect_garbage(&owner(), Some(&artifacts[3]))
        .expect("collects");
    assert_eq!(gone, ["00.tar.gz"], "it is older than the retention time");
    let indexes = folder.path().join(".index/gitrepository/flux-system/podinfo");
    assert_eq!(std::fs::read_dir(indexes).expect("lists").count(), 1);
    let nobody = Owner::new("Bucket", "a", "b").expect("plain names");
    assert!(
        store
            .collect_garbage(&nobody, None)
            .expect("nothing to do")
            .is_empty()
    );
}

/// A1, S9: a path in status that leaves the storage folder, or points at our own files, opens nothing.
#[test]
fn a_path_from_status_cannot_escape() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = store(folder.path());
    let artifact = put(&store, "0a", &tree(&[("a", b"1", false)])).expect("stores");
    for path in [
        "../../../etc/passwd",
        "/etc/passwd",
        ".index/gitrepository/flux-system/podinfo/0a.tar.gz.json",
    ] {
        let forged = Artifact {
            path: path.into(),
            ..artifact.clone()
        };
        assert!(
            matches!(store.verify(&forged), Err(StoreError::Name { .. })),
            "{path}"
        );
    }
    let link = folder
        .path()
        .join("gitrepository/flux-system/podinfo/link.tar.gz");
    std::os::unix::fs::symlink("/etc/passwd", link).expect("links");
    let forged = Artifact {
        path: "gitrepository/flux-system/podinfo/link.tar.gz".into(),
        ..artifact.clone()
    };
    assert!(matches!(store.verify(&forged), Err(StoreError::Read { .. })));
    let metadata = IndexMap::new();
    let nothing = tree(&[]);
    let content = Content {
        revision: "x",
        stem: "../x",
        tree: &nothing,
        metadata: &metadata,
    };
    assert!(matches!(
        store.put(&owner(), &content),
        Err(StoreError::Name { .. })
    ));
}

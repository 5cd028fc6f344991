//! The archive as other readers see it, and blobs read back out of it.

use std::io::{Read, Seek, Write};
use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use sluice_model::tree::{BlobKey, BlobSource, File, Node, Tree, TreeBuilder};

use super::*;

pub(crate) fn tree(files: &[(&str, &[u8], bool)]) -> Tree {
    let mut builder = TreeBuilder::default();
    for (path, bytes, executable) in files {
        let file = File::inline(Bytes::copy_from_slice(bytes), *executable);
        builder.add(path, Node::File(file)).expect("path is free");
    }
    builder.build()
}

fn archived(tree: &Tree) -> (Vec<u8>, ArchiveIndex) {
    let mut bytes = Vec::new();
    let (index, size) = write(tree, &mut bytes).expect("writes");
    assert_eq!(
        (size, index.archive),
        (bytes.len() as u64, sluice_model::Digest::of(&bytes))
    );
    (bytes, index)
}

fn stored(bytes: &[u8]) -> std::fs::File {
    let mut file = tempfile::tempfile().expect("temporary file");
    file.write_all(bytes).expect("writes");
    file.rewind().expect("rewinds");
    file
}

/// What an independent tar reader says of every entry: path, type, mode, owner, time, size.
fn listing(archive: &[u8]) -> Vec<(String, u8, u32, u64, u64, u64)> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    let entries = archive.entries().expect("is a tar archive");
    entries
        .map(|entry| {
            let entry = entry.expect("is an entry");
            let path = entry
                .path()
                .expect("has a path")
                .to_str()
                .expect("UTF-8")
                .to_owned();
            let header = entry.header();
            assert_eq!(
                header.uid().expect("has an owner"),
                header.gid().expect("has a group")
            );
            let number = |value: std::io::Result<u64>| value.expect("is a number");
            let (owner, time, size) = (number(header.uid()), number(header.mtime()), entry.size());
            (
                path,
                header.entry_type().as_byte(),
                header.mode().expect("has a mode"),
                owner,
                time,
                size,
            )
        })
        .collect()
}

#[test]
fn has_the_layout_of_flux() {
    let tree = tree(&[
        ("b/run.sh", b"#!", true),
        ("b/a.yaml", b"a: 1", false),
        ("a", b"", false),
    ]);
    let (archive, _) = archived(&tree);
    let want = [
        (".", b'5', 0o750, 0),
        ("a", b'0', 0o600, 0),
        ("b", b'5', 0o750, 0),
        ("b/a.yaml", b'0', 0o600, 4),
        ("b/run.sh", b'0', 0o700, 2),
    ];
    let want: Vec<_> = want
        .into_iter()
        .map(|(path, kind, mode, size)| (path.to_owned(), kind, mode, 0, 0, size))
        .collect();
    assert_eq!(listing(&archive), want);
    assert_eq!(tree_id(&archive), Some(tree.root_id()));
    assert_eq!(archived(&tree).0, archive, "equal trees give equal bytes");
}

#[test]
fn long_and_foreign_paths_survive() {
    let long = format!("{}/{}.yaml", "d".repeat(120), "f".repeat(180));
    let odd = format!("ü/{}", "é".repeat(120));
    let deep = vec!["deep-directory"; 40].join("/");
    let tree = tree(&[(&long, b"1", false), (&odd, b"2", false), (&deep, b"3", false)]);
    let (archive, _) = archived(&tree);
    let files: Vec<String> = listing(&archive)
        .into_iter()
        .filter(|entry| entry.1 == b'0')
        .map(|entry| entry.0)
        .collect();
    let mut want = vec![long, odd, deep];
    want.sort();
    assert_eq!(files, want);
    let back = crate::unpack(
        archive.as_slice(),
        &crate::Limits::default(),
        crate::Symlinks::Refuse,
    );
    assert_eq!(back.expect("we read what we write").root_id(), tree.root_id());
}

#[test]
fn a_blob_that_cannot_be_read_fails_the_archive() {
    struct Broken;
    impl BlobSource for Broken {
        fn read(&self, _: &BlobKey) -> Result<Bytes, String> {
            Err("odb is gone".into())
        }
    }
    let mut builder = TreeBuilder::default();
    let file = File::new(
        BlobKey::Git([7u8; 20].as_slice().into()),
        3,
        false,
        Arc::new(Broken),
    );
    builder.add("x/y", Node::File(file)).expect("free");
    let error = write(&builder.build(), &mut Vec::new()).expect_err("cannot be read");
    assert_eq!(error.to_string(), "failed to read \"x/y\": odb is gone");
}

/// A14 for single blobs: a mutated archive never gives other bytes than the key names.
#[test]
fn blobs_are_checked_against_their_keys() {
    let files: Vec<(String, Vec<u8>)> = (0..400u32)
        .map(|at| (format!("d{}/f{at}", at % 7), at.to_le_bytes().repeat(700)))
        .collect();
    let refs: Vec<_> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice(), false))
        .collect();
    let tree = tree(&refs);
    let (mut archive, index) = archived(&tree);
    assert!(
        index.points.len() > 3,
        "has several parts: {}",
        index.points.len()
    );
    let whole: Arc<dyn BlobSource> = Arc::new(ArchiveBlobs::new(&index, stored(&archive)));
    let opened = index.tree(&whole, &tree.root_id()).expect("is the same tree");
    for (path, bytes) in &files {
        assert_eq!(sluice_model::TreeRead::read(&opened, path).expect("reads"), bytes);
    }
    let middle = archive.len() / 2;
    archive[middle] ^= 0x55;
    let damaged = ArchiveBlobs::new(&index, stored(&archive));
    let mut failed = 0;
    for (path, file) in opened.walk() {
        match damaged.read(&file.blob) {
            Ok(bytes) => assert_eq!(bytes, whole.read(&file.blob).expect("reads"), "{path}"),
            Err(reason) => failed += usize::from(reason.contains("damaged") || reason.contains("digest")),
        }
    }
    assert!(failed > 0, "the damage was found");
    let cut = ArchiveBlobs::new(&index, stored(&archive[..middle]));
    assert!(
        opened
            .walk()
            .iter()
            .any(|(_, file)| cut.read(&file.blob).is_err())
    );
}

#[test]
fn falls_back_to_the_archive_when_the_object_database_is_gone() {
    struct Gone;
    impl BlobSource for Gone {
        fn read(&self, _: &BlobKey) -> Result<Bytes, String> {
            Err("no such object".into())
        }
    }
    struct One(Bytes);
    impl BlobSource for One {
        fn read(&self, _: &BlobKey) -> Result<Bytes, String> {
            Ok(self.0.clone())
        }
    }
    // git hash-object of "hello\n"
    let oid = hex::decode("ce013625030ba8dba906f756967f9e9ca394464a").expect("hex");
    let key = BlobKey::Git(oid.as_slice().into());
    let mut builder = TreeBuilder::default();
    let file = File::new(
        key.clone(),
        6,
        false,
        Arc::new(One(Bytes::from_static(b"hello\n"))),
    );
    builder.add("hello", Node::File(file)).expect("free");
    let (archive, index) = archived(&builder.build());
    let blobs = Arc::new(ArchiveBlobs::new(&index, stored(&archive)));
    let source = FallbackBlobs::new(Arc::new(Gone), blobs);
    assert_eq!(source.read(&key).expect("from the archive"), "hello\n");
    let unknown = source
        .read(&BlobKey::Git([0u8; 20].as_slice().into()))
        .expect_err("nowhere");
    assert_eq!(
        unknown,
        "no such object; from the archive: blob is not in the archive"
    );
}

#[test]
fn an_index_of_another_archive_or_tree_is_refused() {
    let one = tree(&[("a", b"1", false), ("b", b"2", false)]);
    let (archive, mut index) = archived(&one);
    let other = sluice_model::Digest::of(b"other");
    let text = serde_json::to_vec(&index).expect("serialises");
    assert!(ArchiveIndex::parse(&text, &index.archive).is_ok());
    assert!(matches!(
        ArchiveIndex::parse(&text, &other),
        Err(IndexError::OtherArchive(_))
    ));
    assert!(matches!(
        ArchiveIndex::parse(b"{}", &other),
        Err(IndexError::Parse(_))
    ));
    let source: Arc<dyn BlobSource> = Arc::new(ArchiveBlobs::new(&index, stored(&archive)));
    let second = index.files[1].blob.clone();
    index.files[0].blob = second;
    assert!(matches!(
        index.tree(&source, &one.root_id()),
        Err(IndexError::OtherTree(_))
    ));
    index.files[0].blob = "git:zz".into();
    assert!(matches!(
        index.tree(&source, &one.root_id()),
        Err(IndexError::Key(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the files, index and archive give back the tree that was written.
    #[test]
    fn round_trips(files in proptest::collection::btree_map("[a-z]{1,3}(/[a-z]{1,3}){0,3}\\.y", proptest::collection::vec(any::<u8>(), 0..3000), 0..40), executable in any::<bool>()) {
        let refs: Vec<_> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice(), executable)).collect();
        let tree = tree(&refs);
        let (archive, index) = archived(&tree);
        let source: Arc<dyn BlobSource> = Arc::new(ArchiveBlobs::new(&index, stored(&archive)));
        let opened = index.tree(&source, &tree.root_id()).expect("is the same tree");
        for (path, bytes) in &files {
            prop_assert_eq!(&sluice_model::TreeRead::read(&opened, path).expect("reads")[..], &bytes[..]);
        }
        let mut all = Vec::new();
        flate2::read::GzDecoder::new(archive.as_slice()).read_to_end(&mut all).expect("a valid member");
        prop_assert_eq!(all.len() as u64, index.end.tar);
        let back = crate::unpack(archive.as_slice(), &crate::Limits::default(), crate::Symlinks::Refuse).expect("unpacks");
        prop_assert_eq!(back.root_id(), tree.root_id());
    }
}

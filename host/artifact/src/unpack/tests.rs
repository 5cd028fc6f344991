//! Archives that break others: section A of the adversarial catalogue.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use sluice_model::TreeRead;

use super::*;

/// Writes entries as no well-behaved program would.
#[derive(Default)]
struct Forge(Vec<u8>);

impl Forge {
    fn raw(mut self, name: &[u8], kind: u8, size: u64, content: &[u8]) -> Self {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name);
        header.as_mut_bytes()[156] = kind;
        header.set_mode(0o4777);
        header.set_size(size);
        header.set_mtime(1 << 40);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.raw(name.as_bytes(), b'0', content.len() as u64, content.as_bytes())
    }

    fn pax(self, records: &[(&str, &str)]) -> Self {
        let text: String = records
            .iter()
            .map(|(key, value)| {
                let rest = format!(" {key}={value}\n");
                let length = (1..=5)
                    .map(|digits| rest.len() + digits)
                    .find(|length| length.to_string().len() + rest.len() == *length);
                format!("{}{rest}", length.expect("has a length"))
            })
            .collect();
        self.raw(b"pax", b'x', text.len() as u64, text.as_bytes())
    }

    fn tar(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 2 * BLOCK]);
        self.0
    }

    fn unpack(self) -> Result<Tree, UnpackError> {
        open(&gzip(&self.tar()))
    }
}

const BLOCK: usize = 512;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("compresses");
    encoder.finish().expect("compresses")
}

fn open(archive: &[u8]) -> Result<Tree, UnpackError> {
    unpack(archive, &Limits::default(), Symlinks::Refuse)
}

fn small() -> Limits {
    Limits {
        compressed: 1 << 20,
        bytes: 4 << 20,
        entries: 100,
        depth: 8,
        ratio: 512,
    }
}

#[test]
fn reads_what_ordinary_programs_write() {
    let tree = Forge::default()
        .raw(b"./", b'5', 0, b"")
        .raw(b"./a/", b'5', 0, b"")
        .file("./a/b.yaml", "a: 1")
        .pax(&[("mtime", "1.5"), ("path", "a/lang/ü.yaml"), ("size", "2")])
        .file("short", "ok")
        .raw(b"run", 0, 2, b"#!")
        .unpack()
        .expect("is an archive");
    let paths: Vec<String> = tree.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["a/b.yaml", "a/lang/ü.yaml", "run"]);
    assert_eq!(tree.read("a/lang/ü.yaml").expect("reads"), "ok");
    assert!(
        tree.stat("run").expect("is there").executable,
        "only the executable bit is taken from a mode"
    );
}

#[test]
fn a1_names_that_leave_the_root() {
    for name in ["../x", "/abs", "a/../../x", "a/../b", "C:\\x", "..\\x", "a/.."] {
        let refused = Forge::default().file(name, "x").unpack();
        assert!(
            matches!(refused, Err(UnpackError::Name { .. })),
            "{name}: {refused:?}"
        );
        let by_pax = Forge::default()
            .pax(&[("path", name)])
            .file("harmless", "x")
            .unpack();
        assert!(
            matches!(by_pax, Err(UnpackError::Name { .. })),
            "{name}: {by_pax:?}"
        );
    }
}

#[test]
fn a2_names_that_collide() {
    for (one, two) in [
        ("a", "a"),
        ("a", "./a"),
        ("README", "readme"),
        ("é", "e\u{301}"),
        ("a", "a/b"),
        ("a/b", "a"),
        ("A/x", "a/y"),
    ] {
        let refused = Forge::default().file(one, "1").file(two, "2").unpack();
        assert!(
            matches!(refused, Err(UnpackError::Duplicate { .. })),
            "{one} {two}: {refused:?}"
        );
    }
    let twice = Forge::default()
        .raw(b"a/", b'5', 0, b"")
        .raw(b"a", b'5', 0, b"")
        .file("a/x", "1")
        .unpack();
    assert!(twice.is_ok(), "a directory may come twice");
    assert!(
        Forge::default()
            .file("a", "1")
            .raw(b"a/", b'5', 0, b"")
            .unpack()
            .is_err()
    );
}

#[test]
fn a3_a5_a6_only_files_and_directories() {
    for (kind, what) in [
        (b'1', "hard link"),
        (b'2', "symbolic link"),
        (b'3', "device"),
        (b'4', "device"),
        (b'6', "pipe"),
        (b'7', "unknown"),
        (b'S', "sparse"),
        (b'Z', "unknown"),
    ] {
        let refused = Forge::default()
            .file("x", "1")
            .raw(b"y", kind, 0, b"")
            .unpack()
            .expect_err("is refused");
        assert!(refused.to_string().contains(what), "{refused}");
    }
    let archive = gzip(
        &Forge::default()
            .raw(b"y", b'2', 0, b"")
            .file("y/through", "1")
            .tar(),
    );
    let skipped = unpack(archive.as_slice(), &small(), Symlinks::Skip).expect("leaves links out");
    assert_eq!(skipped.read("y/through").expect("is a plain file"), "1");
}

#[test]
fn a7_bombs() {
    let limited =
        |tar: Vec<u8>, limits: Limits| match unpack(gzip(&tar).as_slice(), &limits, Symlinks::Refuse)
            .expect_err("is a bomb")
        {
            UnpackError::Limit(limit) => limit,
            other => panic!("{other}"),
        };
    let zeros = Forge::default().file("zeros", &"\0".repeat(8 << 20)).tar();
    assert_eq!(limited(zeros.clone(), small()), Limit::Bytes(4 << 20));
    let wide = Limits {
        bytes: 1 << 30,
        ..small()
    };
    let zeros = [zeros, vec![0; 32 << 20]].concat();
    assert_eq!(limited(zeros, wide), Limit::Ratio(512));
    let many = (0..200).fold(Forge::default(), |forge, at| forge.file(&format!("f{at}"), ""));
    assert_eq!(limited(many.tar(), small()), Limit::Entries(100));
    let deep = Forge::default()
        .pax(&[("path", &"d/".repeat(9))])
        .raw(b"x", b'5', 0, b"");
    assert_eq!(limited(deep.tar(), small()), Limit::Depth(8));
    let claims = Forge::default().raw(b"x", b'0', 0o7_7777_7777, b"").tar();
    assert!(
        open(&gzip(&claims)).is_err(),
        "a size that never comes allocates nothing"
    );
    let noise: Vec<u8> = (0..300_000u32)
        .flat_map(|at| sluice_model::Digest::of(&at.to_le_bytes()).as_bytes()[..5].to_vec())
        .collect();
    let big = Forge::default().raw(b"x", b'0', noise.len() as u64, &noise).tar();
    assert_eq!(limited(big, small()), Limit::Compressed(1 << 20));
}

#[test]
fn a8_truncated_trailing_and_joined() {
    let good = gzip(&Forge::default().file("a", "1").tar());
    assert!(open(&good).is_ok());
    for end in 0..good.len() {
        assert!(open(&good[..end]).is_err(), "cut at {end}");
    }
    let trailing = [good.as_slice(), b"x"].concat();
    assert!(matches!(open(&trailing), Err(UnpackError::TrailingData)));
    let joined = [good.as_slice(), good.as_slice()].concat();
    assert!(matches!(open(&joined), Err(UnpackError::TrailingData)));
    let mut behind = Forge::default().file("a", "1").tar();
    behind.extend_from_slice(&Forge::default().file("b", "2").0);
    assert!(matches!(open(&gzip(&behind)), Err(UnpackError::TrailingData)));
    let mut wrong = good.clone();
    let crc = wrong.len() - 6;
    wrong[crc] ^= 1;
    assert!(open(&wrong).is_err(), "a wrong CRC");
}

#[test]
fn a9_pax_and_header_disagree() {
    for records in [
        &[("size", "1024")][..],
        &[("size", "0")],
        &[("size", "x")],
        &[("size", "2"), ("size", "2")],
        &[("path", "a"), ("path", "b")],
        &[("GNU.sparse.major", "1")],
    ] {
        let refused = Forge::default().pax(records).file("a", "ok").unpack();
        assert!(
            matches!(refused, Err(UnpackError::Header { .. })),
            "{records:?}: {refused:?}"
        );
    }
    let global = Forge::default()
        .raw(b"g", b'g', 10, b"10 path=x\n")
        .file("a", "1")
        .unpack();
    assert!(matches!(global, Err(UnpackError::Header { .. })), "{global:?}");
    let remark = Forge::default()
        .raw(b"g", b'g', 14, b"14 comment=xy\n")
        .file("a", "1")
        .unpack();
    assert!(remark.is_ok(), "{remark:?}");
    for record in [
        &b"8 path=x\n"[..],
        b"11 path=x\n",
        b"path=x\n",
        b"99999999999999999999 a=b\n",
        b"10 path x\n",
    ] {
        let refused = Forge::default()
            .raw(b"x", b'x', record.len() as u64, record)
            .file("a", "1")
            .unpack();
        assert!(matches!(refused, Err(UnpackError::Header { .. })), "{refused:?}");
    }
    let dangling = Forge::default().pax(&[("path", "a")]).unpack();
    assert!(matches!(dangling, Err(UnpackError::Header { .. })));
}

#[test]
fn a10_gnu_long_names() {
    let long = format!("{}/x", "n".repeat(200));
    let name = format!("{long}\0");
    let tree = Forge::default()
        .raw(b"././@LongLink", b'L', name.len() as u64, name.as_bytes())
        .file("n", "1")
        .unpack();
    assert_eq!(
        tree.expect("GNU tar writes this").read(&long).expect("reads"),
        "1"
    );
    let huge = vec![b'a'; 70_000];
    let refused = Forge::default()
        .raw(b"l", b'L', huge.len() as u64, &huge)
        .file("n", "1")
        .unpack();
    assert!(matches!(refused, Err(UnpackError::Header { .. })), "{refused:?}");
    let both = Forge::default()
        .raw(b"l", b'L', 2, b"a\0")
        .pax(&[("path", "b")])
        .file("n", "1")
        .unpack();
    assert!(matches!(both, Err(UnpackError::Header { .. })), "{both:?}");
}

#[test]
fn a12_names_that_are_none() {
    for name in [&b"a\nb"[..], b"a\x1bb", b"a\xff", b"a\x7fb"] {
        let refused = Forge::default().raw(name, b'0', 0, b"").unpack();
        assert!(
            matches!(refused, Err(UnpackError::Name { .. })),
            "{name:?}: {refused:?}"
        );
    }
    let nul = Forge::default().pax(&[("path", "a\0b")]).file("x", "").unpack();
    assert!(matches!(nul, Err(UnpackError::Name { .. })));
    let long = "p/".repeat(60) + &"x".repeat(4100);
    let long = Forge::default().pax(&[("path", &long)]).file("x", "").unpack();
    assert!(matches!(long, Err(UnpackError::Name { .. })));
    assert!(
        Forge::default().file("./", "").unpack().is_err(),
        "the root is no file"
    );
}

#[test]
fn a_wrong_checksum_is_no_header() {
    let mut tar = Forge::default().file("a", "1").tar();
    tar[0] = b'b';
    assert!(matches!(open(&gzip(&tar)), Err(UnpackError::Header { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Any damage is an error or another tree, never a panic or a name outside the root.
    #[test]
    fn damage_is_survived(at in 0usize..2048, bits in 1u8.., packed in any::<bool>()) {
        let tar = Forge::default().pax(&[("path", "a/b"), ("size", "3")]).file("x", "abc").tar();
        let mut bytes = if packed { gzip(&tar) } else { tar };
        let at = at % bytes.len();
        bytes[at] ^= bits;
        let archive = if packed { bytes } else { gzip(&bytes) };
        if let Ok(tree) = unpack(archive.as_slice(), &small(), Symlinks::Skip) {
            for (path, _) in tree.walk() {
                prop_assert_eq!(sluice_model::path::normalize(&path), Ok(path));
            }
        }
    }
}

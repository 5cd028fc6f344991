//! Packed charts: gzipped tar with one directory at the top. Links and devices in it are never followed or made.

use std::collections::HashSet;
use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use tar::{Archive, EntryType};

use sluice_files::clean_relative;

use crate::chart::File;
use crate::error::{ArchiveError, LoadError};
use crate::limits::Budget;

/// Longest name of an entry.
const MAX_NAME: usize = 4096;

/// Unpacks an archive in memory. `name` is for errors.
pub(crate) fn unpack(name: &str, packed: &[u8], budget: &mut Budget) -> Result<Vec<File>, LoadError> {
    if !packed.starts_with(b"\x1F\x8B\x08") {
        return Err(ArchiveError::NotGzip(name.to_owned()).into());
    }
    let mut archive = Archive::new(MultiGzDecoder::new(packed));
    let (mut files, mut seen) = (Vec::new(), HashSet::new());
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        budget.take_file()?;
        let raw = entry.path_bytes();
        let raw = std::str::from_utf8(&raw)
            .map_err(|_| ArchiveError::Name)?
            .to_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() || raw.ends_with('/') {
            continue;
        }
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let name = chart_path(&raw)?;
        if !seen.insert(name.clone()) {
            return Err(ArchiveError::Twice(name).into());
        }
        let bytes = content(&mut entry, budget)?;
        files.push(File::loaded(name, &bytes));
    }
    if files.is_empty() {
        return Err(ArchiveError::Empty.into());
    }
    Ok(files)
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn broken(error: std::io::Error) -> ArchiveError {
    ArchiveError::Broken(error.to_string())
}

fn content<R: Read>(entry: &mut tar::Entry<'_, R>, budget: &mut Budget) -> Result<Vec<u8>, LoadError> {
    let size = entry.size();
    let wanted = usize::try_from(size).unwrap_or(usize::MAX);
    budget.take_bytes(wanted)?;
    // the declared size is not trusted with an allocation
    let mut bytes = Vec::with_capacity(wanted.min(1 << 20));
    entry.take(size).read_to_end(&mut bytes).map_err(broken)?;
    if bytes.len() != wanted {
        return Err(ArchiveError::Broken("unexpected EOF".into()).into());
    }
    Ok(bytes)
}

/// The path inside the chart: without the first directory, with slashes.
fn chart_path(raw: &str) -> Result<String, ArchiveError> {
    if raw.len() > MAX_NAME || raw.contains('\0') {
        return Err(ArchiveError::Name);
    }
    let delimiter = if raw.contains('\\') { '\\' } else { '/' };
    let (top, rest) = raw.split_once(delimiter).unwrap_or((raw, ""));
    let path = rest.replace(delimiter, "/");
    if path.starts_with('/') {
        return Err(ArchiveError::Absolute);
    }
    let path = clean_relative(&path);
    if path == "." {
        return Err(ArchiveError::Outside(raw.to_owned()));
    }
    if path.starts_with("..") {
        return Err(ArchiveError::Parent);
    }
    let bytes = path.as_bytes();
    if bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1..3] == *b":/" {
        return Err(ArchiveError::Name);
    }
    if top == "Chart.yaml" {
        return Err(ArchiveError::NoBase);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::limits::Limits;

    fn pack(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        for (name, data) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            // set_path refuses what an attacker would write
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            archive.append(&header, *data).unwrap();
        }
        gzip(&archive.into_inner().unwrap())
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn failure(packed: &[u8]) -> String {
        match unpack("x.tgz", packed, &mut Budget::new(Limits::default())) {
            Ok(files) => files
                .into_iter()
                .map(|file| file.name)
                .collect::<Vec<_>>()
                .join(","),
            Err(error) => error.to_string(),
        }
    }

    /// A1: paths that leave the chart.
    #[test]
    fn paths_that_leave_the_chart_are_refused() {
        assert_eq!(
            failure(&pack(&[("c/../../x", b"")])),
            "chart illegally references parent directory"
        );
        assert_eq!(
            failure(&pack(&[("c//etc/x", b"")])),
            "chart illegally contains absolute paths"
        );
        assert!(failure(&pack(&[("x", b"")])).starts_with("chart illegally contains content outside"));
        assert_eq!(
            failure(&pack(&[("c\\C:\\x", b"")])),
            "chart contains illegally named files"
        );
        assert_eq!(
            failure(&pack(&[("Chart.yaml/x", b"")])),
            "chart yaml not in base directory"
        );
        assert_eq!(failure(&pack(&[("c\\a\\b", b"1"), ("c/./d/../e", b"")])), "a/b,e");
    }

    /// A2: which of two entries counts would be anybody's guess.
    #[test]
    fn a_second_entry_of_one_name_is_refused() {
        let packed = pack(&[("c/values.yaml", b"a: 1"), ("c/./values.yaml", b"a: 2")]);
        assert_eq!(failure(&packed), "chart contains \"values.yaml\" twice");
    }

    /// A3, A5, A6: links and devices become empty files, as in helm.
    #[test]
    fn links_are_not_followed() {
        let mut archive = tar::Builder::new(Vec::new());
        for kind in [
            EntryType::Symlink,
            EntryType::Link,
            EntryType::Fifo,
            EntryType::Char,
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            let name = format!("c/{}", kind.as_byte());
            archive.append_link(&mut header, name, "/etc/passwd").unwrap();
        }
        let packed = gzip(&archive.into_inner().unwrap());
        let files = unpack("x.tgz", &packed, &mut Budget::new(Limits::default())).unwrap();
        assert!(files.iter().all(|file| file.bytes().unwrap().is_empty()));
        assert_eq!(files.len(), 4);
    }

    /// A7, CVE-2025-32386: what it unpacks to counts, not what it is packed to.
    #[test]
    fn bombs_hit_the_limits() {
        let limits = Limits {
            max_bytes: 1 << 20,
            max_files: 100,
            max_depth: 4,
        };
        let bomb = pack(&[("c/big", &vec![0; 2 << 20])]);
        assert!(bomb.len() < 20_000);
        let failed = unpack("x.tgz", &bomb, &mut Budget::new(limits)).err().unwrap();
        assert_eq!(
            failed.to_string(),
            "chart exceeds maximum decompressed size of 1048576 bytes"
        );
        let names: Vec<String> = (0..200).map(|n| format!("c/{n}")).collect();
        let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let failed = unpack("x.tgz", &pack(&entries), &mut Budget::new(limits))
            .err()
            .unwrap();
        assert_eq!(failed.to_string(), "chart has more than 100 files");
    }

    /// A8: a cut archive is no chart.
    #[test]
    fn a_cut_archive_is_refused() {
        let noise: Vec<u8> = (0..20_000u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        let packed = pack(&[("c/Chart.yaml", &noise)]);
        assert!(failure(&packed[..packed.len() / 2]).starts_with("unable to load chart archive"));
        assert_eq!(
            failure(b"a: 1"),
            "file 'x.tgz' does not appear to be a gzipped archive"
        );
        assert_eq!(failure(&pack(&[])), "no files in chart archive");
    }

    /// A9: a size in an extended header that disagrees with the data shifts what follows; it must not pass.
    #[test]
    fn an_extended_size_that_lies_is_refused() {
        let mut archive = tar::Builder::new(Vec::new());
        let record = b"17 size=99999999\n";
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        header.set_path("c/pax").unwrap();
        header.set_size(record.len() as u64);
        header.set_cksum();
        archive.append(&header, &record[..]).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_path("c/Chart.yaml").unwrap();
        header.set_size(3);
        header.set_cksum();
        archive.append(&header, &b"a: "[..]).unwrap();
        let packed = gzip(&archive.into_inner().unwrap());
        assert!(
            failure(&packed).starts_with("unable to load chart archive"),
            "{}",
            failure(&packed)
        );
    }
}

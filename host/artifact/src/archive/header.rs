//! Tar headers of the entries that we write: ustar, with a PAX record for a path that does not fit.

use std::path::Path;

use tar::{EntryType, Header};

use super::BLOCK;

const MODE_DIRECTORY: u32 = 0o750;
const MODE_FILE: u32 = 0o600;
const MODE_EXECUTABLE: u32 = 0o700;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Directory,
    File { size: u64, executable: bool },
}

/// The header blocks of an entry, the PAX ones first.
pub(super) fn blocks(path: &str, member: Member) -> Vec<u8> {
    let mut header = Header::new_ustar();
    let mut out = Vec::with_capacity(BLOCK);
    if header.set_path(Path::new(path)).is_err() {
        out = pax_blocks(path);
        // readers that know PAX ignore this name; it is cut at a character
        let name = path
            .char_indices()
            .take_while(|(at, c)| at + c.len_utf8() <= 100)
            .count();
        let cut: String = path.chars().take(name).collect();
        if let Some(ustar) = header.as_ustar_mut() {
            ustar.name[..cut.len()].copy_from_slice(cut.as_bytes());
        }
    }
    let (kind, size, mode) = match member {
        Member::Directory => (EntryType::Directory, 0, MODE_DIRECTORY),
        Member::File {
            size,
            executable: true,
        } => (EntryType::Regular, size, MODE_EXECUTABLE),
        Member::File {
            size,
            executable: false,
        } => (EntryType::Regular, size, MODE_FILE),
    };
    finish(&mut header, kind, size, mode);
    out.extend_from_slice(header.as_bytes());
    out
}

fn finish(header: &mut Header, kind: EntryType, size: u64, mode: u32) {
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_cksum();
}

/// An `x` entry that carries the path (POSIX pax: `<length> path=<path>\n`, the length counts itself).
fn pax_blocks(path: &str) -> Vec<u8> {
    let rest = format!(" path={path}\n");
    let mut length = rest.len();
    while length != rest.len() + length.to_string().len() {
        length = rest.len() + length.to_string().len();
    }
    let record = format!("{length}{rest}");
    let mut header = Header::new_ustar();
    if let Some(ustar) = header.as_ustar_mut() {
        ustar.name[..10].copy_from_slice(b"PaxHeaders");
    }
    finish(&mut header, EntryType::XHeader, record.len() as u64, MODE_FILE);
    let mut out = header.as_bytes().to_vec();
    out.extend_from_slice(record.as_bytes());
    out.resize(out.len() + padding(record.len() as u64), 0);
    out
}

/// Zero bytes behind data of this size.
pub(super) fn padding(size: u64) -> usize {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    if rest == 0 { 0 } else { BLOCK - rest }
}

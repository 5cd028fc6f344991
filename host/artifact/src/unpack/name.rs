//! Which entry names a tree may hold.

use sluice_model::path::{MAX_PATH, normalize};
use unicode_normalization::UnicodeNormalization;

use super::UnpackError;
use super::error::Limit;

/// The normalised path of an entry; the root is "". Names are refused rather than repaired (A1, A12).
pub(super) fn parse(raw: &[u8], depth: usize) -> Result<String, UnpackError> {
    let lossy = || String::from_utf8_lossy(&raw[..raw.len().min(256)]).into_owned();
    let fail = |reason| UnpackError::Name {
        path: lossy(),
        reason,
    };
    let text = std::str::from_utf8(raw).map_err(|_| fail("is not UTF-8"))?;
    if raw.len() > MAX_PATH {
        return Err(fail("is longer than 4096 bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(fail("holds a control character"));
    }
    if text.contains('\\') {
        return Err(fail("holds a backslash"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(fail("holds a \"..\" component"));
    }
    let path = normalize(text).map_err(|error| fail(error.reason))?;
    if path.split('/').count() > depth {
        return Err(Limit::Depth(depth).into());
    }
    Ok(path)
}

/// One text for all names that a case-insensitive or normalising file system takes for the same.
pub(super) fn fold(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    path.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// `a`, `a/b`, `a/b/c` for `a/b/c`; nothing for the root.
pub(super) fn ancestors_and_self(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter(|end| *end > 0).map(|end| &path[..end])
}

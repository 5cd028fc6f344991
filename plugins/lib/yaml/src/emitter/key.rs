//! Keys: simple ones, and those that need `?`.

use super::style::Text;

/// Longest text of a key without `?`, in bytes, its tag included.
pub(super) const MAX_SIMPLE_KEY: usize = 128;

/// Whether a scalar can be a key without `?`.
pub(super) fn is_simple(text: &Text<'_>, tag_length: usize) -> bool {
    !text.analysis.multiline && text.value.len() + tag_length <= MAX_SIMPLE_KEY
}

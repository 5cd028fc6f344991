//! Rendered files become manifests and hooks: split, told apart, sorted.

mod head;
mod order;
mod split;

pub use head::{Head, HeadError};
pub use split::split;
pub(crate) use split::{trim, trim_start};

use std::fmt;
use std::ops::{Deref, Range};
use std::rc::Rc;

use crate::hook::Hook;

/// The bytes of a document, which stay in the rendered file that it is of.
#[derive(Clone)]
pub struct Content {
    file: Rc<Vec<u8>>,
    range: Range<usize>,
}

impl Content {
    /// A part of a file, which `document` was cut from.
    fn within(file: &Rc<Vec<u8>>, document: &[u8]) -> Self {
        let start = document.as_ptr().addr() - file.as_ptr().addr();
        Self {
            file: Rc::clone(file),
            range: start..start + document.len(),
        }
    }
}

impl Deref for Content {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(self))
    }
}

/// A document of a rendered file.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Path of the template, from the name of the root chart.
    pub path: String,
    /// The bytes of the document.
    pub content: Content,
    /// Its kind and name.
    pub head: Head,
}

/// A document that is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("YAML parse error on {path}: {error}")]
pub struct ManifestError {
    /// Path of the template.
    pub path: String,
    /// What is wrong with the document.
    pub error: HeadError,
}

/// What a chart's files came to.
#[derive(Debug, Default)]
pub struct Sorted {
    /// In the order of installation.
    pub manifests: Vec<Manifest>,
    /// In the order of installation of their kinds; weights do not count here.
    pub hooks: Vec<Hook>,
}

/// Splits and sorts rendered files, which come sorted by path. Documents with hooks nobody knows are left out.
///
/// # Errors
/// The first document that does not parse.
pub(crate) fn sort(files: Vec<(String, Vec<u8>)>) -> Result<Sorted, ManifestError> {
    let mut sorted = Sorted::default();
    for (path, text) in files {
        let text = Rc::new(text);
        for document in split(&text) {
            let failed = |error| ManifestError {
                path: path.clone(),
                error,
            };
            let head = Head::read(document).map_err(failed)?;
            match Hook::of(&path, document, &head) {
                Some(Some(hook)) => sorted.hooks.push(hook),
                Some(None) => {}
                None => sorted.manifests.push(Manifest {
                    path: path.clone(),
                    content: Content::within(&text, document),
                    head,
                }),
            }
        }
    }
    sorted
        .manifests
        .sort_by(|a, b| order::compare(&a.head.kind, &b.head.kind));
    sorted.hooks.sort_by(|a, b| order::compare(&a.kind, &b.kind));
    Ok(sorted)
}

/// A document as JSON, for callers that want objects; none for a document without content.
pub(crate) fn to_json(document: &[u8]) -> Result<Option<serde_json::Value>, HeadError> {
    let value = sluice_chart::decode::document(document, &sluice_yaml::Limits::default())?;
    Ok((!value.is_null()).then_some(value))
}

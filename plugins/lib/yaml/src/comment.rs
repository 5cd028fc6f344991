//! Documents with their comments, for formats in which comments are content.

use crate::compose::{Composer, open_source};
use crate::error::Error;
use crate::limits::Limits;
use crate::node::Node;
use crate::resolve::Schema;

/// A comment of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From 1.
    pub line: u32,
    /// Column of its `#` in characters, from 1.
    pub column: u32,
    /// Nothing but blanks stands before it on its line.
    pub alone: bool,
    /// Everything behind its `#`.
    pub text: String,
}

/// A document with its comments in order.
#[derive(Debug, Clone)]
pub struct Commented {
    /// The document.
    pub root: Node,
    /// From the document's begin to the next one's; those before the first document count to it.
    pub comments: Vec<Comment>,
}

/// As [`crate::parse_documents`], with the comments.
///
/// # Errors
/// The first failure in the stream, in go-yaml's words.
///
/// ```
/// use sluice_yaml::{Limits, parse_commented};
/// let documents = parse_commented(b"# one\na: '#' # two\n---\nb: |\n  # text\n", &Limits::default()).unwrap();
/// let texts = |at: usize| documents[at].comments.iter().map(|comment| comment.text.as_str()).collect::<Vec<_>>();
/// assert_eq!((texts(0), texts(1)), (vec![" one", " two"], vec![]));
/// ```
pub fn parse_commented(input: &[u8], limits: &Limits) -> Result<Vec<Commented>, Error> {
    let source = open_source(input, limits)?;
    let mut composer = Composer::new(&source, Schema::V3, *limits);
    composer.keep_comments();
    let (mut documents, mut begins) = (Vec::new(), Vec::new());
    while let Some(root) = composer.next_document()? {
        let comments = Vec::new();
        documents.push(Commented { root, comments });
        begins.push(composer.begins());
    }
    for (start, end) in composer.take_comments() {
        let at = begins
            .partition_point(|begin| *begin <= start.pos)
            .saturating_sub(1);
        let Some(document) = documents.get_mut(at) else {
            continue;
        };
        let before = source.text.get(..start.pos).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        document.comments.push(Comment {
            line: start.line + 1,
            column: start.column + 1,
            alone: line.trim_start_matches('\u{FEFF}').trim().is_empty(),
            text: source.text.get(start.pos + 1..end).unwrap_or_default().to_owned(),
        });
    }
    Ok(documents)
}

//! Reading a large document in parts, so that it is never in memory as a tree.

use crate::compose::{Composer, open_source};
use crate::error::Error;
use crate::limits::Limits;
use crate::node::Node;
use crate::resolve::Schema;

/// Takes an item with the keys that lead to it.
pub type Take<'a, E> = dyn FnMut(&[&str], Node) -> Result<(), E> + 'a;

/// Reads the first document of a stream. Items of the sequences that stand `depth` collections deep (the root is the first)
/// are handed to `take` one by one, with the keys of the mappings that lead to them; what is left of the document comes
/// back. Items below an anchor stay in the document, since an alias may ask for them again. `None` when the stream holds no
/// document.
///
/// # Errors
/// The first failure of the text, in go-yaml's words, or that of `take`.
///
/// ```
/// use sluice_yaml::{Error, Limits, Schema, read_parts};
/// let mut found = Vec::new();
/// let rest = read_parts(b"a: {x: [1, 2], y: [3]}\nb: 4", 3, Schema::V2, &Limits::default(), &mut |keys, item| {
///     found.push(format!("{}={}", keys.join("."), item.value));
///     Ok::<(), Error>(())
/// });
/// assert_eq!(found, ["a.x=1", "a.x=2", "a.y=3"]);
/// assert!(rest.unwrap().is_some());
/// ```
pub fn read_parts<E: From<Error>>(
    input: &[u8],
    depth: usize,
    schema: Schema,
    limits: &Limits,
    take: &mut Take<'_, E>,
) -> Result<Option<Node>, E> {
    let source = open_source(input, limits)?;
    Composer::new(&source, schema, *limits).next_parts(depth.max(1), take)
}

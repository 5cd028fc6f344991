//! Reading documents as trees.

use crate::compose::{Composer, open_source};
use crate::error::Error;
use crate::limits::Limits;
use crate::node::Node;
use crate::resolve::Schema;

/// All documents of a stream by the rules of v3, aliases expanded. A document without content is a null node.
///
/// # Errors
/// The first failure in the stream, in go-yaml's words.
pub fn parse_documents(input: &[u8], limits: &Limits) -> Result<Vec<Node>, Error> {
    let source = open_source(input, limits)?;
    let mut composer = Composer::new(&source, Schema::V3, *limits);
    let mut documents = Vec::new();
    while let Some(node) = composer.next_document()? {
        documents.push(node);
    }
    Ok(documents)
}

/// The first document only, as one call of v3's `Decoder.Decode`; `None` when the stream holds none.
///
/// # Errors
/// A failure in the first document or directly behind it; what follows is not read.
pub fn parse_document(input: &[u8], limits: &Limits) -> Result<Option<Node>, Error> {
    parse_node(input, Schema::V3, limits)
}

/// The first document only, by the rules of either version. Tags follow the version: `yes` is a `!!bool` in v2.
///
/// # Errors
/// As [`parse_document`].
pub fn parse_node(input: &[u8], schema: Schema, limits: &Limits) -> Result<Option<Node>, Error> {
    let source = open_source(input, limits)?;
    Composer::new(&source, schema, *limits).next_document()
}

#[cfg(test)]
mod tests;

//! Expansion of `<<` merge keys the way kyaml's `DeAnchor` does it: own keys win, then earlier entries of a merge list.

use super::{Kind, Node, Tag};
use crate::error::{Error, ErrorKind};

/// Replaces every `<<` key below `node` by the pairs it merges in; merged keys are appended after a mapping's own. A key
/// `"<<"` in quotes merges nothing and is dropped with its value.
///
/// # Errors
/// `duplicate merge key`, or a merge value that is no mapping or list of mappings.
pub fn expand_merges(node: &mut Node) -> Result<(), Error> {
    for child in &mut node.content {
        expand_merges(child)?;
    }
    if node.kind != Kind::Mapping {
        return Ok(());
    }
    let Some(merged) = take_merge(node)? else {
        return Ok(());
    };
    let own = node.content.len();
    for source in merge_sources(merged)? {
        overlay(node, own, source);
    }
    Ok(())
}

/// Lays the pairs of `source` over `node`, whose first `own` entries of `content` stay as they are.
fn overlay(node: &mut Node, own: usize, source: Node) {
    let mut entries = source.content.into_iter();
    while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
        let at = node
            .pairs()
            .position(|(known, _)| known.kind == key.kind && known.value == key.value);
        match at.map(|pair| pair * 2) {
            Some(at) if at < own => {}
            Some(at) => node.content[at + 1] = value,
            None => {
                node.content.push(key);
                node.content.push(value);
            }
        }
    }
}

/// Takes out the value of the merge key. kyaml then clears the first key that reads `<<`, be it a merge, a text in quotes or
/// nothing at all to merge.
fn take_merge(node: &mut Node) -> Result<Option<Node>, Error> {
    let mut found = None;
    for (key, value) in node.pairs() {
        if key.kind == Kind::Scalar && key.tag == Tag::Merge {
            if found.is_some() {
                return Err(Error::new(ErrorKind::Compose, "duplicate merge key"));
            }
            found = Some(value);
        }
    }
    let merged = found.cloned();
    node.remove("<<");
    Ok(merged)
}

/// Mappings to merge, in the order in which they are laid over one another (the last one wins).
fn merge_sources(merged: Node) -> Result<Vec<Node>, Error> {
    match merged.kind {
        Kind::Mapping => Ok(vec![merged]),
        Kind::Sequence => {
            let mut sources = Vec::with_capacity(merged.content.len());
            for item in merged.content.into_iter().rev() {
                match item.kind {
                    Kind::Mapping => sources.push(item),
                    Kind::Sequence => {
                        return Err(Error::new(
                            ErrorKind::Compose,
                            "invalid map merge: received a nested sequence",
                        ));
                    }
                    Kind::Scalar => return Err(wants_map()),
                }
            }
            Ok(sources)
        }
        Kind::Scalar => Err(wants_map()),
    }
}

fn wants_map() -> Error {
    Error::new(
        ErrorKind::Compose,
        "map merge requires map or sequence of maps as the value",
    )
}

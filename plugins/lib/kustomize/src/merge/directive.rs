//! `$patch: delete | replace | merge` in maps, and as an element of its own in lists.

use sluice_yaml::{Kind, Node};

use super::Reason;

const KEY: &str = "$patch";

/// What a map or list of a patch does to the object's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    /// Lay over it.
    Merge,
    /// Take its place.
    Replace,
    /// Remove it.
    Delete,
}

fn parse(text: &str) -> Result<Directive, Reason> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        other => Err(format!("unknown patch strategy '{other}'")),
    }
}

/// True for a map that takes the place of the object's or removes it.
pub(super) fn ends_element(patch: &Node) -> bool {
    patch
        .get(KEY)
        .is_some_and(|node| node.value == "replace" || node.value == "delete")
}

/// The map without its directive.
pub(super) fn without_directive(patch: &Node) -> Node {
    let mut copy = patch.clone();
    copy.remove(KEY);
    copy
}

/// Reads and removes the directive.
pub(super) fn take_directive(patch: &mut Node) -> Result<Directive, Reason> {
    match patch.kind {
        Kind::Mapping => take_from_map(patch),
        Kind::Sequence => take_from_list(patch),
        Kind::Scalar => Err(format!(
            "no implemented strategic merge patch strategy for '{}'",
            patch.short_tag().as_str()
        )),
    }
}

fn take_from_map(patch: &mut Node) -> Result<Directive, Reason> {
    let Some(node) = patch.get(KEY) else {
        return Ok(Directive::Merge);
    };
    let directive = parse(&node.value)?;
    patch.remove(KEY);
    Ok(directive)
}

/// An element that is nothing but a directive speaks for the list.
fn take_from_list(patch: &mut Node) -> Result<Directive, Reason> {
    let Some(element) = patch.content.iter().find(|element| element.get(KEY).is_some()) else {
        return Ok(Directive::Merge);
    };
    if element.content.len() > 2 {
        return Ok(Directive::Merge);
    }
    let text = element
        .get(KEY)
        .map(|node| node.value.clone())
        .unwrap_or_default();
    let directive = parse(&text)?;
    super::associative::remove_elements(&mut patch.content, &[KEY.to_owned()], &[text]);
    Ok(directive)
}

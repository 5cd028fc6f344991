//! Duplicate keys, as v3 reports them.

use super::go_syntax::quote;
use crate::error::Error;
use crate::node::{Kind, Node};
use std::collections::HashMap;

/// Mappings up to this size are compared pair by pair.
const SMALL: usize = 16;

/// Checks every mapping of a tree for keys that are there twice.
///
/// # Errors
/// `mapping key "a" already defined at line 2`, all of them listed.
pub fn check_unique_keys(node: &Node) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if node.is_map() {
            note_duplicates(node, &mut problems);
        }
        open.extend(node.content.iter().rev());
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::decode_problems(&problems))
    }
}

/// Notes the duplicate keys of one mapping; returns whether there are any.
pub(super) fn note_duplicates(node: &Node, problems: &mut Vec<String>) -> bool {
    let keys: Vec<&Node> = node.pairs().map(|(key, _)| key).collect();
    if !has_duplicates(&keys) {
        return false;
    }
    for (at, first) in keys.iter().enumerate() {
        for second in keys[at + 1..].iter().filter(|second| is_same(first, second)) {
            problems.push(format!(
                "line {}: mapping key {} already defined at line {}",
                second.line,
                quote(&second.value),
                first.line
            ));
        }
    }
    true
}

fn has_duplicates(keys: &[&Node]) -> bool {
    if keys.len() <= SMALL {
        return keys
            .iter()
            .enumerate()
            .any(|(at, first)| keys[at + 1..].iter().any(|second| is_same(first, second)));
    }
    let mut seen: HashMap<(Kind, &str), ()> = HashMap::with_capacity(keys.len());
    keys.iter()
        .any(|key| seen.insert((key.kind, key.value.as_str()), ()).is_some())
}

/// go-yaml compares kind and text, so that any two mappings as keys are the same to it.
fn is_same(first: &Node, second: &Node) -> bool {
    first.kind == second.kind && first.value == second.value
}

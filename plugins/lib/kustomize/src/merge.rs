//! Strategic merge: a patch laid over an object, by the rules of kyaml's merge2.
//!
//! The walk visits both trees. Fields of the patch win; null removes; lists with a merge strategy in the schema merge
//! element by element, new elements first; other lists are replaced. `$patch` directives steer maps and lists.
//! A subtree that only the patch has is still walked ("adopted"), as nulls and directives in it count, and so is one
//! that only the object has, as kustomize normalises keyed lists there.

mod associative;
mod directive;

use sluice_yaml::{Kind, Node, Style};

use crate::node::{expect_kind, is_missing_or_null, is_null, quote_if_ambiguous, quotes_win, set_field};
use crate::openapi::{OpenApi, Schema};
use crate::shared_text::keep_mark;
use directive::{Directive, take_directive};

/// The outcome of one visit.
#[derive(Debug)]
pub(crate) enum Merged {
    /// The field goes away.
    Gone,
    /// A null that a user wrote and that stays.
    KeptNull(Node),
    /// The value. `replaced`: it is the patch's and not what became of the object's.
    Value { node: Node, replaced: bool },
}

/// One merge with the schemas of its build.
pub(crate) struct Merger<'a> {
    pub openapi: &'a OpenApi,
}

type Reason = String;

/// Lays a patch over an object. None: the patch deletes the object.
///
/// # Errors
/// Kinds that do not fit, or an unknown directive.
pub(crate) fn strategic_merge(openapi: &OpenApi, dest: Node, patch: Node) -> Result<Option<Node>, Reason> {
    let merger = Merger { openapi };
    match merger.walk(Some(dest), Some(patch), None)? {
        Merged::Gone => Ok(None),
        Merged::KeptNull(node) | Merged::Value { node, .. } => Ok(Some(node)),
    }
}

fn value(node: Node) -> Merged {
    Merged::Value {
        node,
        replaced: false,
    }
}

fn from_patch(node: Node) -> Merged {
    Merged::Value { node, replaced: true }
}

fn kind_of(dest: Option<&Node>, patch: Option<&Node>) -> Option<Kind> {
    [dest, patch]
        .into_iter()
        .flatten()
        .find(|node| !is_null(node))
        .map(|node| node.kind)
}

fn expect(node: Option<&Node>, kind: Kind) -> Result<(), Reason> {
    node.map_or(Ok(()), |node| {
        expect_kind(node, kind).map_err(|error| error.to_string())
    })
}

impl Merger<'_> {
    fn schema_for(&self, known: Option<Schema>, dest: Option<&Node>, patch: Option<&Node>) -> Option<Schema> {
        known.or_else(|| {
            let candidates = [dest, patch].into_iter().flatten().filter(|node| !is_null(node));
            candidates
                .filter(|node| node.is_map())
                .find_map(|node| self.openapi.of_object(node))
        })
    }

    /// Merges two nodes of which either may be missing.
    pub fn walk(
        &self,
        mut dest: Option<Node>,
        patch: Option<Node>,
        schema: Option<Schema>,
    ) -> Result<Merged, Reason> {
        let schema = self.schema_for(schema, dest.as_ref(), patch.as_ref());
        let Some(kind) = kind_of(dest.as_ref(), patch.as_ref()) else {
            return Ok(merge_nothing(dest, patch));
        };
        expect(dest.as_ref(), kind)?;
        expect(patch.as_ref(), kind)?;
        if let (Some(dest), Some(patch)) = (&mut dest, &patch)
            && !dest.is_scalar()
            && dest.content.is_empty()
        {
            // `{}` is in flow style for want of another.
            dest.style = patch.style;
        }
        match kind {
            Kind::Mapping => self.walk_map(dest, patch, schema.as_ref()),
            Kind::Scalar => Ok(match (dest, patch) {
                (_, Some(patch)) => from_patch(patch),
                (Some(mut dest), None) => {
                    quote_if_ambiguous(&mut dest);
                    value(dest)
                }
                (None, None) => Merged::Gone,
            }),
            Kind::Sequence => match schema.as_ref().and_then(Schema::merge_keys) {
                Some(keys) => {
                    self.walk_keyed_list(dest, patch, &keys, schema.and_then(|schema| schema.elements()))
                }
                None => Ok(match (dest, patch) {
                    (_, Some(patch)) => from_patch(patch),
                    (Some(dest), None) => value(dest),
                    (None, None) => Merged::Gone,
                }),
            },
        }
    }

    fn walk_map(
        &self,
        dest: Option<Node>,
        patch: Option<Node>,
        schema: Option<&Schema>,
    ) -> Result<Merged, Reason> {
        let Some(dest) = dest.filter(|dest| !is_null(dest)) else {
            // Only the patch has it; an unknown directive at this place is overlooked, as kustomize does.
            let Some(mut patch) = patch else {
                return Ok(Merged::Gone);
            };
            if matches!(take_directive(&mut patch), Ok(Directive::Delete)) {
                return Ok(Merged::Gone);
            }
            return self.adopt_fields(patch, schema).map(from_patch);
        };
        let Some(mut patch) = patch else {
            return self.merge_fields(dest, None, schema).map(value);
        };
        if is_null(&patch) {
            return Ok(Merged::Gone);
        }
        match take_directive(&mut patch)? {
            Directive::Delete => Ok(Merged::Gone),
            Directive::Replace => self.adopt_fields(patch, schema).map(from_patch),
            Directive::Merge => self.merge_fields(dest, Some(patch), schema).map(value),
        }
    }

    fn merge_fields(
        &self,
        mut dest: Node,
        patch: Option<Node>,
        schema: Option<&Schema>,
    ) -> Result<Node, Reason> {
        let mut patched = patch.map_or_else(Vec::new, fields_of);
        self.own_fields(&mut dest, &mut patched, schema)?;
        for (key, node) in patched {
            let below = schema.and_then(|schema| schema.field(&key.value));
            let merged = self.walk(None, Some(node), below)?;
            put(&mut dest, &key, merged)?;
        }
        Ok(dest)
    }

    /// Merges the fields that the object has, in place; what the patch adds stays in `patched`.
    fn own_fields(
        &self,
        dest: &mut Node,
        patched: &mut Vec<(Node, Node)>,
        schema: Option<&Schema>,
    ) -> Result<(), Reason> {
        let fields = std::mem::take(&mut dest.content);
        let mut kept = Vec::with_capacity(fields.len() + patched.len() * 2);
        let mut gone: Vec<String> = Vec::new();
        let mut entries = fields.into_iter();
        while let (Some(key), Some(own)) = (entries.next(), entries.next()) {
            if gone.contains(&key.value) {
                // Only the first one of duplicate keys is looked at.
                kept.extend([key, own]);
                continue;
            }
            let at = patched.iter().position(|(name, _)| name.value == key.value);
            let patch = at.map(|at| patched.swap_remove(at).1);
            let style = own.is_scalar().then_some(Look::of(&own));
            let below = schema.and_then(|schema| schema.field(&key.value));
            if is_null(&key) {
                // kustomize does not find this key again: the pair stays, and what it merges to stands beside it.
                let beside = Node::scalar(key.value.as_str());
                kept.extend([key, own.clone()]);
                if let Some(node) = settle(self.walk(Some(own), patch, below)?, style) {
                    kept.extend([beside, node]);
                }
                continue;
            }
            match settle(self.walk(Some(own), patch, below)?, style) {
                Some(node) => kept.extend([key, node]),
                None => gone.push(key.value),
            }
        }
        dest.content = kept;
        Ok(())
    }

    /// A map that only the patch has: nulls in it go away, directives in it count.
    fn adopt_fields(&self, mut node: Node, schema: Option<&Schema>) -> Result<Node, Reason> {
        let fields = std::mem::take(&mut node.content);
        let mut gone: Vec<String> = Vec::new();
        let mut entries = fields.into_iter();
        while let (Some(key), Some(own)) = (entries.next(), entries.next()) {
            let known = is_null(&own) && node.get(&key.value).is_some();
            if known || gone.contains(&key.value) {
                // Only the first one of duplicate keys is looked at; the output may complain.
                node.content.extend([key, own]);
                continue;
            }
            let below = schema.and_then(|schema| schema.field(&key.value));
            match self.adopt(own, below)? {
                Some(adopted) => node.content.extend([key, adopted]),
                None => gone.push(key.value),
            }
        }
        Ok(node)
    }

    /// A node merged with itself.
    fn adopt(&self, mut node: Node, schema: Option<Schema>) -> Result<Option<Node>, Reason> {
        if is_null(&node) {
            return Ok(None);
        }
        let schema = self.schema_for(schema, Some(&node), None);
        match node.kind {
            Kind::Scalar => {
                quote_if_ambiguous(&mut node);
                Ok(Some(node))
            }
            Kind::Mapping => match take_directive(&mut node)? {
                Directive::Delete => Ok(None),
                Directive::Replace | Directive::Merge => self.adopt_fields(node, schema.as_ref()).map(Some),
            },
            Kind::Sequence => match schema.as_ref().and_then(Schema::merge_keys) {
                Some(keys) => self.adopt_keyed_list(node, &keys, schema.and_then(|schema| schema.elements())),
                None => Ok(Some(node)),
            },
        }
    }
}

/// Two nulls, or nothing at all. A null that the object spells out stays when the patch says nothing.
fn merge_nothing(dest: Option<Node>, patch: Option<Node>) -> Merged {
    match (dest, patch) {
        (Some(dest), None) if !dest.value.is_empty() => Merged::KeptNull(dest),
        _ => Merged::Gone,
    }
}

fn fields_of(node: Node) -> Vec<(Node, Node)> {
    let mut fields = Vec::with_capacity(node.content.len() / 2);
    let mut entries = node.content.into_iter();
    while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
        if !fields
            .iter()
            .any(|(known, _): &(Node, Node)| known.value == key.value)
        {
            fields.push((key, value));
        }
    }
    fields
}

/// What a scalar keeps when a patch changes its value.
struct Look {
    style: Style,
    tagged: bool,
    line: u32,
    column: u32,
}

impl Look {
    fn of(node: &Node) -> Self {
        Self {
            style: node.style,
            tagged: node.tagged,
            line: node.line,
            column: node.column,
        }
    }

    fn give(self, node: &mut Node) {
        node.style = self.style;
        node.tagged = self.tagged;
        keep_mark(node, self.line, self.column);
        quotes_win(node);
    }
}

/// What stands in the place of a field of the object: scalars keep the style that the object's had.
fn settle(merged: Merged, look: Option<Look>) -> Option<Node> {
    match merged {
        Merged::Gone => None,
        Merged::KeptNull(node) => Some(node),
        Merged::Value { node, .. } if is_missing_or_null(Some(&node)) => None,
        Merged::Value { mut node, replaced } => {
            if let (true, true, Some(look)) = (replaced, node.is_scalar(), look) {
                look.give(&mut node);
            }
            Some(node)
        }
    }
}

fn put(dest: &mut Node, key: &Node, merged: Merged) -> Result<(), Reason> {
    if let Merged::Value { node, .. } = merged {
        let before = dest.content.len();
        set_field(dest, &key.value, node).map_err(|error| error.to_string())?;
        if dest.content.len() > before
            && let Some(added) = dest.content.get_mut(before)
        {
            // Quotes around a key say that it is a string.
            added.style = key.style;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

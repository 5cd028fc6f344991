//! Lists that merge element by element, told apart by the values of their merge keys.
//!
//! This follows kyaml closely, oddities included, as its results are what users have in their clusters: elements of the
//! patch come first, then the object's; several keys match partly when one side leaves some out; elements without the
//! key are matched by the key alone.

use sluice_yaml::{Kind, Node};

use super::directive::{Directive, ends_element, take_directive, without_directive};
use super::{Merged, Merger, Reason, from_patch, value};
use crate::node::{expect_kind, is_nil_or_empty, is_null, set_field};
use crate::openapi::Schema;

/// Values of the merge keys of one element.
type Values = Vec<String>;

/// An element of the result: one of the object's list by position, or a node.
#[derive(Clone)]
enum Item {
    Own(usize),
    New(Node),
}

impl Merger<'_> {
    pub(super) fn walk_keyed_list(
        &self,
        dest: Option<Node>,
        patch: Option<Node>,
        keys: &[String],
        elements: Option<Schema>,
    ) -> Result<Merged, Reason> {
        let Some(dest) = dest.filter(|dest| !is_null(dest)) else {
            let Some(patch) = patch else {
                return Ok(Merged::Gone);
            };
            return Ok(self
                .adopt_list(patch, keys, elements)?
                .map_or(Merged::Gone, from_patch));
        };
        let Some(mut patch) = patch else {
            return Ok(self
                .merge_elements(dest, None, keys, elements)?
                .map_or(Merged::Gone, value));
        };
        if is_null(&patch) {
            return Ok(Merged::Gone);
        }
        match take_directive(&mut patch)? {
            Directive::Delete => Ok(Merged::Gone),
            Directive::Replace => Ok(self
                .adopt_list(patch, keys, elements)?
                .map_or(Merged::Gone, from_patch)),
            Directive::Merge => Ok(self
                .merge_elements(dest, Some(patch), keys, elements)?
                .map_or(Merged::Gone, value)),
        }
    }

    /// A keyed list inside of what only the patch has.
    pub(super) fn adopt_keyed_list(
        &self,
        mut node: Node,
        keys: &[String],
        elements: Option<Schema>,
    ) -> Result<Option<Node>, Reason> {
        match take_directive(&mut node)? {
            Directive::Delete => Ok(None),
            Directive::Replace | Directive::Merge => self.adopt_list(node, keys, elements),
        }
    }

    /// The patch's list takes the place of the object's: it is merged with itself.
    fn adopt_list(
        &self,
        node: Node,
        keys: &[String],
        elements: Option<Schema>,
    ) -> Result<Option<Node>, Reason> {
        self.merge_lists(node, None, true, keys, elements)
    }

    fn merge_elements(
        &self,
        dest: Node,
        patch: Option<Node>,
        keys: &[String],
        elements: Option<Schema>,
    ) -> Result<Option<Node>, Reason> {
        self.merge_lists(dest, patch, false, keys, elements)
    }

    fn merge_lists(
        &self,
        mut dest: Node,
        patch: Option<Node>,
        with_itself: bool,
        keys: &[String],
        elements: Option<Schema>,
    ) -> Result<Option<Node>, Reason> {
        let plain = [String::new()];
        let keys = if keys.is_empty() { &plain[..] } else { keys };
        let mut list = List {
            merger: self,
            keys,
            elements,
            with_itself,
            listed: vec![true; dest.content.len()],
            dest: std::mem::take(&mut dest.content).into_iter().map(Some).collect(),
            patch: patch
                .map_or_else(Vec::new, |patch| patch.content)
                .into_iter()
                .map(Some)
                .collect(),
            items: Vec::new(),
        };
        list.merge()?;
        dest.content = list.finish();
        Ok(Some(dest))
    }
}

struct List<'m, 'a> {
    merger: &'m Merger<'a>,
    keys: &'m [String],
    elements: Option<Schema>,
    /// There is no patch's list: the one list is merged with itself.
    with_itself: bool,
    /// The object's elements; taken ones are being merged.
    dest: Vec<Option<Node>>,
    /// Which of them are still in the object's list; removed ones may live on as items.
    listed: Vec<bool>,
    patch: Vec<Option<Node>>,
    items: Vec<Item>,
}

impl List<'_, '_> {
    fn is_plain(&self) -> bool {
        self.keys[0].is_empty()
    }

    fn merge(&mut self) -> Result<(), Reason> {
        let mut all = self.distinct_values();
        if self.keys.len() > 1 {
            join_partial(&mut all);
        }
        let mut used = Vec::new();
        for at in 0..all.len() {
            let (keys, values) = valid_keys(&all, &all[at], self.keys);
            self.merge_one(&keys, &values)?;
            used = keys;
        }
        if !all.is_empty() {
            self.append_rest(&used)?;
        } else {
            self.items = (0..self.dest.len()).map(Item::Own).collect();
        }
        Ok(())
    }

    /// The values by which elements are told apart, those of the patch first.
    fn distinct_values(&self) -> Vec<Values> {
        let mut found: Vec<Values> = Vec::new();
        for element in self.patch.iter().chain(&self.dest).flatten() {
            let values: Values = if self.is_plain() {
                vec![element.value.clone()]
            } else {
                self.keys.iter().map(|key| key_text(element, key)).collect()
            };
            if !found.contains(&values) {
                found.push(values);
            }
        }
        found
    }

    fn merge_one(&mut self, keys: &[String], values: &[String]) -> Result<(), Reason> {
        let (keys_here, values_here) = valid_keys(&[values.to_vec()], values, keys);
        let own = find(&self.dest, &keys_here, &values_here, |at| self.listed[at]);
        let dest = own.and_then(|at| self.dest[at].take());
        if self.with_itself {
            let before = dest
                .as_ref()
                .filter(|dest| ends_element(dest))
                .map(without_directive);
            let adopted = dest.map_or(Ok(None), |dest| self.merger.adopt(dest, self.elements.clone()))?;
            return self.settle_one(adopted.map_or(Merged::Gone, value), own, before, keys, values);
        }
        let patched = find(&self.patch, &keys_here, &values_here, |_| true);
        let patch = patched.and_then(|at| self.patch[at].take());
        // kustomize keeps the object's element where the patch's one takes its place, or where it looks for it under
        // more keys than it has.
        let before = dest
            .as_ref()
            .filter(|dest| patch.as_ref().is_some_and(|p| !dest.is_map() || ends_element(p)))
            .cloned();
        // Under several keys the same element may be asked for again; its directive has done its work by then.
        let again = patch
            .as_ref()
            .filter(|_| self.keys.len() > 1)
            .map(without_directive);
        let merged = self.merger.walk(dest, patch, self.elements.clone())?;
        if let (Some(at), Some(again)) = (patched, again) {
            self.patch[at] = Some(again);
        }
        self.settle_one(merged, own, before, keys, values)
    }

    fn settle_one(
        &mut self,
        merged: Merged,
        own: Option<usize>,
        before: Option<Node>,
        keys: &[String],
        values: &[String],
    ) -> Result<(), Reason> {
        let (mut node, replaced) = match merged {
            Merged::Value { node, replaced }
                if !is_null(&node) && (!node.is_map() || !node.content.is_empty()) =>
            {
                (node, replaced)
            }
            Merged::Value { .. } | Merged::KeptNull(_) | Merged::Gone => {
                if let Some(at) = own {
                    self.dest[at] = before;
                }
                self.delete(keys, values);
                return Ok(());
            }
        };
        if node.is_map() {
            for (key, text) in keys.iter().zip(values) {
                if node.get(key).is_none() && !text.is_empty() {
                    set_field(&mut node, key, Node::scalar(text.as_str()))
                        .map_err(|error| error.to_string())?;
                }
            }
        }
        let item = match own {
            Some(at) if !replaced => {
                self.dest[at] = Some(node);
                Item::Own(at)
            }
            _ => {
                if let Some(at) = own {
                    self.dest[at] = before;
                }
                Item::New(node)
            }
        };
        self.set_item(Some(&item), keys, values);
        Ok(())
    }

    /// Removes the object's elements with these values, and whatever is no element at all.
    fn delete(&mut self, keys: &[String], values: &[String]) {
        for (slot, listed) in self.dest.iter().zip(&mut self.listed) {
            *listed = *listed && slot.as_ref().is_some_and(|element| stays(element, keys, values));
        }
    }

    /// Puts an item in the place of each one with the same values, or at the end; none removes them.
    fn set_item(&mut self, item: Option<&Item>, keys: &[String], values: &[String]) {
        let mut placed = false;
        for entry in std::mem::take(&mut self.items) {
            let node = match &entry {
                Item::Own(at) => self.dest[*at].as_ref(),
                Item::New(node) => Some(node),
            };
            match node.map(|node| fate(node, keys, values)) {
                Some(Fate::Keep) => self.items.push(entry),
                Some(Fate::Match) => {
                    placed = true;
                    self.items.extend(item.cloned());
                }
                Some(Fate::Drop) | None => {}
            }
        }
        // kyaml takes a null element for none, but it has taken the place of what it matched.
        let is_null_item = match item {
            Some(Item::Own(at)) => self.dest[*at].as_ref().is_some_and(is_null),
            Some(Item::New(node)) => is_null(node),
            None => true,
        };
        if !placed && !is_null_item {
            self.items.extend(item.cloned());
        }
    }

    /// The object's elements, in order, behind those of the patch; merged ones take their places.
    fn append_rest(&mut self, keys: &[String]) -> Result<(), Reason> {
        for at in 0..self.dest.len() {
            let Some(element) = self.dest[at].as_ref().filter(|_| self.listed[at]) else {
                continue;
            };
            let own = Item::Own(at);
            if keys[0].is_empty() {
                let text = element.value.clone();
                self.set_item(Some(&own), keys, &[text]);
                continue;
            }
            expect_kind(element, Kind::Mapping).map_err(|error| error.to_string())?;
            let values: Values = keys
                .iter()
                .filter_map(|key| element.get(key).map(|field| field.value.clone()))
                .collect();
            for _ in values.len()..keys.len() {
                self.items.push(own.clone());
            }
            if keys.len() > 1 {
                self.set_item(None, keys, &values);
            }
            self.set_item(Some(&own), keys, &values);
        }
        Ok(())
    }

    fn finish(mut self) -> Vec<Node> {
        let items = std::mem::take(&mut self.items);
        let mut seen = vec![0usize; self.dest.len()];
        for item in &items {
            if let Item::Own(at) = item {
                seen[*at] += 1;
            }
        }
        let take = |item| match item {
            Item::New(node) => Some(node),
            Item::Own(at) => {
                seen[at] -= 1;
                if seen[at] == 0 {
                    self.dest[at].take()
                } else {
                    self.dest[at].clone()
                }
            }
        };
        items.into_iter().filter_map(take).collect()
    }
}

fn key_text(element: &Node, key: &str) -> String {
    let field = element.get(key).filter(|field| !is_nil_or_empty(field));
    field.map(|field| field.value.clone()).unwrap_or_default()
}

/// What becomes of an element when elements with these values are set or removed.
#[derive(PartialEq, Eq)]
enum Fate {
    Keep,
    Match,
    Drop,
}

fn fate(element: &Node, keys: &[String], values: &[String]) -> Fate {
    if is_null(element) || (element.is_map() && element.content.is_empty()) {
        return Fate::Drop;
    }
    let is_map_setter =
        keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|v| !v.is_empty());
    if !element.is_map() && is_map_setter {
        return Fate::Keep;
    }
    if matches_all(element, keys, values) {
        return Fate::Match;
    }
    if values.is_empty() { Fate::Drop } else { Fate::Keep }
}

/// An empty value is matched by any; keys beyond the values repeat the last answer.
fn matches_all(element: &Node, keys: &[String], values: &[String]) -> bool {
    let mut found = false;
    for (at, key) in keys.iter().enumerate() {
        if let Some(text) = values.get(at) {
            found = if key.is_empty() {
                element.is_scalar() && element.value == *text
            } else {
                element
                    .get(key)
                    .is_some_and(|field| text.is_empty() || field.value == *text)
            };
        }
        if !found {
            return false;
        }
    }
    true
}

fn stays(element: &Node, keys: &[String], values: &[String]) -> bool {
    fate(element, keys, values) == Fate::Keep
}

/// Removes the elements that have these values.
pub(super) fn remove_elements(content: &mut Vec<Node>, keys: &[String], values: &[String]) {
    content.retain(|element| stays(element, keys, values));
}

fn find(
    list: &[Option<Node>],
    keys: &[String],
    values: &[String],
    among: impl Fn(usize) -> bool,
) -> Option<usize> {
    let matches = |element: &Node| {
        if keys.first().is_none_or(String::is_empty) {
            return element.value == values.first().map_or("", String::as_str);
        }
        element.kind == Kind::Mapping
            && keys
                .iter()
                .zip(values)
                .all(|(key, text)| element.get(key).is_some_and(|field| field.value == *text))
    };
    (0..list.len()).find(|at| among(*at) && list[*at].as_ref().is_some_and(matches))
}

/// The keys for which any element has a value, with this element's values for them.
fn valid_keys(all: &[Values], values: &[String], keys: &[String]) -> (Vec<String>, Values) {
    let has_value = |at: usize| {
        all.iter()
            .any(|other| other.get(at).is_some_and(|text| !text.is_empty()))
    };
    let valid: Vec<usize> = (0..keys.len()).filter(|at| has_value(*at)).collect();
    if valid.is_empty() {
        return (keys.to_vec(), values.to_vec());
    }
    let names = valid.iter().map(|at| keys[*at].clone()).collect();
    let texts = values
        .iter()
        .enumerate()
        .filter(|(at, text)| !text.is_empty() || valid.contains(at))
        .map(|(_, text)| text.clone())
        .collect();
    (names, texts)
}

/// Elements that agree in one key and leave out the others are taken for the same.
fn join_partial(all: &mut [Values]) {
    for i in 0..all.len() {
        let first = all[i].clone();
        for j in 0..all.len() {
            if let Some(joined) = join(&first, &all[j]) {
                all[i].clone_from(&joined);
                all[j] = joined;
            }
        }
    }
}

fn join(left: &Values, right: &Values) -> Option<Values> {
    if left.len() != right.len() {
        return None;
    }
    let mut common = false;
    let mut joined = Vec::with_capacity(left.len());
    for (a, b) in left.iter().zip(right) {
        if a == b {
            common = true;
        } else if !a.is_empty() && !b.is_empty() {
            return None;
        }
        joined.push(if a.is_empty() { b.clone() } else { a.clone() });
    }
    common.then_some(joined)
}

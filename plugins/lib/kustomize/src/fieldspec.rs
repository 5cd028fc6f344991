//! Field specs: which field of which kinds a transformer changes, and the walk to it.

use std::borrow::Cow;

use sluice_yaml::{Kind, Node, Tag};

use crate::error::{Error, Result};
use crate::node::{expect_kind, is_null, push_field, untagged};
use crate::resid::Gvk;

/// Names a field of the kinds that the gvk selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSpec {
    /// Which kinds.
    pub gvk: Gvk,
    /// `spec/template/metadata/labels`; lists on the way are walked through; `\/` is a slash in a name.
    pub path: Cow<'static, str>,
    /// Make the field, and what leads to it, when it is missing.
    pub create: bool,
}

/// What is made of a missing or null last field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Create {
    /// The kind of the field.
    pub kind: Kind,
    /// The tag that a null field gets.
    pub tag: fn() -> Tag,
}

/// Why a walk failed, without the place.
pub(crate) type Reason = String;

impl FieldSpec {
    /// A field spec.
    pub fn new(gvk: Gvk, path: impl Into<Cow<'static, str>>, create: bool) -> Self {
        Self {
            gvk,
            path: path.into(),
            create,
        }
    }

    /// True when both name the same field: this one's kinds are among the other's.
    fn is_covered_by(&self, other: &Self) -> bool {
        self.path == other.path && other.gvk.covers(&self.gvk)
    }

    /// Calls `set` on each node that the path leads to, when the spec selects the object.
    ///
    /// # Errors
    /// What `set` returns, or a node on the way that is neither list nor map.
    pub(crate) fn apply(
        &self,
        node: &mut Node,
        create: Option<Create>,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Reason>,
    ) -> Result<()> {
        let id = crate::resource::id_of(node);
        if !self.gvk.selects(&id) {
            return Ok(());
        }
        self.apply_to_selected(node, create, set)
    }

    /// Like [`FieldSpec::apply`] for an object that is known to be selected.
    ///
    /// # Errors
    /// As `apply`.
    pub(crate) fn apply_to_selected(
        &self,
        node: &mut Node,
        create: Option<Create>,
        set: &mut dyn FnMut(&mut Node) -> Result<(), Reason>,
    ) -> Result<()> {
        let create = create.filter(|_| self.create);
        let path = self
            .path
            .strip_prefix('/')
            .filter(|rest| !rest.is_empty())
            .unwrap_or(&self.path);
        walk(node, Some(path), create, set).map_err(|reason| Error::Field {
            field: self.path.to_string(),
            object: crate::resource::id_of(node).to_string(),
            reason,
        })
    }
}

/// The first name of a path and what follows it; `\/` is a slash in a name.
fn split_first(path: &str) -> (Cow<'_, str>, Option<&str>) {
    let Some(at) = path.find('/') else {
        return (Cow::Borrowed(path), None);
    };
    if !path[..at].ends_with('\\') {
        return (Cow::Borrowed(&path[..at]), Some(&path[at + 1..]));
    }
    let (more, rest) = split_first(&path[at + 1..]);
    (Cow::Owned(format!("{}/{more}", &path[..at - 1])), rest)
}

fn walk(
    node: &mut Node,
    path: Option<&str>,
    create: Option<Create>,
    set: &mut dyn FnMut(&mut Node) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let Some(whole) = path else { return set(node) };
    if is_null(node) {
        return Ok(());
    }
    match node.kind {
        Kind::Sequence => node
            .content
            .iter_mut()
            .try_for_each(|item| walk(item, path, create, set)),
        Kind::Mapping => {
            let (segment, rest) = split_first(whole);
            match enter(node, &segment, rest.is_none(), create)? {
                Some(field) => walk(field, rest, create, set),
                None => Ok(()),
            }
        }
        Kind::Scalar => Err("expected sequence or mapping node".into()),
    }
}

/// The field that a segment names, made when that is wanted. `name[]` is a list and never made.
fn enter<'n>(
    map: &'n mut Node,
    segment: &str,
    is_last: bool,
    create: Option<Create>,
) -> Result<Option<&'n mut Node>, Reason> {
    let list = segment.strip_suffix("[]");
    let name = list.unwrap_or(segment).trim();
    if name.is_empty() {
        return Err("cannot set or create an empty field name".into());
    }
    expect_kind(map, Kind::Mapping).map_err(|error| error.to_string())?;
    let made = match create {
        _ if list.is_some() => Some((Kind::Sequence, Tag::None, false)),
        None => None,
        Some(last) if is_last => Some((last.kind, (last.tag)(), true)),
        Some(_) => Some((Kind::Mapping, Tag::Map, true)),
    };
    if let Some((kind, _, true)) = &made
        && map.get(name).is_none()
    {
        push_field(map, name, untagged(*kind));
    }
    let Some(field) = map.get_mut(name) else {
        return Ok(None);
    };
    if let Some((kind, tag, _)) = made
        && is_null(field)
    {
        field.kind = kind;
        field.tag = tag;
    }
    Ok(Some(field))
}

/// A list of field specs in which no two name the same field.
pub type FieldSpecs = Vec<FieldSpec>;

/// Adds a spec unless its field is already named.
///
/// # Errors
/// The field is named with another `create`.
pub(crate) fn merge_one(specs: &mut FieldSpecs, spec: &FieldSpec) -> Result<(), Reason> {
    match specs.iter().find(|known| known.is_covered_by(spec)) {
        Some(known) if known.create != spec.create => Err("conflicting fieldspecs".into()),
        Some(_) => Ok(()),
        None => {
            specs.push(spec.clone());
            Ok(())
        }
    }
}

/// Adds all of `more`.
///
/// # Errors
/// As [`merge_one`].
pub(crate) fn merge_all(specs: &mut FieldSpecs, more: &[FieldSpec]) -> Result<(), Reason> {
    more.iter().try_for_each(|spec| merge_one(specs, spec))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Node {
        sluice_yaml::parse_document(text.as_bytes(), &sluice_yaml::Limits::default())
            .expect("YAML")
            .expect("a document")
    }

    fn set_all(spec: &FieldSpec, text: &str) -> Node {
        let mut node = parse(text);
        let create = Create {
            kind: Kind::Scalar,
            tag: || Tag::Str,
        };
        spec.apply(&mut node, Some(create), &mut |field| {
            field.value = "new".into();
            field.tag = Tag::Str;
            Ok(())
        })
        .expect("applies");
        node
    }

    #[test]
    fn walks_through_lists_and_creates() {
        let spec = FieldSpec::new(Gvk::default(), "spec/items/x/y", true);
        let node = set_all(&spec, "{kind: A, spec: {items: [{}, {x: {y: old}}]}}");
        assert_eq!(
            node,
            parse("{kind: A, spec: {items: [{x: {y: new}}, {x: {y: new}}]}}")
        );
    }

    #[test]
    fn names_may_hold_slashes() {
        assert_eq!(split_first("a\\/b/c"), (Cow::Borrowed("a/b"), Some("c")));
        assert_eq!(split_first("c"), (Cow::Borrowed("c"), None));
    }

    #[test]
    fn a_list_hint_is_never_created() {
        let spec = FieldSpec::new(Gvk::default(), "spec/items[]/x", true);
        assert_eq!(
            set_all(&spec, "{kind: A, spec: {}}"),
            parse("{kind: A, spec: {}}")
        );
    }

    #[test]
    fn a_general_spec_is_dropped_after_a_special_one() {
        let mut specs = vec![FieldSpec::new(Gvk::fixed("", "", "A"), "x", false)];
        merge_one(&mut specs, &FieldSpec::new(Gvk::default(), "x", false)).expect("covered");
        assert_eq!(specs.len(), 1);
        assert!(merge_one(&mut specs, &FieldSpec::new(Gvk::default(), "x", true)).is_err());
    }
}

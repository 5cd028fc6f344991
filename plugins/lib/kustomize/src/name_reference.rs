//! Follows renamed objects: fields that hold the old name of an object get its new one.

use std::collections::HashMap;

use sluice_yaml::{Kind, Node, Tag};

use crate::error::{Error, Result};
use crate::fieldspec::{FieldSpec, Reason};
use crate::history::PreviousId;
use crate::node::{is_null, set_field, set_scalar};
use crate::resid::{Gvk, IdRef, NO_NAMESPACE, parse_api_version};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::transformer_config::BackReference;

/// What the search needs to know of an object while another one is changed.
struct Candidate {
    group: String,
    version: String,
    kind: String,
    name: String,
    namespace: String,
    effective_namespace: String,
    original_namespace: String,
    cluster_scoped: bool,
    previous: Vec<PreviousId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

impl Candidate {
    fn new(resource: &Resource) -> Self {
        let id = resource.id();
        Self {
            group: id.group.into(),
            version: id.version.into(),
            kind: id.kind.into(),
            name: id.name.into(),
            namespace: id.namespace.into(),
            effective_namespace: id.effective_namespace().into(),
            original_namespace: resource.original_id().effective_namespace().into(),
            cluster_scoped: id.cluster_scoped,
            previous: resource.history.ids().to_vec(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
        }
    }

    fn had_name(&self, name: &str) -> bool {
        self.previous.iter().any(|previous| previous.name == name)
    }

    fn was_selected_by(&self, gvk: &Gvk) -> bool {
        self.previous
            .iter()
            .any(|previous| gvk.selects_parts(&self.group, &self.version, &previous.kind))
    }

    /// Equal ends of both lists of names' additions; with `allow_empty` one side may have none.
    fn has_affixes_of(&self, other: &Candidate, allow_empty: bool) -> bool {
        let fits = |mine: &[String], theirs: &[String]| {
            (allow_empty && (mine.is_empty() || theirs.is_empty())) || same_ending(mine, theirs)
        };
        fits(&self.prefixes, &other.prefixes) && fits(&self.suffixes, &other.suffixes)
    }
}

fn same_ending(left: &[String], right: &[String]) -> bool {
    let (short, long) = if left.len() > right.len() {
        (right, left)
    } else {
        (left, right)
    };
    if short.is_empty() {
        long.is_empty()
    } else {
        long.ends_with(short)
    }
}

/// Rewrites all references.
pub(crate) fn fix_references(objects: &mut ResMap, references: &[BackReference]) -> Result<()> {
    let candidates: Vec<Candidate> = objects.resources().iter().map(Candidate::new).collect();
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        for previous in &candidate.previous {
            let list = by_name.entry(previous.name.as_str()).or_default();
            if list.last() != Some(&at) {
                list.push(at);
            }
        }
    }
    let specs = SpecsByKind::new(references);
    for (at, resource) in objects.resources_mut().iter_mut().enumerate() {
        let selected = specs.of(&resource.original_id());
        if selected.is_empty() {
            continue;
        }
        let referrer = Referrer {
            this: &candidates[at],
            candidates: &candidates,
            by_name: &by_name,
            binding_namespaces: binding_namespaces(resource)?,
            role: role_of(resource.node()),
        };
        for (target, spec) in selected {
            let search = Search {
                referrer: &referrer,
                target,
                follows_role: spec.path.ends_with("roleRef/name"),
            };
            spec.apply_to_selected(resource.node_mut(), None, &mut |field| search.set(field))
                .map_err(|error| {
                    error.within(format!(
                        "updating name reference in '{}' field of '{}'",
                        spec.path,
                        resource.id()
                    ))
                })?;
        }
    }
    Ok(())
}

/// Field specs in their order, found by the kind they are for.
struct SpecsByKind<'r> {
    by_kind: HashMap<&'r str, Vec<usize>>,
    all: Vec<(&'r Gvk, &'r FieldSpec)>,
}

impl<'r> SpecsByKind<'r> {
    fn new(references: &'r [BackReference]) -> Self {
        let mut by_kind: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut all = Vec::new();
        for reference in references {
            for spec in &reference.referrers {
                by_kind.entry(&spec.gvk.kind).or_default().push(all.len());
                all.push((&reference.target, spec));
            }
        }
        Self { by_kind, all }
    }

    fn of(&self, id: &IdRef<'_>) -> Vec<(&'r Gvk, &'r FieldSpec)> {
        let list = |kind: &str| self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        let mut positions = list(id.kind).to_vec();
        if !id.kind.is_empty() {
            positions.extend(list(""));
            positions.sort_unstable();
        }
        positions
            .into_iter()
            .map(|at| self.all[at])
            .filter(|(_, spec)| spec.gvk.selects(id))
            .collect()
    }
}

/// Namespaces of the service accounts that a RoleBinding names.
fn binding_namespaces(resource: &Resource) -> Result<Vec<String>> {
    let mut namespaces = Vec::new();
    if resource.id().kind != "RoleBinding" {
        return Ok(namespaces);
    }
    for subject in resource
        .node()
        .get("subjects")
        .map(Node::items)
        .unwrap_or_default()
    {
        let is_account = subject
            .get("kind")
            .is_some_and(|kind| kind.value == "ServiceAccount");
        let Some(namespace) = subject.get("namespace").filter(|_| is_account) else {
            continue;
        };
        if namespace.is_null() {
            let reason = "Invalid Input: namespace is blank".into();
            return Err(Error::Object {
                object: resource.id().to_string(),
                reason,
            });
        }
        namespaces.push(namespace.value.clone());
    }
    Ok(namespaces)
}

fn role_of(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef").filter(|role| !is_null(role))?;
    let (group, kind) = (role.get("apiGroup")?, role.get("kind")?);
    Some(Gvk::owned(group.value.clone(), String::new(), kind.value.clone()))
}

/// The object whose fields are rewritten, among all others.
struct Referrer<'c> {
    this: &'c Candidate,
    candidates: &'c [Candidate],
    by_name: &'c HashMap<&'c str, Vec<usize>>,
    binding_namespaces: Vec<String>,
    role: Option<Gvk>,
}

impl Referrer<'_> {
    /// Objects that this one can refer to at all.
    fn can_refer_to(&self, other: &Candidate) -> bool {
        self.this.cluster_scoped
            || other.cluster_scoped
            || self.this.effective_namespace == other.effective_namespace
            || self.binding_namespaces.contains(&other.namespace)
    }

    fn has_any_in(&self, namespace: &str, of: impl Fn(&Candidate) -> &str) -> bool {
        namespace != NO_NAMESPACE
            && self
                .candidates
                .iter()
                .any(|other| of(other) == namespace && self.can_refer_to(other))
    }
}

struct Search<'s, 'c> {
    referrer: &'s Referrer<'c>,
    target: &'s Gvk,
    follows_role: bool,
}

impl<'c> Search<'_, 'c> {
    fn set(&self, field: &mut Node) -> Result<(), Reason> {
        if is_null(field) {
            return Ok(());
        }
        match field.kind {
            Kind::Scalar => self.set_name(field),
            Kind::Mapping => self.set_map(field),
            Kind::Sequence => field.content.iter_mut().try_for_each(|item| match item.kind {
                _ if is_null(item) => Ok(()),
                Kind::Scalar => self.set_name(item),
                Kind::Mapping => self.set_map(item),
                Kind::Sequence => Err("a list is expected to hold strings or maps".into()),
            }),
        }
    }

    fn set_name(&self, field: &mut Node) -> Result<(), Reason> {
        let same = |a: &Candidate, b: &Candidate| a.name == b.name;
        match self.select(&field.value, |_| true, same)? {
            Some(found) if found.name != field.value => {
                set_scalar(field, found.name.as_str(), Tag::None).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }

    /// A map of name and namespace.
    fn set_map(&self, field: &mut Node) -> Result<(), Reason> {
        let Some(name) = field.get("name").map(|name| name.value.clone()) else {
            return Err("path config error; no 'name' field in node".into());
        };
        let namespace = field.get("namespace").map(|namespace| namespace.value.clone());
        let same = |a: &Candidate, b: &Candidate| a.name == b.name && a.namespace == b.namespace;
        let found = match &namespace {
            None => self.select(&name, |_| true, same)?,
            Some(wanted)
                if self
                    .referrer
                    .has_any_in(wanted, |other| &other.original_namespace) =>
            {
                self.select(&name, |other| other.original_namespace == *wanted, same)?
            }
            Some(wanted) => self.select(
                &name,
                |other| wanted != NO_NAMESPACE && other.effective_namespace == *wanted,
                same,
            )?,
        };
        let Some(found) = found else { return Ok(()) };
        if found.name == name && found.namespace.is_empty() {
            return Ok(());
        }
        set_field(field, "name", Node::scalar(found.name.as_str())).map_err(|error| error.to_string())?;
        if found.namespace.is_empty() {
            return Ok(());
        }
        set_field(field, "namespace", Node::scalar(found.namespace.as_str()))
            .map_err(|error| error.to_string())
    }

    /// The one object that the old name means.
    fn select(
        &self,
        name: &str,
        in_place: impl Fn(&Candidate) -> bool,
        same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Result<Option<&'c Candidate>, Reason> {
        let named = self.referrer.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<&Candidate> = named
            .iter()
            .map(|at| &self.referrer.candidates[*at])
            .filter(|other| self.referrer.can_refer_to(other) && in_place(other))
            .filter(|other| other.had_name(name) && other.was_selected_by(self.target))
            .filter(|other| self.fits_role(other) && self.fits_namespace(other))
            .collect();
        if let [one] = found.as_slice() {
            return Ok(Some(one));
        }
        let this = self.referrer.this;
        found.retain(|other| other.has_affixes_of(this, true));
        if found.len() > 1 {
            found.retain(|other| other.has_affixes_of(this, false));
        }
        match found.as_slice() {
            [] => Ok(None),
            [first, others @ ..] if others.iter().all(|other| same(first, other)) => Ok(Some(first)),
            _ => Err(ambiguous(&found)),
        }
    }

    fn fits_role(&self, other: &Candidate) -> bool {
        match &self.referrer.role {
            Some(role) if self.follows_role => other.was_selected_by(role),
            _ => true,
        }
    }

    fn fits_namespace(&self, other: &Candidate) -> bool {
        let this = self.referrer.this;
        this.cluster_scoped
            || other.cluster_scoped
            || other.kind == "ServiceAccount"
            || this.effective_namespace == other.effective_namespace
    }
}

fn ambiguous(found: &[&Candidate]) -> Reason {
    let id = |other: &&Candidate| {
        let api_version = if other.group.is_empty() {
            other.version.clone()
        } else {
            format!("{}/{}", other.group, other.version)
        };
        let (group, version) = parse_api_version(&api_version);
        let (kind, name, namespace) = (&other.kind, &other.name, &other.namespace);
        IdRef {
            group,
            version,
            kind,
            name,
            namespace,
            cluster_scoped: false,
        }
        .to_string()
    };
    let ids: Vec<String> = found.iter().map(id).collect();
    format!("found multiple possible referrals: {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert!(same_ending(&list(&["a", "b"]), &list(&["b"])));
        assert!(same_ending(&[], &[]));
        assert!(!same_ending(&list(&["a"]), &[]));
        assert!(!same_ending(&list(&["a", "b"]), &list(&["a"])));
    }
}

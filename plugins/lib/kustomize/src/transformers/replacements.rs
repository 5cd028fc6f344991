//! ReplacementTransformer: `replacements`.

use serde_json::Value;
use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use super::structured_data::set_in_text;
use crate::error::{Error, Result};
use crate::kustomization::decode::{Decode, Place};
use crate::kustomization::{FieldOptions, Replacement, SourceSelector, TargetSelector};
use crate::loader::Loader;
use crate::node::{Match, at_mut, is_nil_or_empty, lookup, match_paths, position_of, split_path_smart};
use crate::resid::{Gvk, IdRef};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::selector::{IdPatterns, Selection};
use crate::session::Session;
use crate::shared_text::unmark;

mod annotations;

const DEFAULT_PATH: &str = "metadata.name";

/// Copies values between objects.
pub(crate) struct ReplacementTransformer {
    replacements: Vec<Replacement>,
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::Transform {
        transformer: "ReplacementTransformer",
        reason: reason.into(),
    }
}

impl ReplacementTransformer {
    /// Loads the files that replacements name.
    pub fn new(list: &[Replacement], loader: &Loader<'_>) -> Result<Self> {
        let mut replacements = Vec::with_capacity(list.len());
        for entry in list {
            if entry.path.is_empty() {
                replacements.push(entry.clone());
                continue;
            }
            if entry.source.is_some() || entry.targets.as_ref().is_some_and(|targets| !targets.is_empty()) {
                return Err(wrong("cannot specify both path and inline replacement"));
            }
            replacements.extend(read_file(&entry.path, loader)?);
        }
        Ok(Self { replacements })
    }
}

fn read_file(path: &str, loader: &Loader<'_>) -> Result<Vec<Replacement>> {
    let bytes = loader.load(path)?;
    let bad = |field: String, reason: String| Error::Config {
        what: "replacement",
        file: path.into(),
        field,
        reason,
    };
    let limits = &loader.session().options.limits.yaml;
    let value = sluice_yaml::read_value(&bytes, false, limits)
        .map_err(|error| bad(String::new(), error.to_string()))?;
    let place = Place::root("Replacement", false).lenient();
    let read = match &value {
        Value::Array(_) => Vec::decode(&value, &place),
        Value::Object(_) => Replacement::decode(&value, &place).map(|one| vec![one]),
        _ => {
            return Err(bad(
                String::new(),
                "unsupported replacement type encountered within replacement path".into(),
            ));
        }
    };
    read.map_err(|error| bad(error.field, error.reason))
}

impl Transformer for ReplacementTransformer {
    fn kind(&self) -> &'static str {
        "ReplacementTransformer"
    }

    fn transform(&self, objects: &mut ResMap, session: &Session<'_>) -> Result<()> {
        for replacement in &self.replacements {
            let Some(targets) = &replacement.targets else {
                return Err(wrong(
                    "replacements must specify a source and at least one target",
                ));
            };
            let shown = annotations::are_copied(replacement, targets);
            if shown {
                annotations::show(objects);
            }
            let mut source = read_source(replacement, objects)?;
            for target in targets {
                apply(target, &mut source, objects, session)?;
            }
            if shown {
                annotations::restore(objects);
            }
        }
        objects.drop_empties();
        Ok(())
    }
}

/// kustomize refuses lists of former names, namespaces and kinds that do not fit together.
fn check_previous(resource: &Resource) -> Result<()> {
    if resource.history.is_uneven() {
        return Err(wrong(
            "number of previous names, number of previous namespaces, number of previous kinds not equal",
        ));
    }
    Ok(())
}

/// All ids of an object, as written: scope does not count here.
fn ids(resource: &Resource) -> impl Iterator<Item = IdRef<'_>> {
    std::iter::once(resource.id())
        .chain(resource.previous_ids())
        .map(|id| IdRef {
            cluster_scoped: false,
            ..id
        })
}

/// The value to copy. kustomize holds the source's own node: where a target is that node, later targets get what it became.
struct Source {
    value: Node,
    /// The object and the positions of the node in it; none for a value of its own.
    place: Option<(usize, Vec<usize>)>,
}

impl Source {
    /// Takes the node up again after a change of an object, at `written` when it is known.
    fn follow(&mut self, object: usize, node: &mut Node, written: Option<&[usize]>) {
        let Some((_, at)) = self.place.as_ref().filter(|(holder, _)| *holder == object) else {
            return;
        };
        if written.is_some_and(|written| at.len() > written.len() && at.starts_with(written)) {
            // What held the node was replaced: the node lives on as it was.
            self.place = None;
        } else if let Some(node) = at_mut(node, at) {
            self.value.clone_from(node);
        }
    }
}

fn read_source(replacement: &Replacement, objects: &ResMap) -> Result<Source> {
    let source = match (&replacement.source_value, &replacement.source) {
        (Some(_), Some(_)) => return Err(wrong("value and resource selectors are mutually exclusive")),
        (None, None) => {
            return Err(wrong(
                "replacements must specify a source and at least one target",
            ));
        }
        (Some(text), None) => {
            return Ok(Source {
                value: Node::scalar(text.as_str()),
                place: None,
            });
        }
        (None, Some(source)) => source,
    };
    let (object, resource) = select_source(source, objects)?;
    let path = if source.field_path.is_empty() {
        DEFAULT_PATH
    } else {
        &source.field_path
    };
    let found = lookup(resource.node(), &split_path_smart(path, '.'))
        .map_err(|reason| wrong(format!("error looking up replacement source: {reason}")))?;
    let Some(node) = found.filter(|node| !is_nil_or_empty(node)) else {
        let source = describe_source(source);
        return Err(wrong(format!(
            "fieldPath `{path}` is missing for replacement source {source}"
        )));
    };
    let refined = refine(source.options.as_ref(), node)?;
    Ok(match refined {
        Some(value) => Source { value, place: None },
        None => Source {
            value: node.clone(),
            place: position_of(resource.node(), node).map(|at| (object, at)),
        },
    })
}

fn describe_source(source: &SourceSelector) -> String {
    IdRef {
        group: &source.group,
        version: &source.version,
        kind: &source.kind,
        name: &source.name,
        namespace: &source.namespace,
        cluster_scoped: false,
    }
    .to_string()
}

fn select_source<'o>(source: &SourceSelector, objects: &'o ResMap) -> Result<(usize, &'o Resource)> {
    let gvk = Gvk::owned(source.group.clone(), source.version.clone(), source.kind.clone());
    let namespace = IdRef {
        namespace: &source.namespace,
        ..IdRef::new("", "", "", "")
    }
    .effective_namespace();
    let selected = |id: &IdRef<'_>| {
        (source.name.is_empty() || source.name == id.name)
            && (source.namespace.is_empty() || namespace == id.effective_namespace())
            && gvk.selects(id)
    };
    objects.resources().iter().try_for_each(check_previous)?;
    let mut found = objects
        .resources()
        .iter()
        .enumerate()
        .filter(|(_, resource)| ids(resource).any(|id| selected(&id)));
    let first = found
        .next()
        .ok_or_else(|| wrong(format!("nothing selected by {}", describe_source(source))))?;
    match found.next() {
        Some(_) => Err(wrong(format!(
            "multiple matches for selector {}",
            describe_source(source)
        ))),
        None => Ok(first),
    }
}

/// The part of the value that the options name; none for the whole.
fn refine(options: Option<&FieldOptions>, node: &Node) -> Result<Option<Node>> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else {
        return Ok(None);
    };
    if !node.is_scalar() {
        return Err(wrong("delimiter option can only be used with scalar nodes"));
    }
    let part = usize::try_from(options.index)
        .ok()
        .and_then(|at| node.value.split(&options.delimiter).nth(at));
    let Some(part) = part else {
        return Err(wrong(format!(
            "options.index {} is out of bounds for value {}",
            options.index, node.value
        )));
    };
    let mut refined = node.clone();
    refined.value = part.to_owned();
    Ok(Some(refined))
}

fn apply(
    target: &TargetSelector,
    source: &mut Source,
    objects: &mut ResMap,
    session: &Session<'_>,
) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(wrong("target must specify resources to select"));
    };
    let selected = Selection::new(select)?;
    let ids_selected = IdPatterns::new(select)?;
    let rejected = target
        .reject
        .iter()
        .map(|reject| Ok((reject, IdPatterns::new(reject)?, Selection::new(reject)?)));
    let rejected: Vec<_> = rejected.collect::<Result<_>>()?;
    for (number, resource) in objects.resources_mut().iter_mut().enumerate() {
        check_previous(resource)?;
        let by_metadata = rejected.iter().any(|(raw, _, selection)| {
            !(raw.label_selector.is_empty() && raw.annotation_selector.is_empty())
                && selection.matches_metadata(resource)
        });
        let by_id = rejected
            .iter()
            .any(|(_, patterns, _)| !patterns.is_empty() && ids(resource).any(|id| patterns.matches(&id)));
        if by_metadata || by_id || !selected.matches_metadata(resource) {
            continue;
        }
        if ids(resource).any(|id| ids_selected.matches(&id)) {
            copy_value(resource, number, target, source, session)?;
            resource.settle_shared();
            source.follow(number, resource.node_mut(), None);
        }
    }
    Ok(())
}

fn copy_value(
    resource: &mut Resource,
    number: usize,
    target: &TargetSelector,
    source: &mut Source,
    session: &Session<'_>,
) -> Result<()> {
    let default = [DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() {
        &default[..]
    } else {
        &target.field_paths
    };
    let options = target.options.as_ref();
    let create = options
        .filter(|options| options.create)
        .map(|_| source.value.kind);
    for path in paths {
        let parts = split_path_smart(path, '.');
        session.count_replacement()?;
        if set_in_text(
            resource.node_mut(),
            &parts,
            &source.value,
            create,
            &session.options.limits.yaml,
        ) {
            source.follow(number, resource.node_mut(), None);
            continue;
        }
        let wanted = if create.is_some() {
            "find or create"
        } else {
            "find"
        };
        let missing = format!("unable to {wanted} field {path:?} in replacement target");
        let found = match_paths(resource.node_mut(), &parts, create)
            .map_err(|reason| wrong(format!("{missing} {}: {reason}", resource.id())))?;
        if found.is_empty() {
            return Err(wrong(format!("{missing} {}", resource.id())));
        }
        // What was created on the way may be below the source.
        source.follow(number, resource.node_mut(), None);
        for place in found {
            session.count_replacement()?;
            if let Match::At(at) = place
                && let Some(field) = at_mut(resource.node_mut(), &at)
            {
                set_value(options, field, &source.value)?;
                source.follow(number, resource.node_mut(), Some(&at));
            }
        }
    }
    Ok(())
}

fn set_value(options: Option<&FieldOptions>, field: &mut Node, value: &Node) -> Result<()> {
    let mut text = value.value.clone();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if field.kind != Kind::Scalar {
            return Err(wrong("delimiter option can only be used with scalar nodes"));
        }
        text = splice(
            &field.value,
            options,
            if value.tag == Tag::Null { "" } else { &value.value },
        );
    }
    if field.kind == Kind::Scalar {
        // Only the text: the field keeps its type, or takes the one that the text reads as.
        field.value = text;
    } else {
        let mut whole = value.clone();
        unmark(&mut whole);
        whole.value = text;
        *field = whole;
    }
    Ok(())
}

/// Puts a part into a delimited text: before it, behind it, or in place of a part.
fn splice(text: &str, options: &FieldOptions, part: &str) -> String {
    let mut parts: Vec<&str> = text.split(&options.delimiter).collect();
    match usize::try_from(options.index) {
        Err(_) => parts.insert(0, part),
        Ok(at) if at >= parts.len() => parts.push(part),
        Ok(at) => parts[at] = part,
    }
    parts.join(&options.delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_delimited_text_e80() {
        let options = |index| FieldOptions {
            delimiter: "/".into(),
            index,
            ..FieldOptions::default()
        };
        assert_eq!(splice("a/b", &options(1), "x"), "a/x");
        assert_eq!(splice("a/b", &options(-1), "x"), "x/a/b");
        assert_eq!(splice("a/b", &options(9), "x"), "a/b/x");
    }
}

//! One object under construction: its node, its former ids, and what kustomize keeps beside them.
//!
//! kustomize keeps all of it in annotations of the object; here they are fields, and the annotations exist only at the
//! borders: objects that come in with them, and JSON patches that rely on the annotation map being there.

use std::rc::Rc;

use sluice_yaml::{Kind, Node, Style};

use crate::error::{Error, Result};
use crate::history::{History, PreviousId};
use crate::node::{self, StringMap, WrongKind, is_nil_or_empty, meta_map, meta_text, set_meta_map, top_text};
use crate::origin::{ORIGIN_ANNOTATION, Origin, TRANSFORMATIONS_ANNOTATION, transformations_text};
use crate::resid::{IdRef, parse_api_version};
use crate::shared_text::SharedTexts;
use annotations::BUILD_ANNOTATIONS;

mod annotations;

/// What a generator does with an object that is already there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Behavior {
    /// As `Create`.
    #[default]
    Unspecified,
    /// The object must be new.
    Create,
    /// The new object takes the place of the old one.
    Replace,
    /// The new data is laid over the old.
    Merge,
}

impl Behavior {
    /// Unknown words mean nothing, as in kustomize.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "create" => Self::Create,
            "replace" => Self::Replace,
            "merge" => Self::Merge,
            _ => Self::Unspecified,
        }
    }

    /// As kustomize prints it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Merge => "merge",
        }
    }
}

/// An object under construction.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    node: Option<Node>,
    pub history: History,
    pub prefixes: Vec<String>,
    pub suffixes: Vec<String>,
    pub behavior: Option<Behavior>,
    pub needs_hash: bool,
    pub allow_name_change: bool,
    pub allow_kind_change: bool,
    /// Names of the vars that read this object.
    pub vars: Vec<String>,
    pub origin: Option<Rc<Origin>>,
    /// The origin is also an annotation of the object while it is built.
    pub noted: bool,
    pub transformations: Vec<Rc<Origin>>,
    /// A chart gave it: it has the namespace that the chart was told.
    pub from_chart: bool,
    /// Labels and annotations that stand in several places as one.
    pub shared: SharedTexts,
    /// The annotations, kustomize's own among them, that were there when all were last written at once, with the styles
    /// that they have since then.
    pub settled_annotations: Vec<(String, Style)>,
}

/// The id of an object.
pub(crate) fn id_of(node: &Node) -> IdRef<'_> {
    IdRef::new(
        top_text(node, "apiVersion"),
        top_text(node, "kind"),
        meta_text(node, "name"),
        meta_text(node, "namespace"),
    )
}

impl Resource {
    /// An object as it was read; internal annotations become fields.
    pub fn new(node: Node) -> Self {
        let mut resource = Self {
            node: Some(node),
            history: History::default(),
            prefixes: Vec::new(),
            suffixes: Vec::new(),
            behavior: None,
            needs_hash: false,
            allow_name_change: false,
            allow_kind_change: false,
            vars: Vec::new(),
            origin: None,
            noted: false,
            transformations: Vec::new(),
            from_chart: false,
            shared: SharedTexts::default(),
            settled_annotations: Vec::new(),
        };
        resource.absorb_annotations();
        resource
    }

    /// The node; an empty mapping's stand-in never occurs, as deleted objects are dropped.
    pub fn node(&self) -> &Node {
        static EMPTY: std::sync::OnceLock<Node> = std::sync::OnceLock::new();
        self.node.as_ref().unwrap_or_else(|| EMPTY.get_or_init(Node::map))
    }

    /// The node to change.
    pub fn node_mut(&mut self) -> &mut Node {
        self.node.get_or_insert_with(Node::map)
    }

    /// Takes the node out; the object counts as deleted until another one is put in.
    pub fn take_node(&mut self) -> Node {
        self.node.take().unwrap_or_else(Node::map)
    }

    /// Puts a node in; none deletes the object.
    pub fn put_node(&mut self, node: Option<Node>) {
        self.node = node;
    }

    /// True when a patch deleted the object or left nothing of it.
    pub fn is_empty(&self) -> bool {
        self.node.as_ref().is_none_or(is_nil_or_empty)
    }

    /// The id of today.
    pub fn id(&self) -> IdRef<'_> {
        id_of(self.node())
    }

    /// A former id.
    pub fn previous_id<'a>(&'a self, previous: &'a PreviousId) -> IdRef<'a> {
        let (group, version) = parse_api_version(top_text(self.node(), "apiVersion"));
        IdRef {
            group,
            version,
            kind: &previous.kind,
            name: &previous.name,
            namespace: &previous.namespace,
            cluster_scoped: false,
        }
    }

    /// All former ids, the first one first.
    pub fn previous_ids(&self) -> impl Iterator<Item = IdRef<'_>> {
        self.history
            .ids()
            .iter()
            .map(|previous| self.previous_id(previous))
    }

    /// The id under which the object was read.
    pub fn original_id(&self) -> IdRef<'_> {
        self.history
            .ids()
            .first()
            .map_or_else(|| self.id(), |previous| self.previous_id(previous))
    }

    /// Remembers the id of today.
    pub fn store_previous_id(&mut self) {
        let id = self.id();
        let previous = PreviousId {
            namespace: id.effective_namespace().into(),
            name: id.name.into(),
            kind: id.kind.into(),
        };
        self.history.push(previous);
        self.clear_scalar_annotations();
    }

    /// Labels or annotations.
    pub fn meta_map(&self, name: &str) -> StringMap {
        meta_map(self.node(), name)
    }

    /// Writes all annotations as text, as kustomize does whenever it notes something in them.
    pub fn write_annotations_as_text(&mut self) -> Result<()> {
        let annotations = self.meta_map("annotations");
        if annotations.is_empty() {
            self.clear_scalar_annotations();
            return Ok(());
        }
        self.change("metadata/annotations", |node| {
            set_meta_map(node, "annotations", &annotations)
        })
    }

    /// Makes the places of shared texts equal again after the node was changed.
    pub fn settle_shared(&mut self) {
        if let Some(node) = &mut self.node {
            self.shared.settle(node);
        }
    }

    /// Writes what belongs into the output's annotations and drops what does not; all values become text.
    pub fn finish(&mut self, origins: bool, transformations: bool) -> Result<()> {
        let mut annotations = self.meta_map("annotations");
        for name in BUILD_ANNOTATIONS {
            annotations.remove(*name);
        }
        annotations.remove(ORIGIN_ANNOTATION);
        annotations.remove(TRANSFORMATIONS_ANNOTATION);
        if let Some(origin) = self.origin.as_ref().filter(|_| origins) {
            annotations.insert(ORIGIN_ANNOTATION.into(), origin.text());
        }
        if transformations && !self.transformations.is_empty() {
            annotations.insert(
                TRANSFORMATIONS_ANNOTATION.into(),
                transformations_text(&self.transformations),
            );
        }
        let has_field = self
            .node()
            .get("metadata")
            .is_some_and(|metadata| metadata.get("annotations").is_some());
        if has_field || !annotations.is_empty() {
            self.change("annotations", |node| {
                set_meta_map(node, "annotations", &annotations)
            })?;
        }
        Ok(())
    }

    /// Runs a change of the node; its error names the object and the field.
    pub fn change(
        &mut self,
        field: &str,
        change: impl FnOnce(&mut Node) -> Result<(), WrongKind>,
    ) -> Result<()> {
        change(self.node_mut()).map_err(|error| self.field_error(field, error))
    }

    /// The object in messages: its id, and the file that people find it in.
    pub fn place(&self) -> String {
        match self.origin.as_ref().and_then(|origin| origin.file()) {
            Some(file) => format!("{} in {file}", self.id()),
            None => self.id().to_string(),
        }
    }

    /// An error about a field of this object.
    #[allow(clippy::needless_pass_by_value, reason = "what map_err gives")]
    pub fn field_error(&self, field: &str, reason: impl ToString) -> Error {
        Error::Field {
            field: field.into(),
            object: self.id().to_string(),
            reason: reason.to_string(),
        }
    }

    /// Takes over labels, annotations, name, namespace and history of an object that this one stands for.
    pub fn copy_metadata_from(&mut self, old: &Resource) -> Result<()> {
        let labels = overlay(old.meta_map("labels"), self.meta_map("labels"));
        let below = old.meta_map("annotations");
        let mut annotations = overlay(below.clone(), self.meta_map("annotations"));
        annotations::prefer_build_annotations_of(&below, &mut annotations);
        self.change("metadata/labels", |node| set_meta_map(node, "labels", &labels))?;
        self.change("metadata/annotations", |node| {
            set_meta_map(node, "annotations", &annotations)
        })?;
        let (name, namespace) = (old.id().name.to_owned(), old.id().namespace.to_owned());
        self.change("metadata/name", |node| node::set_meta_text(node, "name", &name))?;
        self.change("metadata/namespace", |node| node::set_namespace(node, &namespace))?;
        self.needs_hash &= old.needs_hash;
        self.history.clone_from(&old.history);
        self.prefixes.clone_from(&old.prefixes);
        self.suffixes.clone_from(&old.suffixes);
        self.behavior = old.behavior;
        self.vars.clone_from(&old.vars);
        if self.transformations.is_empty() {
            self.transformations.clone_from(&old.transformations);
        }
        Ok(())
    }

    /// Lays this object's `data` and `binaryData` over those of the old one.
    pub fn merge_data_from(&mut self, old: &Resource) -> Result<()> {
        for field in ["data", "binaryData"] {
            let merged = overlay(
                node::data_map(old.node().get(field)),
                node::data_map(self.node().get(field)),
            );
            let node = self.node_mut();
            node.remove(field);
            for (key, text) in &merged {
                let target = node::field_or_create(node, field, Kind::Mapping);
                if let Ok(Some(map)) = target {
                    node::push_text(map, key, text);
                }
            }
        }
        Ok(())
    }
}

fn overlay(mut below: StringMap, above: StringMap) -> StringMap {
    below.extend(above);
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Resource {
        let limits = sluice_yaml::Limits::default();
        Resource::new(
            sluice_yaml::parse_document(text.as_bytes(), &limits)
                .expect("YAML")
                .expect("a document"),
        )
    }

    #[test]
    fn internal_annotations_become_fields() {
        let resource = parse(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {internal.config.kubernetes.io/needsHashSuffix: enabled, x: 1.0}}}",
        );
        assert!(resource.needs_hash);
        assert_eq!(resource.meta_map("annotations").len(), 1);
    }

    #[test]
    fn annotations_end_as_their_source_text_e67() {
        let mut resource =
            parse("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, annotations: {x: 1.0, y: 1e3}}}");
        resource.finish(false, false).expect("a map");
        let json = sluice_yaml::to_json(resource.node(), sluice_yaml::Schema::V3).expect("JSON");
        assert_eq!(
            json["metadata"]["annotations"],
            serde_json::json!({"x": "1.0", "y": "1e3"})
        );
    }

    #[test]
    fn remembers_the_first_id() {
        let mut resource = parse("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}");
        resource.store_previous_id();
        resource
            .change("metadata/name", |node| node::set_meta_text(node, "name", "b"))
            .expect("a map");
        assert_eq!(resource.original_id().name, "a");
        assert_eq!(resource.id().name, "b");
    }
}

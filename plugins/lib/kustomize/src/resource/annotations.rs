//! What kustomize keeps in annotations of an object while it builds, and when they show.

use std::rc::Rc;

use sluice_yaml::{Kind, Node, Value};

use super::{Behavior, Resource};
use crate::node::{StringMap, is_null, push_field, push_text, style_of_new, untagged};
use crate::origin::{ORIGIN_ANNOTATION, Origin, TRANSFORMATIONS_ANNOTATION, transformations_text};

const DOMAIN: &str = "internal.config.kubernetes.io/";
const ENABLED: &str = "enabled";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";

/// Annotations that never reach the output: first those that are fields of an object here.
pub(super) static BUILD_ANNOTATIONS: &[&str] = &[
    "internal.config.kubernetes.io/previousKinds",
    "internal.config.kubernetes.io/previousNames",
    "internal.config.kubernetes.io/prefixes",
    "internal.config.kubernetes.io/suffixes",
    "internal.config.kubernetes.io/previousNamespaces",
    "internal.config.kubernetes.io/allowNameChange",
    "internal.config.kubernetes.io/allowKindChange",
    "internal.config.kubernetes.io/refBy",
    "internal.config.kubernetes.io/generatorBehavior",
    NEEDS_HASH,
    "internal.config.kubernetes.io/helm-generated",
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
];

/// How many of them are fields; the others stay in the object until it is written.
const FIELDS: usize = 11;

impl Resource {
    /// A patch. What it says of the hash of names stays an annotation, which it lays over that of the object.
    pub fn of_patch(mut node: Node) -> Self {
        let said = annotations_of(Some(&mut node)).and_then(|found| found.get(NEEDS_HASH).cloned());
        let mut patch = Self::new(node);
        if let (Some(said), Some(annotations)) = (said, annotations_of(patch.node.as_mut())) {
            push_field(annotations, NEEDS_HASH, said);
        }
        patch
    }

    /// True when kustomize would hold anything in annotations of the object.
    pub fn has_build_annotations(&self) -> bool {
        !self.history.is_empty()
            || !self.prefixes.is_empty()
            || !self.suffixes.is_empty()
            || self.behavior.is_some()
            || self.needs_hash
            || self.allow_name_change
            || self.allow_kind_change
            || self.from_chart
            || self.noted
    }

    /// True when both hold the same in annotations of kustomize.
    pub fn has_notes_of(&self, other: &Self) -> bool {
        self.history == other.history
            && self.prefixes == other.prefixes
            && self.suffixes == other.suffixes
            && self.behavior == other.behavior
            && self.needs_hash == other.needs_hash
            && self.noted == other.noted
            && self.transformations == other.transformations
    }

    /// Forgets what kustomize would have lost with the object's annotations.
    pub fn drop_build_annotations(&mut self) {
        self.history.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.behavior = None;
        self.needs_hash = false;
        self.allow_name_change = false;
        self.allow_kind_change = false;
        self.from_chart = false;
        self.forget_notes();
    }

    /// Forgets origin and transformations, which kustomize keeps in annotations that a patch may take away.
    pub fn forget_notes(&mut self) {
        if self.noted {
            self.noted = false;
            self.origin = None;
            self.transformations.clear();
        }
    }

    /// Drops what is no collection where annotations stand, as kustomize does before it notes something there.
    pub fn clear_scalar_annotations(&mut self) {
        let metadata = self.node.as_mut().and_then(|node| node.get_mut("metadata"));
        if let Some(metadata) = metadata
            && metadata.get("annotations").is_some_and(Node::is_scalar)
        {
            metadata.remove("annotations");
        }
    }

    /// Makes a map for annotations where kustomize has one for its own.
    pub fn ensure_annotations(&mut self) {
        if !self.has_build_annotations() {
            return;
        }
        let metadata = self.node_mut().get_mut("metadata");
        if let Some(metadata) = metadata.filter(|metadata| metadata.is_map())
            && metadata.get("annotations").is_none_or(is_null)
        {
            metadata.remove("annotations");
            push_field(metadata, "annotations", untagged(Kind::Mapping));
        }
    }

    /// Writes what kustomize holds in annotations into the node, for what reads or writes all annotations.
    pub fn show_build_annotations(&mut self) {
        self.ensure_annotations();
        let shown = self.build_annotations();
        let Some(annotations) = annotations_of(self.node.as_mut()).filter(|found| found.is_map()) else {
            return;
        };
        for (name, text) in &shown {
            annotations.remove(name);
            push_text(annotations, name, text);
        }
    }

    /// Takes shown annotations out of the node again: internal ones survive any patch in kustomize, others do not.
    pub fn hide_build_annotations(&mut self) {
        let mut shown = self.build_annotations();
        if let Some(annotations) = annotations_of(self.node.as_mut()) {
            shown.retain(|name, _| annotations.remove(name).is_none());
        }
        if shown.contains_key(ORIGIN_ANNOTATION) {
            self.forget_notes();
        }
    }

    /// Takes up what became of shown annotations. `origin_of` finds the origin that a text stands for.
    pub fn restore_build_annotations(&mut self, origin_of: impl Fn(&str) -> Option<Rc<Origin>>) {
        let (noted, origin) = (self.noted, self.origin.clone());
        let transformations = std::mem::take(&mut self.transformations);
        self.drop_build_annotations();
        let mut annotations = annotations_of(self.node.as_mut());
        let mut take = |name: &str| annotations.as_mut().and_then(|found| found.remove(name));
        let shown = take(ORIGIN_ANNOTATION);
        if take(TRANSFORMATIONS_ANNOTATION).is_some() {
            self.transformations = transformations;
        }
        self.origin = if noted {
            shown.and_then(|text| origin_of(&text.value))
        } else {
            origin
        };
        self.noted = noted && self.origin.is_some();
        self.absorb_annotations();
    }

    /// Adds what kustomize holds in annotations to an object's data.
    pub fn add_build_annotations(&self, data: &mut Value) {
        let metadata = data.get_mut("metadata");
        let annotations = metadata.and_then(|metadata| metadata.get_mut("annotations"));
        if let Some(Value::Object(annotations)) = annotations {
            let shown = self.build_annotations().into_iter();
            annotations.extend(shown.map(|(name, text)| (name, Value::String(text))));
        }
    }

    /// Notes that all annotations were written at once, and keeps their place in the object.
    pub fn settle_annotations(&mut self) {
        self.ensure_annotations();
        let mut all = self.meta_map("annotations");
        all.extend(self.build_annotations());
        let styled = all.into_iter().map(|(name, text)| (name, style_of_new(&text)));
        self.settled_annotations = styled.collect();
    }

    fn build_annotations(&self) -> StringMap {
        let mut out = StringMap::new();
        let mut put = |name: &str, text: &str| {
            if !text.is_empty() {
                out.insert(format!("{DOMAIN}{name}"), text.to_owned());
            }
        };
        let [names, namespaces, kinds] = self.history.texts();
        put("previousNames", &names);
        put("previousNamespaces", &namespaces);
        put("previousKinds", &kinds);
        put("prefixes", &self.prefixes.join(","));
        put("suffixes", &self.suffixes.join(","));
        put("generatorBehavior", self.behavior.map_or("", Behavior::as_str));
        let enabled = |flag: bool| if flag { ENABLED } else { "" };
        put("needsHashSuffix", enabled(self.needs_hash));
        put("allowNameChange", enabled(self.allow_name_change));
        put("allowKindChange", enabled(self.allow_kind_change));
        put("helm-generated", if self.from_chart { "true" } else { "" });
        if let Some(origin) = self.origin.as_ref().filter(|_| self.noted) {
            out.insert(ORIGIN_ANNOTATION.into(), origin.text());
        }
        if self.noted && !self.transformations.is_empty() {
            let text = transformations_text(&self.transformations);
            out.insert(TRANSFORMATIONS_ANNOTATION.into(), text);
        }
        out
    }

    /// Moves internal annotations of the node into fields.
    pub fn absorb_annotations(&mut self) {
        let Some(annotations) = annotations_of(self.node.as_mut()) else {
            return;
        };
        if !annotations.pairs().any(|(key, _)| key.value.starts_with(DOMAIN)) {
            return;
        }
        let mut found = StringMap::new();
        for name in &BUILD_ANNOTATIONS[..FIELDS] {
            if let Some(value) = annotations.remove(name) {
                found.insert((*name).to_owned(), value.value);
            }
        }
        self.absorb(&found);
    }

    fn absorb(&mut self, found: &StringMap) {
        let text = |name: &str| found.get(&format!("{DOMAIN}{name}")).map(String::as_str);
        let list = |name: &str| -> Vec<String> {
            text(name)
                .map(|text| text.split(',').map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let enabled = |name: &str| text(name) == Some(ENABLED);
        if text("needsHashSuffix").is_some() {
            self.needs_hash = enabled("needsHashSuffix");
        }
        self.from_chart |= text("helm-generated") == Some("true");
        self.allow_name_change |= enabled("allowNameChange");
        self.allow_kind_change |= enabled("allowKindChange");
        if let Some(behavior) = text("generatorBehavior") {
            self.behavior = Some(Behavior::parse(behavior));
        }
        self.prefixes.extend(list("prefixes"));
        self.suffixes.extend(list("suffixes"));
        self.history.extend(
            list("previousNames"),
            list("previousNamespaces"),
            list("previousKinds"),
        );
    }
}

/// Of kustomize's own annotations those of the old object count where another takes its place.
pub(super) fn prefer_build_annotations_of(old: &StringMap, annotations: &mut StringMap) {
    for name in &BUILD_ANNOTATIONS[FIELDS..] {
        match old.get(*name) {
            Some(text) => annotations.insert((*name).to_owned(), text.clone()),
            None => annotations.remove(*name),
        };
    }
}

fn annotations_of(node: Option<&mut Node>) -> Option<&mut Node> {
    node?.get_mut("metadata")?.get_mut("annotations")
}

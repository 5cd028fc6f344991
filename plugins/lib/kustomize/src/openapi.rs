//! What OpenAPI schemas tell strategic merge: which lists merge by which keys.
//!
//! The builtin table is Kubernetes v1.21.2, as in kustomize 5.8; a kustomization's `openapi.path` adds a document.

mod custom;
mod table;

use std::cell::Cell;
use std::rc::Rc;

use custom::Document;
use sluice_yaml::Node;

use crate::error::{Error, Result};
use crate::node::top_text;

/// Elements of a list, or values of a map, of one type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    of: u16,
    list: bool,
    merge: Option<Merge>,
}

/// A list that merges element by element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merge {
    /// Fields of the elements that tell them apart; none for lists of plain values.
    keys: &'static [&'static str],
}

/// A type as far as merging goes.
#[derive(Debug)]
pub(crate) struct Type {
    fields: &'static [(&'static str, Field)],
    values: Option<Field>,
}

/// The schema of one node.
#[derive(Debug, Clone)]
pub(crate) enum Schema {
    /// Of the builtin table.
    Builtin(Field),
    /// A definition of a custom document.
    Custom(Rc<Document>, Rc<serde_json::Value>),
}

const INERT: Field = Field {
    of: 0,
    list: false,
    merge: None,
};

impl Schema {
    /// The schema of a field of a map; none when the document does not know it.
    pub fn field(&self, name: &str) -> Option<Schema> {
        match self {
            Self::Builtin(field) => {
                let of = table::TYPES.get(usize::from(field.of)).filter(|_| !field.list)?;
                let known = of
                    .fields
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, field)| *field);
                Some(Self::Builtin(known.or(of.values).unwrap_or(INERT)))
            }
            Self::Custom(document, schema) => document
                .field(schema, name)
                .map(|found| self.custom(document, found)),
        }
    }

    /// The schema of a list's elements.
    pub fn elements(&self) -> Option<Schema> {
        match self {
            Self::Builtin(field) => Some(Self::Builtin(if field.list {
                Field {
                    list: false,
                    merge: None,
                    ..*field
                }
            } else {
                INERT
            })),
            Self::Custom(document, schema) => document
                .elements(schema)
                .map(|found| self.custom(document, found)),
        }
    }

    fn custom(&self, document: &Rc<Document>, schema: serde_json::Value) -> Self {
        Self::Custom(Rc::clone(document), Rc::new(schema))
    }

    /// The merge keys of a list that merges; an empty list means by value.
    pub fn merge_keys(&self) -> Option<Vec<String>> {
        match self {
            Self::Builtin(field) => field
                .merge
                .map(|merge| merge.keys.iter().map(|key| (*key).to_owned()).collect()),
            Self::Custom(_, schema) => custom::merge_keys(schema),
        }
    }
}

/// The schemas of a build.
#[derive(Debug, Default)]
pub(crate) struct OpenApi {
    custom: Option<Rc<Document>>,
    version: Option<String>,
    without_builtin: bool,
    /// Something asked for the builtin schema before a document was set; kustomize then knows both.
    builtin_used: Cell<bool>,
}

impl OpenApi {
    /// Notes that an object was read: kustomize looks for the scope of kinds that it does not know by heart in the
    /// schema.
    pub fn note_kind(&self, node: &Node) {
        if self.custom.is_none() && builtin(top_text(node, "apiVersion"), top_text(node, "kind")).is_none() {
            self.builtin_used.set(true);
        }
    }

    /// Sets what a kustomization's `openapi` says; only the first one of a build counts. `builtin_too`: the caller
    /// always keeps the builtin schema (Flux does).
    pub fn set(
        &mut self,
        version: Option<&str>,
        document: Option<(&str, Vec<u8>)>,
        builtin_too: bool,
    ) -> Result<()> {
        if self.custom.is_some() || self.version.is_some() {
            return Ok(());
        }
        let file = document.as_ref().map_or("kustomization", |(file, _)| *file);
        let wrong = |reason: &str| Error::Config {
            what: "openapi",
            file: file.into(),
            field: "openapi".into(),
            reason: reason.into(),
        };
        match (version, document) {
            (Some(_), Some(_)) => Err(wrong(
                "builtin version and custom schema provided, cannot use both",
            )),
            (Some(version), None) if !version.is_empty() && version != "v1.21.2" => {
                Err(wrong("the specified OpenAPI version is not built in"))
            }
            (Some(version), None) => {
                self.version = Some(version.to_owned()).filter(|version| !version.is_empty());
                Ok(())
            }
            (None, Some((file, bytes))) => {
                self.custom = Some(Rc::new(Document::parse(&bytes, file)?));
                self.without_builtin = !builtin_too && !self.builtin_used.get();
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// The schema of an object by its apiVersion and kind.
    pub fn of_object(&self, node: &Node) -> Option<Schema> {
        let (api_version, kind) = (top_text(node, "apiVersion"), top_text(node, "kind"));
        if kind.is_empty() || api_version.is_empty() {
            return None;
        }
        if self.custom.is_none() {
            self.builtin_used.set(true);
        }
        if !self.without_builtin
            && let Some(schema) = builtin(api_version, kind)
        {
            return Some(schema);
        }
        let document = self.custom.as_ref()?;
        let schema = document.of_kind(api_version, kind)?;
        Some(Schema::Custom(Rc::clone(document), Rc::new(schema)))
    }
}

fn builtin(api_version: &str, kind: &str) -> Option<Schema> {
    let at = table::KINDS
        .binary_search_by(|(a, k, _)| (*a, *k).cmp(&(api_version, kind)))
        .ok()?;
    Some(Schema::Builtin(Field {
        of: table::KINDS[at].2,
        list: false,
        merge: None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_sorted_for_the_search() {
        assert!(table::KINDS.is_sorted_by_key(|(a, k, _)| (*a, *k)));
    }

    #[test]
    fn finds_merge_keys_of_containers_e70() {
        let deployment = builtin("apps/v1", "Deployment").expect("known");
        let pod = ["spec", "template", "spec"]
            .iter()
            .fold(deployment, |s, f| s.field(f).expect("typed"));
        let containers = pod.field("containers").expect("typed");
        assert_eq!(containers.merge_keys(), Some(vec!["name".into()]));
        let ports = containers
            .elements()
            .and_then(|c| c.field("ports"))
            .expect("typed");
        assert_eq!(
            ports.merge_keys(),
            Some(vec!["containerPort".into(), "protocol".into()])
        );
        assert_eq!(pod.field("tolerations").and_then(|s| s.merge_keys()), None);
    }

    #[test]
    fn unknown_kinds_have_no_schema() {
        assert!(builtin("example.com/v1", "Deployment").is_none());
    }
}

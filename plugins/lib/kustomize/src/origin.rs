//! Where an object comes from, as the build's annotations tell it.

use std::rc::Rc;

use sluice_yaml::{EmitOptions, Node};

use crate::files::join_relative;
use crate::remote::Repository;

/// Annotation of an object's origin.
pub(crate) const ORIGIN_ANNOTATION: &str = "config.kubernetes.io/origin";
/// Annotation of the transformers that saw an object.
pub(crate) const TRANSFORMATIONS_ANNOTATION: &str = "alpha.config.kubernetes.io/transformations";

/// The object that configures a generator or transformer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfiguredBy {
    /// apiVersion, `builtin` for fields of a kustomization.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name, empty for fields of a kustomization.
    pub name: String,
    /// Namespace.
    pub namespace: String,
}

/// The file an object was read from, or what generated it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Path of the file, from the directory of the build; empty for generated objects.
    pub path: String,
    /// The other repository that it is in; empty for the source.
    pub repo: String,
    /// Branch, tag or commit of that repository.
    pub reference: String,
    /// The file that configures the generator.
    pub configured_in: String,
    /// The generator.
    pub configured_by: Option<ConfiguredBy>,
}

impl Origin {
    /// The origin of something that this one's directory names by a path.
    pub(crate) fn append(&self, path: &str) -> Self {
        if let Some(repository) = Repository::parse(path) {
            return Self {
                path: join_relative("", &repository.path),
                repo: repository.url,
                reference: repository.reference,
                ..Self::default()
            };
        }
        Self {
            path: join_relative(&self.path, path),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            ..Self::default()
        }
    }

    /// A builtin that a field of the kustomization file configures.
    pub(crate) fn builtin(directory: &Origin, file: &str, kind: &str) -> Rc<Self> {
        let by = ConfiguredBy {
            api_version: "builtin".into(),
            kind: kind.into(),
            ..ConfiguredBy::default()
        };
        Rc::new(Self {
            path: String::new(),
            repo: directory.repo.clone(),
            reference: directory.reference.clone(),
            configured_in: join_relative(&directory.path, file),
            configured_by: Some(by),
        })
    }

    /// The path that tells a user most: of the file, or of the file that configures the generator.
    pub fn file(&self) -> Option<&str> {
        [&self.path, &self.configured_in]
            .into_iter()
            .find(|path| !path.is_empty())
            .map(String::as_str)
    }

    fn node(&self) -> Node {
        let mut fields = Node::map();
        let text = |node: &mut Node, name: &str, text: &str| {
            if !text.is_empty() {
                node.set(name, Node::string(text));
            }
        };
        text(&mut fields, "path", &self.path);
        text(&mut fields, "repo", &self.repo);
        text(&mut fields, "ref", &self.reference);
        text(&mut fields, "configuredIn", &self.configured_in);
        if let Some(by) = &self.configured_by {
            let mut inner = Node::map();
            text(&mut inner, "apiVersion", &by.api_version);
            text(&mut inner, "kind", &by.kind);
            text(&mut inner, "name", &by.name);
            text(&mut inner, "namespace", &by.namespace);
            fields.set("configuredBy", inner);
        }
        fields
    }

    /// The annotation's text.
    pub(crate) fn text(&self) -> String {
        emit(&self.node())
    }
}

/// The annotation's text for a list of transformations.
pub(crate) fn transformations_text(list: &[Rc<Origin>]) -> String {
    emit(&Node::seq(list.iter().map(|origin| origin.node()).collect()))
}

fn emit(node: &Node) -> String {
    sluice_yaml::emit_node(node, &EmitOptions::KYAML).unwrap_or_default()
}

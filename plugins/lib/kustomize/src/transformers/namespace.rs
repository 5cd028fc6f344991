//! NamespaceTransformer: `namespace`.

use sluice_yaml::{Kind, Node, Tag};

use super::Transformer;
use crate::error::{Error, Result};
use crate::fieldspec::{Create, FieldSpec, FieldSpecs, Reason};
use crate::node::{expect_kind, field_or_create, is_null, set_scalar, top_text};
use crate::resid::Gvk;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::session::Session;

/// Which subjects of role bindings get the namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SubjectMode {
    /// Those with the name `default`.
    #[default]
    DefaultOnly,
    /// All service accounts.
    AllServiceAccounts,
    /// None.
    NoSubjects,
}

impl SubjectMode {
    pub fn parse(text: &str) -> Result<Self, Reason> {
        match text {
            "" | "defaultOnly" => Ok(Self::DefaultOnly),
            "allServiceAccounts" => Ok(Self::AllServiceAccounts),
            "none" => Ok(Self::NoSubjects),
            other => Err(format!(
                "invalid value {other:?} for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \"allServiceAccounts\""
            )),
        }
    }
}

/// Sets the namespace of all objects that can have one.
#[derive(Default)]
pub(crate) struct NamespaceTransformer {
    pub namespace: String,
    pub field_specs: FieldSpecs,
    pub unset_only: bool,
    pub subjects: SubjectMode,
}

const SCALAR: Create = Create {
    kind: Kind::Scalar,
    tag: || Tag::Str,
};

impl Transformer for NamespaceTransformer {
    fn kind(&self) -> &'static str {
        "NamespaceTransformer"
    }

    fn transform(&self, objects: &mut ResMap, _session: &Session<'_>) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let mut counts = objects.count_ids();
        for resource in objects.resources_mut() {
            if resource.is_empty() || resource.from_chart {
                continue;
            }
            let before = resource.id().key();
            resource.store_previous_id();
            self.set_namespace(resource)?;
            let after = resource.id().key();
            if let Some(count) = counts.get_mut(&before) {
                *count -= 1;
            }
            let count = counts.entry(after).or_insert(0);
            *count += 1;
            if *count != 1 {
                let reason = format!("namespace transformation produces ID conflict: {}", resource.id());
                return Err(Error::Transform {
                    transformer: "NamespaceTransformer",
                    reason,
                });
            }
        }
        Ok(())
    }
}

impl NamespaceTransformer {
    /// The namespace of one object, and the fields in it that hold one.
    pub fn set_namespace(&self, resource: &mut Resource) -> Result<()> {
        let id = resource.id();
        let is_binding = matches!(id.kind, "RoleBinding" | "ClusterRoleBinding");
        let is_core = top_text(resource.node(), "apiVersion") == "v1";
        if !id.cluster_scoped {
            let spec = FieldSpec::new(Gvk::default(), "metadata/namespace", true);
            let create = Create {
                tag: || Tag::None,
                ..SCALAR
            };
            spec.apply_to_selected(resource.node_mut(), Some(create), &mut |field| self.set(field))?;
        }
        if is_binding {
            let result = self.set_subjects(resource.node_mut());
            result.map_err(|reason| resource.field_error("subjects", reason))?;
        }
        for spec in self
            .field_specs
            .iter()
            .filter(|spec| self.wants(spec, is_binding, is_core))
        {
            spec.apply(resource.node_mut(), Some(SCALAR), &mut |field| self.set(field))?;
        }
        Ok(())
    }

    /// Fields that are handled apart are left out; names only of the core Namespace.
    fn wants(&self, spec: &FieldSpec, is_binding: bool, is_core: bool) -> bool {
        let of_bindings = matches!(&*spec.gvk.kind, "RoleBinding" | "ClusterRoleBinding");
        match &*spec.path {
            "metadata/namespace" => false,
            "metadata/name" => is_core,
            "subjects/namespace" => !(is_binding && of_bindings),
            _ => true,
        }
    }

    fn set(&self, field: &mut Node) -> Result<(), Reason> {
        if self.unset_only && field.is_scalar() && !is_null(field) && !field.value.is_empty() {
            return Ok(());
        }
        set_scalar(field, self.namespace.as_str(), Tag::Str).map_err(|error| error.to_string())
    }

    fn set_subjects(&self, node: &mut Node) -> Result<(), Reason> {
        let (field, text) = match self.subjects {
            SubjectMode::NoSubjects => return Ok(()),
            SubjectMode::DefaultOnly => ("name", "default"),
            SubjectMode::AllServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = node.get_mut("subjects").filter(|subjects| !is_null(subjects)) else {
            return Ok(());
        };
        expect_kind(subjects, Kind::Sequence).map_err(|error| error.to_string())?;
        for subject in &mut subjects.content {
            expect_kind(subject, Kind::Mapping).map_err(|error| error.to_string())?;
            if !subject
                .get(field)
                .is_some_and(|value| !is_null(value) && value.value == text)
            {
                continue;
            }
            let namespace =
                field_or_create(subject, "namespace", Kind::Scalar).map_err(|error| error.to_string())?;
            namespace.map_or(Ok(()), |namespace| self.set(namespace))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::meta_text;

    fn transform(transformer: &NamespaceTransformer, text: &str) -> Node {
        let limits = sluice_yaml::Limits::default();
        let node = sluice_yaml::parse_document(text.as_bytes(), &limits)
            .expect("YAML")
            .expect("a document");
        let mut resource = Resource::new(node);
        transformer.set_namespace(&mut resource).expect("fits");
        resource.take_node()
    }

    fn to(namespace: &str) -> NamespaceTransformer {
        let field_specs = crate::transformer_config::TransformerConfig::defaults()
            .namespace
            .clone();
        NamespaceTransformer {
            namespace: namespace.into(),
            field_specs,
            ..NamespaceTransformer::default()
        }
    }

    #[test]
    fn renames_namespaces_and_skips_cluster_scope_e75() {
        let node = transform(
            &to("prod"),
            "{apiVersion: v1, kind: Namespace, metadata: {name: other}}",
        );
        assert_eq!(
            (meta_text(&node, "name"), meta_text(&node, "namespace")),
            ("prod", "")
        );
        let node = transform(
            &to("prod"),
            "{apiVersion: x/v1, kind: Custom, metadata: {name: a}}",
        );
        assert_eq!(meta_text(&node, "namespace"), "prod");
    }

    #[test]
    fn sets_subjects_by_mode() {
        let text = "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, subjects: [{kind: ServiceAccount, name: default}, {kind: ServiceAccount, name: b}]}";
        let count = |node: &Node| {
            node.get("subjects")
                .expect("there")
                .items()
                .iter()
                .filter(|s| s.get("namespace").is_some())
                .count()
        };
        assert_eq!(count(&transform(&to("x"), text)), 1);
        let all = NamespaceTransformer {
            subjects: SubjectMode::AllServiceAccounts,
            ..to("x")
        };
        assert_eq!(count(&transform(&all, text)), 2);
        let none = NamespaceTransformer {
            subjects: SubjectMode::NoSubjects,
            ..to("x")
        };
        assert_eq!(count(&transform(&none, text)), 0);
    }

    #[test]
    fn newlines_in_names_stay_text_r12() {
        let node = transform(
            &to("a\n---\nb"),
            "{apiVersion: v1, kind: Secret, metadata: {name: a}}",
        );
        assert_eq!(meta_text(&node, "namespace"), "a\n---\nb");
    }
}

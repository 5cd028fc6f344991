//! The transformers that the fields of a kustomization configure, in the order in which kustomize runs them.

use super::{Configured, Target};
use crate::error::{Error, Result, Within};
use crate::fieldspec::{FieldSpec, FieldSpecs, merge_all, merge_one};
use crate::kustomization::Label;
use crate::origin::Origin;
use crate::resid::Gvk;
use crate::transformer_config::TransformerConfig;
use crate::transformers::Transformer;
use crate::transformers::annotations::AnnotationsTransformer;
use crate::transformers::images::ImageTagTransformer;
use crate::transformers::labels::LabelTransformer;
use crate::transformers::name_affix::{Affix, NameAffixTransformer};
use crate::transformers::namespace::NamespaceTransformer;
use crate::transformers::patch::PatchTransformer;
use crate::transformers::patch_json6902::PatchJson6902Transformer;
use crate::transformers::patch_strategic_merge::PatchStrategicMergeTransformer;
use crate::transformers::replacements::ReplacementTransformer;
use crate::transformers::replicas::ReplicaCountTransformer;

type List = Vec<Box<dyn Transformer>>;

impl Target<'_> {
    /// All transformers of the fields; files that they name are read here, before any object is changed.
    pub(super) fn configured_transformers(&self, tables: &TransformerConfig) -> Result<Vec<Configured>> {
        let mut list: List = Vec::new();
        self.add_patches(&mut list)?;
        self.add_names(&mut list, tables);
        self.add_metadata(&mut list, tables)?;
        self.add_values(&mut list, tables)?;
        let note = |transformer: Box<dyn Transformer>| {
            let origin = Origin::builtin(&self.origin, &self.file_name, transformer.kind());
            Configured {
                transformer,
                origin: Some(origin),
            }
        };
        Ok(list.into_iter().map(note).collect())
    }

    fn add_patches(&self, list: &mut List) -> Result<()> {
        let kustomization = &self.kustomization;
        let legacy = kustomization
            .patches_strategic_merge
            .as_deref()
            .unwrap_or_default();
        if !legacy.is_empty() {
            let transformer = PatchStrategicMergeTransformer::new(legacy, "", &self.loader)
                .within(|| "trouble configuring builtin PatchStrategicMergeTransformer")?;
            list.push(Box::new(transformer));
        }
        for patch in &kustomization.patches {
            let transformer = PatchTransformer::new(patch, &self.loader)
                .within(|| "trouble configuring builtin PatchTransformer")?;
            list.push(Box::new(transformer));
        }
        Ok(())
    }

    fn add_names(&self, list: &mut List, tables: &TransformerConfig) {
        let kustomization = &self.kustomization;
        if !kustomization.namespace.is_empty() {
            list.push(Box::new(NamespaceTransformer {
                namespace: kustomization.namespace.clone(),
                field_specs: tables.namespace.clone(),
                ..NamespaceTransformer::default()
            }));
        }
        let affixes = [
            (Affix::Prefix, &kustomization.name_prefix, &tables.name_prefix),
            (Affix::Suffix, &kustomization.name_suffix, &tables.name_suffix),
        ];
        for (affix, text, specs) in affixes {
            if !text.is_empty() {
                let (text, field_specs) = (text.clone(), specs.clone());
                list.push(Box::new(NameAffixTransformer {
                    affix,
                    text,
                    field_specs,
                }));
            }
        }
    }

    fn add_metadata(&self, list: &mut List, tables: &TransformerConfig) -> Result<()> {
        let kustomization = &self.kustomization;
        for label in &kustomization.labels {
            let field_specs = label_fields(label, tables).map_err(|reason| Error::Config {
                what: "Kustomization",
                file: self.file_name.clone(),
                field: "labels.fields".into(),
                reason: format!("failed to merge labels: {reason}"),
            })?;
            list.push(Box::new(LabelTransformer {
                labels: label.pairs.clone(),
                field_specs,
            }));
        }
        let common = kustomization.common_labels.clone().unwrap_or_default();
        if !common.is_empty() || !kustomization.labels.is_empty() {
            list.push(Box::new(LabelTransformer {
                labels: common,
                field_specs: tables.common_labels.clone(),
            }));
        }
        if !kustomization.common_annotations.is_empty() {
            list.push(Box::new(AnnotationsTransformer {
                annotations: kustomization.common_annotations.clone(),
                field_specs: tables.common_annotations.clone(),
            }));
        }
        Ok(())
    }

    fn add_values(&self, list: &mut List, tables: &TransformerConfig) -> Result<()> {
        let kustomization = &self.kustomization;
        for patch in kustomization.patches_json6902.iter().flatten() {
            let target = patch.target.as_ref();
            let transformer = PatchJson6902Transformer::new(target, &patch.path, &patch.patch, &self.loader)
                .within(|| "trouble configuring builtin PatchJson6902Transformer")?;
            list.push(Box::new(transformer));
        }
        for replica in &kustomization.replicas {
            let (replica, field_specs) = (replica.clone(), tables.replicas.clone());
            list.push(Box::new(ReplicaCountTransformer { replica, field_specs }));
        }
        for image in &kustomization.images {
            list.push(Box::new(ImageTagTransformer::new(
                image.clone(),
                tables.images.clone(),
            )?));
        }
        if !kustomization.replacements.is_empty() {
            let transformer = ReplacementTransformer::new(&kustomization.replacements, &self.loader)
                .within(|| "trouble configuring builtin ReplacementTransformer")?;
            list.push(Box::new(transformer));
        }
        Ok(())
    }
}

/// The fields of one entry of `labels`.
fn label_fields(label: &Label, tables: &TransformerConfig) -> Result<FieldSpecs, String> {
    let mut specs = label.fields.clone();
    merge_all(&mut specs, &tables.labels)?;
    if label.include_selectors {
        merge_all(&mut specs, &tables.common_labels)?;
        return Ok(specs);
    }
    if label.include_templates {
        merge_all(&mut specs, &tables.template_labels)?;
    }
    merge_one(
        &mut specs,
        &FieldSpec::new(Gvk::default(), "metadata/labels", true),
    )?;
    Ok(specs)
}

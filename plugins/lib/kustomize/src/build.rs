//! A whole build: from a directory to the objects and their text.

use std::collections::HashSet;

use serde_json::Value;
use sluice_yaml::{Flavour, Schema};

use crate::accumulator::Accumulator;
use crate::error::{Error, Result};
use crate::fieldspec::FieldSpec;
use crate::files::Files;
use crate::flux;
use crate::kustomization::SortOptions;
use crate::loader::Loader;
use crate::name_reference::fix_references;
use crate::objects::validate;
use crate::options::{BuildOptions, Reorder};
use crate::origin::Origin;
use crate::resid::{Gvk, IdKey};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::session::Session;
use crate::target::Target;
use crate::transformers::Transformer;
use crate::transformers::hash::add_hashes;
use crate::transformers::labels::LabelTransformer;
use crate::transformers::sort_order;
use crate::vars;

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// One object of the result.
#[derive(Debug, Clone, PartialEq)]
pub struct BuiltObject {
    /// The object as data.
    pub data: Value,
    /// The file it comes from, from the directory of the build; for generated objects the file of the generator.
    pub origin: Option<String>,
}

/// The result of a build.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The objects in their order.
    pub objects: Vec<BuiltObject>,
    /// For the user, not errors.
    pub warnings: Vec<String>,
    max_output: usize,
}

impl Built {
    /// The text that kustomize prints, byte for byte.
    ///
    /// # Errors
    /// An object that YAML cannot hold, or more output than allowed.
    pub fn to_yaml(&self) -> Result<String> {
        let mut out = String::new();
        for (at, object) in self.objects.iter().enumerate() {
            if at > 0 {
                out.push_str("---\n");
            }
            let text =
                sluice_yaml::emit_value(&object.data, Flavour::Sigs).map_err(|error| Error::Object {
                    object: object.origin.clone().unwrap_or_default(),
                    reason: error.to_string(),
                })?;
            out.push_str(&text);
            if out.len() > self.max_output {
                return Err(Error::Limit {
                    what: "bytes of output",
                    limit: self.max_output,
                });
            }
        }
        Ok(out)
    }
}

/// Builds the kustomization of a directory.
///
/// # Errors
/// What is wrong with the kustomization, its files or its objects; see [`Error`].
pub fn build(files: &dyn Files, directory: &str, options: &BuildOptions) -> Result<Built> {
    let session = Session::new(files, options);
    let objects = run(&session, directory).map_err(|error| session.explain(error))?;
    let objects = finish(objects)?;
    Ok(Built {
        objects,
        warnings: session.into_warnings(),
        max_output: options.limits.max_output,
    })
}

fn run(session: &Session<'_>, directory: &str) -> Result<ResMap> {
    let loader = Loader::new(session, directory)?;
    let target = match &session.options.flux {
        Some(overlay) => flux::load_target(loader, overlay)?,
        None => Target::load(loader, Origin::default())?,
    };
    target.set_schema()?;
    let Accumulator {
        mut objects,
        config,
        vars,
    } = target.accumulate(Accumulator::default())?;
    add_hashes(&mut objects)?;
    fix_references(&mut objects, &config.name_reference)?;
    let unused = vars::resolve(&mut objects, &vars, &config.var_reference)?;
    if !unused.is_empty() {
        session.warn(format!(
            "well-defined vars that were never replaced: {}",
            unused.join(",")
        ));
    }
    drop_local(&mut objects)?;
    sort(&mut objects, &target, session)?;
    if session.options.managed_by_label || target.kustomization.has_build_metadata("managedByLabel") {
        add_managed_by_label(&mut objects, session)?;
    }
    let origins = target.kustomization.has_build_metadata("originAnnotations");
    let transformations = target.kustomization.has_build_metadata("transformerAnnotations");
    for resource in objects.resources_mut() {
        resource.finish(origins, transformations)?;
    }
    Ok(objects)
}

/// Drops what is empty or only for tools. A patch may have taken kind or name away: kustomize notices it here.
fn drop_local(objects: &mut ResMap) -> Result<()> {
    let mut list = objects.take();
    for resource in list.iter().filter(|resource| !resource.is_empty()) {
        validate(resource.node()).map_err(|reason| Error::Object {
            object: resource.place(),
            reason,
        })?;
    }
    let stays = |resource: &Resource| {
        let annotations = resource.meta_map("annotations");
        annotations.get(LOCAL_CONFIG).is_none_or(|value| value == "false") && !resource.is_empty()
    };
    // kustomize drops by id: what has the id of an object that stays, stays too.
    let kept: HashSet<IdKey> = list
        .iter()
        .filter(|resource| stays(resource))
        .map(|resource| resource.id().key())
        .collect();
    list.retain(|resource| !resource.is_empty() && (stays(resource) || kept.contains(&resource.id().key())));
    objects.replace_all(list);
    Ok(())
}

fn sort(objects: &mut ResMap, target: &Target<'_>, session: &Session<'_>) -> Result<()> {
    let reorder = session.options.reorder;
    if let Some(options) = &target.kustomization.sort_options {
        if reorder != Reorder::Unspecified {
            session.warn(
                "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag \
                 ('--reorder'). Using the kustomization file over the CLI flag.",
            );
        }
        return sort_order::sort(objects, options);
    }
    if reorder == Reorder::None || session.options.flux.is_some() {
        return Ok(());
    }
    sort_order::sort(
        objects,
        &SortOptions {
            order: "legacy".into(),
            legacy_sort_options: None,
        },
    )
}

fn add_managed_by_label(objects: &mut ResMap, session: &Session<'_>) -> Result<()> {
    let labels = [(
        "app.kubernetes.io/managed-by".to_owned(),
        "kustomize-v5.8.1".to_owned(),
    )]
    .into();
    let field_specs = vec![FieldSpec::new(Gvk::default(), "metadata/labels", true)];
    LabelTransformer { labels, field_specs }.transform(objects, session)
}

fn finish(objects: ResMap) -> Result<Vec<BuiltObject>> {
    let data = |resource: crate::resource::Resource| {
        let data = sluice_yaml::to_json(resource.node(), Schema::V3).map_err(|error| {
            // kustomize tells lines of a text that it wrote itself; people look in their own
            let error = sluice_yaml::check_unique_keys(resource.node())
                .err()
                .unwrap_or(error);
            Error::Object {
                object: resource.place(),
                reason: error.to_string(),
            }
        })?;
        let origin = resource
            .origin
            .as_ref()
            .and_then(|origin| origin.file())
            .map(str::to_owned);
        Ok(BuiltObject { data, origin })
    };
    objects.into_resources().into_iter().map(data).collect()
}

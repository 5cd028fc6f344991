//! Builtin generators and transformers that are configured by objects of their own (`generators`, `transformers`,
//! `validators`).

use serde_json::Value;
use sluice_yaml::{JsonOptions, Limits, Schema, write_json};

use crate::error::{Error, Result};
use crate::fieldspec::FieldSpecs;
use crate::generators::iam_policy::{self, IamPolicyConfig};
use crate::generators::{GeneratedKind, generate, helm_chart};
use crate::kustomization::args::StringMap;
use crate::kustomization::decode::{Decode, Place, record};
use crate::kustomization::{
    ConfigMapArgs, HelmChart, HelmGlobals, Image, ObjectMeta, Patch, PatchOptions, Replacement, Replica,
    Selector,
};
use crate::loader::Loader;
use crate::resource::Resource;
use crate::transformers::Transformer;
use crate::transformers::annotations::AnnotationsTransformer;
use crate::transformers::images::ImageTagTransformer;
use crate::transformers::labels::LabelTransformer;
use crate::transformers::name_affix::{Affix, NameAffixTransformer};
use crate::transformers::namespace::{NamespaceTransformer, SubjectMode};
use crate::transformers::patch::PatchTransformer;
use crate::transformers::patch_json6902::PatchJson6902Transformer;
use crate::transformers::patch_strategic_merge::PatchStrategicMergeTransformer;
use crate::transformers::replacements::ReplacementTransformer;
use crate::transformers::replicas::ReplicaCountTransformer;
use crate::transformers::value_add::{ValueAddConfig, ValueAddTransformer};

record!(
    /// The fields of all builtin transformers' configs.
    BuiltinConfig {
        /// Its metadata; the namespace is NamespaceTransformer's.
        metadata: ObjectMeta = "metadata",
        /// AnnotationsTransformer.
        annotations: StringMap = "annotations",
        /// LabelTransformer.
        labels: StringMap = "labels",
        /// Where.
        field_specs: Option<FieldSpecs> = "fieldSpecs",
        /// ImageTagTransformer.
        image_tag: Image = "imageTag",
        /// NamespaceTransformer.
        unset_only: bool = "unsetOnly",
        /// NamespaceTransformer.
        set_role_binding_subjects: String = "setRoleBindingSubjects",
        /// PatchTransformer, PatchJson6902Transformer.
        target: Option<Selector> = "target",
        /// PatchTransformer, PatchJson6902Transformer.
        path: String = "path",
        /// PatchTransformer.
        patch: String = "patch",
        /// PatchTransformer.
        options: Option<PatchOptions> = "options",
        /// PatchJson6902Transformer.
        json_op: String = "jsonOp",
        /// PatchStrategicMergeTransformer.
        paths: Vec<String> = "paths",
        /// PatchStrategicMergeTransformer.
        patches: String = "patches",
        /// PrefixTransformer.
        prefix: String = "prefix",
        /// SuffixTransformer.
        suffix: String = "suffix",
        /// ReplacementTransformer.
        replacements: Vec<Replacement> = "replacements",
        /// ReplicaCountTransformer.
        replica: Replica = "replica",
    }
    embeds ["replacements"]
);

/// The config with only the fields that a kind knows: others may be of any type.
fn own_fields(kind: &str, data: &Value) -> Value {
    let known: &[&str] = match kind {
        "AnnotationsTransformer" => &["annotations", "fieldSpecs"],
        "LabelTransformer" => &["labels", "fieldSpecs"],
        "ImageTagTransformer" => &["imageTag", "fieldSpecs"],
        "NamespaceTransformer" => &["metadata", "fieldSpecs", "unsetOnly", "setRoleBindingSubjects"],
        "PatchTransformer" => &["path", "patch", "target", "options"],
        "PatchJson6902Transformer" => &["path", "jsonOp", "target"],
        "PatchStrategicMergeTransformer" => &["paths", "patches"],
        "PrefixTransformer" => &["prefix", "fieldSpecs"],
        "SuffixTransformer" => &["suffix", "fieldSpecs"],
        "PrefixSuffixTransformer" => &["prefix", "suffix", "fieldSpecs"],
        "ReplacementTransformer" => &["replacements"],
        "ReplicaCountTransformer" => &["replica", "fieldSpecs"],
        _ => &[],
    };
    let Value::Object(map) = data else {
        return Value::Null;
    };
    let own = map
        .iter()
        .filter(|(name, _)| known.iter().any(|field| field.eq_ignore_ascii_case(name)));
    Value::Object(own.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn config_data(resource: &Resource) -> Result<Value> {
    let id = resource.id();
    if !(id.group.is_empty() && id.version == "builtin") {
        return Err(Error::ExternalPlugin { kind: id.kind.into() });
    }
    let wrong = |error: sluice_yaml::Error| Error::Object {
        object: id.to_string(),
        reason: error.to_string(),
    };
    let mut data = sluice_yaml::to_json(resource.node(), Schema::V3).map_err(wrong)?;
    read_whole_floats_as_integers(&mut data);
    if sluice_yaml::is_changed_by_json(&data) {
        // The JSON is read as YAML, which takes a few characters for others.
        let text = write_json(&data, JsonOptions::COMPACT);
        data = sluice_yaml::read_value(text.as_bytes(), false, &Limits::default()).map_err(wrong)?;
    }
    Ok(data)
}

/// A config goes through JSON on its way to a plugin, where `2.0` is written `2`.
fn read_whole_floats_as_integers(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = number
                .as_f64()
                .map_or_else(String::new, sluice_yaml::format_json_float);
            if let Ok(whole) = text.parse::<i64>() {
                *number = whole.into();
            } else if let Ok(whole) = text.parse::<u64>() {
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(read_whole_floats_as_integers),
        Value::Object(map) => map.values_mut().for_each(read_whole_floats_as_integers),
        _ => {}
    }
}

fn decode<T: Decode>(value: &Value, resource: &Resource) -> Result<T> {
    decode_at(&Place::root("Plugin", false).lenient(), value, resource)
}

/// As [`decode`], where Go embeds all fields: numbers stay numbers.
fn decode_embedded<T: Decode>(value: &Value, resource: &Resource) -> Result<T> {
    decode_at(&Place::root("Plugin", false), value, resource)
}

fn decode_at<T: Decode>(place: &Place<'_>, value: &Value, resource: &Resource) -> Result<T> {
    T::decode(value, place).map_err(|error| Error::Config {
        what: "plugin config",
        file: resource.id().to_string(),
        field: error.field,
        reason: error.reason,
    })
}

fn not_known(resource: &Resource, reason: &str) -> Error {
    Error::UnknownBuiltin {
        plugin: resource.id().to_string(),
        reason: reason.into(),
    }
}

/// Runs the generator that an object configures.
pub(crate) fn run_generator(resource: &Resource, loader: &Loader<'_>) -> Result<Vec<Resource>> {
    let data = config_data(resource)?;
    let kind = match resource.id().kind {
        "ConfigMapGenerator" => GeneratedKind::ConfigMap,
        "SecretGenerator" => GeneratedKind::Secret,
        "IAMPolicyGenerator" => {
            let config: IamPolicyConfig = decode_embedded(&data, resource)?;
            return Ok(vec![iam_policy::generate(&config)?]);
        }
        "HelmChartInflationGenerator" => {
            let chart: HelmChart = decode_embedded(&data, resource)?;
            let globals: HelmGlobals = decode_embedded(&data, resource)?;
            return helm_chart::generate(&chart, Some(&globals), loader);
        }
        _ => return Err(not_known(resource, "it is no generator")),
    };
    let mut args: ConfigMapArgs = decode(&data, resource)?;
    let metadata = args.metadata.take().unwrap_or_default();
    if args.name.is_empty() {
        args.name = metadata.name;
    }
    if args.namespace.is_empty() {
        args.namespace = metadata.namespace;
    }
    Ok(vec![generate(kind, &args, loader)?])
}

/// The transformers that an object configures.
pub(crate) fn transformers_of(resource: &Resource, loader: &Loader<'_>) -> Result<Vec<Box<dyn Transformer>>> {
    let data = config_data(resource)?;
    let id = resource.id();
    let config: BuiltinConfig = decode(&own_fields(id.kind, &data), resource)?;
    let field_specs = config.field_specs.clone().unwrap_or_default();
    let affix = |affix: Affix, text: &str| -> Result<Box<dyn Transformer>> {
        if config.field_specs.is_none() {
            return Err(not_known(resource, "fieldSpecs is not expected to be nil"));
        }
        Ok(Box::new(NameAffixTransformer {
            affix,
            text: text.to_owned(),
            field_specs: field_specs.clone(),
        }))
    };
    Ok(match id.kind {
        "AnnotationsTransformer" => {
            vec![Box::new(AnnotationsTransformer {
                annotations: config.annotations,
                field_specs,
            })]
        }
        "LabelTransformer" => vec![Box::new(LabelTransformer {
            labels: config.labels,
            field_specs,
        })],
        "ImageTagTransformer" => vec![Box::new(ImageTagTransformer::new(config.image_tag, field_specs)?)],
        "NamespaceTransformer" => vec![Box::new(namespace_transformer(config, field_specs, resource)?)],
        "PatchTransformer" => {
            let patch = Patch {
                path: config.path,
                patch: config.patch,
                target: config.target,
                options: config.options,
            };
            vec![Box::new(PatchTransformer::new(&patch, loader)?)]
        }
        "PatchJson6902Transformer" => {
            let target = config.target.as_ref();
            vec![Box::new(PatchJson6902Transformer::new(
                target,
                &config.path,
                &config.json_op,
                loader,
            )?)]
        }
        "PatchStrategicMergeTransformer" => {
            vec![Box::new(PatchStrategicMergeTransformer::new(
                &config.paths,
                &config.patches,
                loader,
            )?)]
        }
        "PrefixTransformer" => vec![affix(Affix::Prefix, &config.prefix)?],
        "SuffixTransformer" => vec![affix(Affix::Suffix, &config.suffix)?],
        "PrefixSuffixTransformer" => {
            vec![
                affix(Affix::Prefix, &config.prefix)?,
                affix(Affix::Suffix, &config.suffix)?,
            ]
        }
        "ReplacementTransformer" => vec![Box::new(ReplacementTransformer::new(
            &config.replacements,
            loader,
        )?)],
        "ReplicaCountTransformer" => vec![Box::new(ReplicaCountTransformer {
            replica: config.replica,
            field_specs,
        })],
        "ValueAddTransformer" => {
            let config: ValueAddConfig = decode(&data, resource)?;
            vec![Box::new(ValueAddTransformer::new(config, loader)?)]
        }
        "HashTransformer" => vec![Box::new(HashAll)],
        _ => return Err(not_known(resource, "it is no transformer")),
    })
}

fn namespace_transformer(
    config: BuiltinConfig,
    field_specs: FieldSpecs,
    resource: &Resource,
) -> Result<NamespaceTransformer> {
    let subjects = SubjectMode::parse(&config.set_role_binding_subjects)
        .map_err(|reason| not_known(resource, &reason))?;
    let namespace = config.metadata.namespace;
    Ok(NamespaceTransformer {
        namespace,
        field_specs,
        unset_only: config.unset_only,
        subjects,
    })
}

/// The hash suffix before the end of the build, where a config asks for it.
struct HashAll;

impl Transformer for HashAll {
    fn kind(&self) -> &'static str {
        "HashTransformer"
    }

    fn transform(
        &self,
        objects: &mut crate::resmap::ResMap,
        _session: &crate::session::Session<'_>,
    ) -> Result<()> {
        crate::transformers::hash::add_hashes(objects)
    }
}

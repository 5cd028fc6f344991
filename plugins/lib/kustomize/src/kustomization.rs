//! The kustomization file: reading it as strictly as kustomize, and lifting legacy fields to today's.

use serde_json::Value;

pub(crate) mod args;
pub(crate) mod decode;

pub use args::{
    ConfigMapArgs, FieldOptions, GeneratorOptions, HelmChart, HelmGlobals, Image, Label, LegacySortOptions,
    ObjectMeta, Patch, PatchOptions, Replacement, Replica, Selector, SortOptions, SourceSelector,
    TargetSelector, Var,
};
use args::{HelmChartArgs, StringMap};
use decode::{Decode, Place, record};

use crate::error::{Error, Result};

/// Recognized names of the file, in the order in which they are tried.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
pub(crate) const KUSTOMIZATION_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
pub(crate) const KUSTOMIZATION_KIND: &str = "Kustomization";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";
pub(crate) const COMPONENT_KIND: &str = "Component";

record!(
    /// A kustomization, all fields of kustomize 5.8.
    Kustomization {
        /// `kustomize.config.k8s.io/v1beta1`
        api_version: String = "apiVersion",
        /// `Kustomization` or `Component`
        kind: String = "kind",
        /// Ignored.
        metadata: Option<ObjectMeta> = "metadata",
        /// `path` or `version` of an OpenAPI schema.
        openapi: StringMap = "openapi",
        /// Prepended to names.
        name_prefix: String = "namePrefix",
        /// Appended to names.
        name_suffix: String = "nameSuffix",
        /// Namespace of all objects.
        namespace: String = "namespace",
        /// Labels on objects, selectors and templates.
        common_labels: Option<StringMap> = "commonLabels",
        /// Labels with a choice of places.
        labels: Vec<Label> = "labels",
        /// Annotations on objects and templates.
        common_annotations: StringMap = "commonAnnotations",
        /// Legacy: strategic merge patches, as paths or inline.
        patches_strategic_merge: Option<Vec<String>> = "patchesStrategicMerge",
        /// Legacy: JSON patches.
        patches_json6902: Option<Vec<Patch>> = "patchesJson6902",
        /// Patches of either kind.
        patches: Vec<Patch> = "patches",
        /// Image names, tags and digests.
        images: Vec<Image> = "images",
        /// Legacy: `images`.
        image_tags: Option<Vec<Image>> = "imageTags",
        /// Values copied from one object to others.
        replacements: Vec<Replacement> = "replacements",
        /// Replica counts.
        replicas: Vec<Replica> = "replicas",
        /// Legacy: variables.
        vars: Option<Vec<Var>> = "vars",
        /// Order of the output.
        sort_options: Option<SortOptions> = "sortOptions",
        /// Files and directories of objects.
        resources: Vec<String> = "resources",
        /// Directories of components.
        components: Vec<String> = "components",
        /// OpenAPI definitions of custom resources.
        crds: Vec<String> = "crds",
        /// Legacy: `resources`.
        bases: Option<Vec<String>> = "bases",
        /// ConfigMaps to generate.
        config_map_generator: Vec<ConfigMapArgs> = "configMapGenerator",
        /// Secrets to generate.
        secret_generator: Vec<ConfigMapArgs> = "secretGenerator",
        /// Settings of all charts.
        helm_globals: Option<HelmGlobals> = "helmGlobals",
        /// Charts to render.
        helm_charts: Vec<HelmChart> = "helmCharts",
        /// Legacy: charts to render.
        helm_chart_inflation_generator: Vec<HelmChartArgs> = "helmChartInflationGenerator",
        /// Options of all generators.
        generator_options: Option<GeneratorOptions> = "generatorOptions",
        /// Files of transformer configurations.
        configurations: Vec<String> = "configurations",
        /// Generator configs, as paths or inline.
        generators: Vec<String> = "generators",
        /// Transformer configs, as paths or inline.
        transformers: Vec<String> = "transformers",
        /// Validator configs, as paths or inline.
        validators: Vec<String> = "validators",
        /// `originAnnotations`, `transformerAnnotations`, `managedByLabel`
        build_metadata: Vec<String> = "buildMetadata",
    }
);

/// A kustomization as it was read, legacy fields and all.
pub(crate) struct Parsed {
    pub kustomization: Kustomization,
    pub says_something: bool,
}

impl Kustomization {
    /// Reads the file. `strict`: unknown fields are errors (Flux reads the root of a build without).
    pub(crate) fn parse(
        bytes: &[u8],
        file: &str,
        strict: bool,
        limits: &sluice_yaml::Limits,
    ) -> Result<Parsed> {
        let value = sluice_yaml::read_value(bytes, false, limits).map_err(|source| Error::Config {
            what: KUSTOMIZATION_KIND,
            file: file.into(),
            field: String::new(),
            reason: source.to_string(),
        })?;
        let mut value = value;
        write_and_read(&mut value, limits);
        let place = Place::root(KUSTOMIZATION_KIND, strict);
        let kustomization = Self::decode(&value, &place).map_err(|error| Error::Config {
            what: KUSTOMIZATION_KIND,
            file: file.into(),
            field: error.field,
            reason: error.reason,
        })?;
        Ok(Parsed {
            kustomization,
            says_something: says_something(&value),
        })
    }

    fn deprecations(&self) -> Vec<String> {
        let fix = "Run 'kustomize edit fix' to update your Kustomization automatically.";
        let old = [
            (self.bases.is_some(), "bases", "resources", ""),
            (self.common_labels.is_some(), "commonLabels", "labels", ""),
            (self.image_tags.is_some(), "imageTags", "images", ""),
            (self.patches_json6902.is_some(), "patchesJson6902", "patches", ""),
            (
                self.patches_strategic_merge.is_some(),
                "patchesStrategicMerge",
                "patches",
                "",
            ),
            (self.vars.is_some(), "vars", "replacements", "[EXPERIMENTAL] "),
        ];
        old.iter()
            .filter(|(used, ..)| *used)
            .map(|(_, name, instead, note)| {
                format!("# Warning: '{name}' is deprecated. Please use '{instead}' instead. {note}{fix}")
            })
            .collect()
    }

    fn lift_legacy_fields(&mut self) {
        if self.kind.is_empty() {
            self.kind = KUSTOMIZATION_KIND.into();
        }
        if self.api_version.is_empty() {
            self.api_version = self.required_version().into();
        }
        self.resources.extend(self.bases.take().into_iter().flatten());
        self.images.extend(self.image_tags.take().into_iter().flatten());
        for args in self
            .config_map_generator
            .iter_mut()
            .chain(&mut self.secret_generator)
        {
            if !args.env.is_empty() {
                args.envs.push(std::mem::take(&mut args.env));
            }
        }
        let old_home = self
            .helm_chart_inflation_generator
            .iter()
            .map(|old| &old.chart_home)
            .find(|home| !home.is_empty());
        if let Some(home) = old_home {
            let globals = self.helm_globals.get_or_insert_default();
            globals.chart_home.clone_from(home);
        }
        self.helm_charts
            .extend(self.helm_chart_inflation_generator.drain(..).map(HelmChart::from));
    }

    fn required_version(&self) -> &'static str {
        if self.kind == COMPONENT_KIND {
            COMPONENT_VERSION
        } else {
            KUSTOMIZATION_VERSION
        }
    }

    /// What is wrong with kind and apiVersion.
    fn type_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.kind != KUSTOMIZATION_KIND && self.kind != COMPONENT_KIND {
            problems.push(format!("kind should be {KUSTOMIZATION_KIND} or {COMPONENT_KIND}"));
        }
        if self.api_version != self.required_version() {
            problems.push(format!(
                "apiVersion for {} should be {}",
                self.kind,
                self.required_version()
            ));
        }
        problems
    }

    /// True for a component.
    pub(crate) fn is_component(&self) -> bool {
        self.kind == COMPONENT_KIND
    }

    /// True when the option stands in `buildMetadata`.
    pub(crate) fn has_build_metadata(&self, option: &str) -> bool {
        self.build_metadata.iter().any(|known| known == option)
    }
}

impl Parsed {
    /// The kustomization with warnings about legacy fields, when it says something and is of a known type.
    pub fn checked(mut self, directory: &str, file: &str) -> Result<(Kustomization, Vec<String>)> {
        let warnings = self.kustomization.deprecations();
        self.kustomization.lift_legacy_fields();
        if !self.says_something {
            return Err(Error::EmptyKustomization { file: file.into() });
        }
        let problems = self.kustomization.type_problems();
        if !problems.is_empty() {
            let reason = problems.join("\n");
            return Err(Error::KustomizationType {
                directory: directory.into(),
                reason,
            });
        }
        Ok((self.kustomization, warnings))
    }
}

/// kustomize writes the config of each transformer and generator as YAML and reads it again. That shows in texts with line
/// breaks that are none to JSON.
fn write_and_read(value: &mut Value, limits: &sluice_yaml::Limits) {
    match value {
        Value::String(text) if text.contains(['\u{85}', '\u{2028}', '\u{2029}']) => {
            let written = sluice_yaml::emit_value(value, sluice_yaml::Flavour::Sigs).unwrap_or_default();
            if let Ok(read @ Value::String(_)) = sluice_yaml::read_value(written.as_bytes(), false, limits) {
                *value = read;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| write_and_read(item, limits)),
        Value::Object(map) => map.values_mut().for_each(|item| write_and_read(item, limits)),
        _ => {}
    }
}

/// True when any field beside the type has a value that Go does not take for the zero value.
fn says_something(value: &Value) -> bool {
    let Value::Object(map) = value else { return false };
    map.iter().any(|(name, item)| match item {
        _ if name.eq_ignore_ascii_case("apiVersion") || name.eq_ignore_ascii_case("kind") => false,
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) if items.is_empty() => !["bases", "imageTags", "helmChartInflationGenerator"]
            .iter()
            .any(|lifted| name.eq_ignore_ascii_case(lifted)),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(Kustomization, Vec<String>)> {
        Kustomization::parse(text.as_bytes(), "/k.yaml", true, &sluice_yaml::Limits::default())?
            .checked("/", "/k.yaml")
    }

    #[test]
    fn lifts_legacy_fields_e85() {
        let (kustomization, warnings) =
            parse("bases: [a]\nresources: [b]\nimageTags: [{name: x}]\n").expect("valid");
        assert_eq!(kustomization.resources, ["b", "a"]);
        assert_eq!(kustomization.images.len(), 1);
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn is_strict() {
        assert!(
            parse("foo: 1")
                .expect_err("unknown")
                .to_string()
                .contains("json: unknown field \"foo\"")
        );
        assert!(
            parse("kind: Foo\nresources: [a]")
                .expect_err("kind")
                .to_string()
                .contains("kind should be")
        );
        assert!(matches!(
            parse("kind: Kustomization"),
            Err(Error::EmptyKustomization { .. })
        ));
        assert!(parse("resources: []").is_ok());
    }
}

//! The records inside of a kustomization.

use std::collections::BTreeMap;

use serde_json::Value;

use super::decode::{Decode, DecodeError, Place, record};
use crate::fieldspec::FieldSpec;
use crate::resid::Gvk;

/// Names with texts, sorted.
pub type StringMap = BTreeMap<String, String>;

record!(
    /// Metadata of a plugin's config.
    ObjectMeta {
        /// Name.
        name: String = "name",
        /// Namespace.
        namespace: String = "namespace",
        /// Labels.
        labels: StringMap = "labels",
        /// Annotations.
        annotations: StringMap = "annotations",
    }
);

record!(
    /// Labels with a choice of places.
    Label {
        /// The labels.
        pairs: StringMap = "pairs",
        /// Selectors and templates too.
        include_selectors: bool = "includeSelectors",
        /// Templates too.
        include_templates: bool = "includeTemplates",
        /// More places.
        fields: Vec<FieldSpec> = "fields",
    }
);

record!(
    /// Selects objects; group to namespace are anchored regular expressions.
    Selector {
        /// Group.
        group: String = "group",
        /// Version.
        version: String = "version",
        /// Kind.
        kind: String = "kind",
        /// Name.
        name: String = "name",
        /// Namespace.
        namespace: String = "namespace",
        /// A label selector over annotations.
        annotation_selector: String = "annotationSelector",
        /// A label selector.
        label_selector: String = "labelSelector",
    }
    embeds ["group", "version", "kind", "name", "namespace"]
);

record!(
    /// What a patch may change beside its fields.
    PatchOptions {
        /// The name.
        allow_name_change: bool = "allowNameChange",
        /// The kind.
        allow_kind_change: bool = "allowKindChange",
    }
);

record!(
    /// A patch of either kind.
    Patch {
        /// Its file.
        path: String = "path",
        /// Its text.
        patch: String = "patch",
        /// What it applies to; the object of its own id when it says nothing.
        target: Option<Selector> = "target",
        /// Options.
        options: Option<PatchOptions> = "options",
    }
);

record!(
    /// A change of images.
    Image {
        /// Which, a regular expression.
        name: String = "name",
        /// The new name.
        new_name: String = "newName",
        /// Appended to the tag.
        tag_suffix: String = "tagSuffix",
        /// The new tag.
        new_tag: String = "newTag",
        /// The new digest.
        digest: String = "digest",
    }
);

record!(
    /// A number of replicas.
    Replica {
        /// Name of the object.
        name: String = "name",
        /// How many.
        count: i64 = "count",
    }
);

record!(
    /// How a value is cut out of, or put into, a field.
    FieldOptions {
        /// Splits the text.
        delimiter: String = "delimiter",
        /// Which part.
        index: i64 = "index",
        /// Unused, as in kustomize.
        encoding: String = "encoding",
        /// Make the field when it is missing.
        create: bool = "create",
    }
);

record!(
    /// Where a replacement reads.
    SourceSelector {
        /// Group.
        group: String = "group",
        /// Version.
        version: String = "version",
        /// Kind.
        kind: String = "kind",
        /// Name.
        name: String = "name",
        /// Namespace.
        namespace: String = "namespace",
        /// The field, `metadata.name` when empty.
        field_path: String = "fieldPath",
        /// Options.
        options: Option<FieldOptions> = "options",
    }
    embeds ["group", "version", "kind", "name", "namespace"]
);

record!(
    /// Where a replacement writes.
    TargetSelector {
        /// Objects.
        select: Option<Selector> = "select",
        /// But not these.
        reject: Vec<Selector> = "reject",
        /// Fields, `metadata.name` when empty.
        field_paths: Vec<String> = "fieldPaths",
        /// Options.
        options: Option<FieldOptions> = "options",
    }
);

record!(
    /// A value copied from one object to others, or the path of a file of them.
    Replacement {
        /// Where it is read.
        source: Option<SourceSelector> = "source",
        /// Where it is written.
        targets: Option<Vec<TargetSelector>> = "targets",
        /// The value itself.
        source_value: Option<String> = "sourceValue",
        /// A file of replacements.
        path: String = "path",
    }
);

record!(
    /// The object that a var reads.
    Target {
        /// Group and version.
        api_version: String = "apiVersion",
        /// Group.
        group: String = "group",
        /// Version.
        version: String = "version",
        /// Kind.
        kind: String = "kind",
        /// Name.
        name: String = "name",
        /// Namespace.
        namespace: String = "namespace",
    }
);

record!(
    /// The field that a var reads.
    FieldSelector {
        /// `metadata.name` when empty.
        field_path: String = "fieldPath",
    }
);

record!(
    /// A variable.
    Var {
        /// `$(NAME)`
        name: String = "name",
        /// The object.
        objref: Target = "objref",
        /// The field.
        fieldref: FieldSelector = "fieldref",
    }
);

record!(
    /// Kinds to sort first and last.
    LegacySortOptions {
        /// First.
        order_first: Vec<String> = "orderFirst",
        /// Last.
        order_last: Vec<String> = "orderLast",
    }
);

record!(
    /// Order of the output.
    SortOptions {
        /// `legacy` or `fifo`
        order: String = "order",
        /// For `legacy`.
        legacy_sort_options: Option<LegacySortOptions> = "legacySortOptions",
    }
);

record!(
    /// Options of generated objects.
    GeneratorOptions {
        /// Labels.
        labels: StringMap = "labels",
        /// Annotations.
        annotations: StringMap = "annotations",
        /// Names stay as they are.
        disable_name_suffix_hash: bool = "disableNameSuffixHash",
        /// `immutable: true`
        immutable: bool = "immutable",
    }
);

impl GeneratorOptions {
    /// The options with those of the whole kustomization below them.
    pub fn merged(local: Option<&Self>, global: Option<&Self>) -> Option<Self> {
        let Some(global) = global else {
            return local.cloned();
        };
        let mut merged = local.cloned().unwrap_or_default();
        for (key, text) in &global.labels {
            merged.labels.entry(key.clone()).or_insert_with(|| text.clone());
        }
        for (key, text) in &global.annotations {
            merged
                .annotations
                .entry(key.clone())
                .or_insert_with(|| text.clone());
        }
        merged.disable_name_suffix_hash |= global.disable_name_suffix_hash;
        merged.immutable |= global.immutable;
        Some(merged)
    }
}

record!(
    /// A ConfigMap or Secret to generate.
    ConfigMapArgs {
        /// Namespace.
        namespace: String = "namespace",
        /// Name.
        name: String = "name",
        /// `create`, `replace` or `merge`
        behavior: String = "behavior",
        /// `key=text`
        literals: Vec<String> = "literals",
        /// `path` or `key=path`
        files: Vec<String> = "files",
        /// Files of `key=text` lines.
        envs: Vec<String> = "envs",
        /// Legacy: one of `envs`.
        env: String = "env",
        /// Options.
        options: Option<GeneratorOptions> = "options",
        /// Type of a Secret.
        secret_type: String = "type",
        /// Metadata of a generator that stands in a file of its own.
        metadata: Option<ObjectMeta> = "metadata",
    }
    embeds ["namespace", "name", "behavior", "literals", "files", "envs", "env", "options", "type"]
);

record!(
    /// Settings of all charts.
    HelmGlobals {
        /// Folder of charts.
        chart_home: String = "chartHome",
        /// Folder of helm's configuration.
        config_home: String = "configHome",
    }
);

record!(
    /// A chart to render.
    HelmChart {
        /// Name of the chart.
        name: String = "name",
        /// Version.
        version: String = "version",
        /// Repository.
        repo: String = "repo",
        /// Release.
        release_name: String = "releaseName",
        /// Namespace.
        namespace: String = "namespace",
        /// More values files.
        additional_values_files: Vec<String> = "additionalValuesFiles",
        /// Values file.
        values_file: String = "valuesFile",
        /// Values.
        values_inline: Value = "valuesInline",
        /// How values are merged.
        values_merge: String = "valuesMerge",
        /// CRDs too.
        include_crds: bool = "includeCRDs",
        /// No hooks.
        skip_hooks: bool = "skipHooks",
        /// API versions.
        api_versions: Vec<String> = "apiVersions",
        /// Kubernetes version.
        kube_version: String = "kubeVersion",
        /// Template of the release's name.
        name_template: String = "nameTemplate",
        /// No tests.
        skip_tests: bool = "skipTests",
        /// Debug.
        debug: bool = "debug",
        /// Development versions.
        devel: bool = "devel",
    }
);

record!(
    /// Legacy form of a chart.
    HelmChartArgs {
        /// Name of the chart.
        chart_name: String = "chartName",
        /// Version.
        chart_version: String = "chartVersion",
        /// Repository.
        chart_repo_url: String = "chartRepoUrl",
        /// Folder of charts.
        chart_home: String = "chartHome",
        /// Name of the repository.
        chart_repo_name: String = "chartRepoName",
        /// The program.
        helm_bin: String = "helmBin",
        /// Folder of helm's configuration.
        helm_home: String = "helmHome",
        /// Values file.
        values: String = "values",
        /// Values.
        values_local: Value = "valuesLocal",
        /// How values are merged.
        values_merge: String = "valuesMerge",
        /// Release.
        release_name: String = "releaseName",
        /// Namespace.
        release_namespace: String = "releaseNamespace",
        /// More arguments.
        extra_args: Vec<String> = "extraArgs",
    }
);

impl From<HelmChartArgs> for HelmChart {
    fn from(old: HelmChartArgs) -> Self {
        Self {
            name: old.chart_name,
            version: old.chart_version,
            repo: old.chart_repo_url,
            values_file: old.values,
            values_inline: old.values_local,
            values_merge: old.values_merge,
            release_name: old.release_name,
            ..Self::default()
        }
    }
}

record!(
    /// The form of a field spec in files.
    RawFieldSpec {
        /// Group.
        group: String = "group",
        /// Version.
        version: String = "version",
        /// Kind.
        kind: String = "kind",
        /// Path.
        path: String = "path",
        /// Create.
        create: bool = "create",
    }
    embeds ["group", "version", "kind"]
);

impl Default for FieldSpec {
    fn default() -> Self {
        Self::new(Gvk::default(), "", false)
    }
}

impl Decode for FieldSpec {
    fn decode(value: &Value, place: &Place<'_>) -> Result<Self, DecodeError> {
        let raw = RawFieldSpec::decode(value, place)?;
        Ok(Self::new(
            Gvk::owned(raw.group, raw.version, raw.kind),
            raw.path,
            raw.create,
        ))
    }
}

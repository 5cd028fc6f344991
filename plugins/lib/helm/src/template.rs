//! `helm template`: from a chart and values to manifests.

use std::rc::Rc;

use sluice_chart::{
    Chart, Coalescer, Crd, Files, Limits, check_dependencies, check_release_name, check_schemas,
    is_compatible, load, process_dependencies,
};
use sluice_go_template::Map;

use crate::data::{Capabilities, KubeVersion};
use crate::error::{Error, Needed};
use crate::functions::{self, Cluster};
use crate::hook::Hook;
use crate::manifest::{self, Manifest};
use crate::options::Options;
use crate::{name_template, output, render, reuse, user_values};

/// What a render draws on besides its files.
pub struct Environment {
    /// For random functions.
    pub seed: [u8; 32],
    /// Milliseconds since the Unix epoch, for functions of time.
    pub now_ms: u64,
    /// For `lookup`.
    pub cluster: Rc<dyn Cluster>,
    /// What templates may spend.
    pub limits: sluice_go_template::Limits,
}

/// A rendered chart.
pub struct Rendered {
    /// The chart, dependencies processed.
    pub chart: Chart,
    /// The values that the root chart's templates saw.
    pub values: Map,
    /// The user's values alone.
    pub user_values: Map,
    /// In the order of installation.
    pub manifests: Vec<Manifest>,
    /// By kind.
    pub hooks: Vec<Hook>,
    /// Files of `crds/`.
    pub crds: Vec<Crd>,
    /// The text of NOTES.txt.
    pub notes: Option<Vec<u8>>,
    /// For the user.
    pub warnings: Vec<String>,
    /// Whether randomness or time went into it.
    pub used_entropy: bool,
    pub(crate) options: Options,
}

/// Renders the chart at a path of the tree.
///
/// # Errors
/// Where helm has one, and what exceeds the limits.
pub fn template(
    files: &Rc<dyn Files>,
    path: &str,
    mut options: Options,
    environment: &Environment,
) -> Result<Rendered, Error> {
    let capabilities = capabilities(&options)?;
    let sprig = crate::sprig::functions(environment, options.lint);
    if !options.release.name_template.is_empty() {
        let text = &options.release.name_template;
        options.release.name = name_template::render(text, &sprig.functions, environment.limits)?;
    }
    let Unrendered {
        mut chart,
        user_values: user,
        mut warnings,
    } = load_only(files, path, &options)?;
    check_release_name(&options.release.name)?;
    let more =
        process_dependencies(&mut chart, &user).map_err(|error| Error::Dependencies(error.to_string()))?;
    warnings.extend(more);
    let mut coalescer = Coalescer::new();
    let values = coalescer
        .coalesce(&chart, &user)
        .map_err(|error| Error::Values(error.to_string()))?;
    warnings.extend(coalescer.warnings);
    if !options.skip_schema_validation {
        check_schemas(&chart, &values)?;
    }
    check_kube_version(&chart, &capabilities)?;
    let mut functions = sprig.functions;
    functions::add(&mut functions);
    let mut rendered = render::render(
        &chart,
        &values,
        &options.release,
        &capabilities,
        functions,
        environment.limits,
    )?;
    let notes = render::take_notes(&chart, &mut rendered, options.sub_notes);
    let sorted = manifest::sort(rendered.into_iter().collect())?;
    Ok(Rendered {
        crds: chart.crds(),
        chart,
        values,
        user_values: user,
        manifests: sorted.manifests,
        hooks: sorted.hooks,
        notes,
        warnings,
        used_entropy: sprig.used_entropy.get(),
        options,
    })
}

/// A chart and the user's values before anything is rendered.
pub struct Unrendered {
    /// The chart as it was loaded.
    pub chart: Chart,
    /// The user's values.
    pub user_values: Map,
    /// For the user.
    pub warnings: Vec<String>,
}

/// Loads the chart at a path of the tree and merges the user's values.
///
/// # Errors
/// As [`template`], for these two.
pub fn load_only(files: &Rc<dyn Files>, path: &str, options: &Options) -> Result<Unrendered, Error> {
    let mut user_values = user_values::merge(files, options)?;
    let (mut chart, mut warnings) = load_chart(files, path, options)?;
    if let Some(reuse) = &options.reuse {
        user_values = reuse::keep(reuse, &mut chart, &user_values, &mut warnings);
    }
    Ok(Unrendered {
        chart,
        user_values,
        warnings,
    })
}

fn load_chart(files: &Rc<dyn Files>, path: &str, options: &Options) -> Result<(Chart, Vec<String>), Error> {
    let loaded = load(files, path, Limits::default())?;
    let (mut chart, mut warnings) = (loaded.chart, loaded.warnings);
    if let Some(version) = &options.chart_version {
        version.clone_into(&mut Rc::make_mut(&mut chart.metadata).version);
    }
    check_chart(&chart, &mut warnings)?;
    Ok((chart, warnings))
}

fn capabilities(options: &Options) -> Result<Capabilities, Error> {
    let parse = |version: &String| {
        KubeVersion::parse(version).map_err(|error| Error::KubeVersion {
            version: version.clone(),
            error,
        })
    };
    let given = options
        .kube_version
        .as_ref()
        .filter(|version| !version.is_empty());
    Ok(Capabilities {
        kube_version: given.map(parse).transpose()?.unwrap_or_default(),
        api_versions: options.api_versions.clone(),
        api_versions_only: options.api_versions_only,
    })
}

fn check_chart(chart: &Chart, warnings: &mut Vec<String>) -> Result<(), Error> {
    if !matches!(chart.metadata.chart_type.as_str(), "" | "application") {
        return Err(Error::NotInstallable(chart.metadata.chart_type.clone()));
    }
    if chart.metadata.deprecated {
        warnings.push("this chart is deprecated".into());
    }
    let Err(missing) = check_dependencies(chart) else {
        return Ok(());
    };
    let wanted = chart
        .metadata
        .dependencies
        .iter()
        .filter(|wanted| missing.0.contains(&wanted.name));
    let needed = wanted.map(|wanted| Needed {
        name: wanted.name.clone(),
        version: wanted.version.clone(),
        repository: wanted.repository.clone(),
    });
    Err(Error::MissingDependencies(needed.collect()))
}

fn check_kube_version(chart: &Chart, capabilities: &Capabilities) -> Result<(), Error> {
    let (wanted, version) = (&chart.metadata.kube_version, &capabilities.kube_version);
    if wanted.is_empty() || is_compatible(wanted, &version.normalized) {
        return Ok(());
    }
    Err(Error::Incompatible {
        wanted: wanted.clone(),
        version: version.version.clone(),
    })
}

impl Rendered {
    /// What `helm template` prints.
    ///
    /// # Errors
    /// A pattern of `showOnly` that names nothing, or a file of `crds/` that cannot be read.
    pub fn text(&self) -> Result<Vec<u8>, Error> {
        output::text(&self.options, &self.crds, &self.manifests, &self.hooks)
    }

    /// The manifests as JSON with the paths of their templates; lists are taken apart.
    ///
    /// # Errors
    /// A document that JSON cannot hold.
    pub fn objects(&self) -> Result<Vec<(serde_json::Value, String)>, Error> {
        let mut objects = Vec::new();
        for manifest in &self.manifests {
            let found = json(&manifest.content, &manifest.path)?;
            objects.extend(found.into_iter().map(|object| (object, manifest.path.clone())));
        }
        Ok(objects)
    }

    /// The hooks as JSON, with their annotations.
    ///
    /// # Errors
    /// A document that JSON cannot hold.
    pub fn hook_objects(&self) -> Result<Vec<serde_json::Value>, Error> {
        let mut objects = Vec::new();
        for hook in &self.hooks {
            objects.extend(json(&hook.manifest, &hook.path)?);
        }
        Ok(objects)
    }

    /// The documents of `crds/` as JSON.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no YAML.
    pub fn crd_objects(&self) -> Result<Vec<serde_json::Value>, Error> {
        let mut objects = Vec::new();
        for crd in &self.crds {
            let path = || crd.path.clone();
            let bytes = crd
                .file
                .bytes()
                .map_err(|error| Error::Read { path: path(), error })?;
            for document in manifest::split(&bytes) {
                let object =
                    manifest::to_json(document).map_err(|error| Error::Crd { path: path(), error })?;
                objects.extend(object);
            }
        }
        Ok(objects)
    }
}

pub(crate) fn json(document: &[u8], path: &str) -> Result<Vec<serde_json::Value>, Error> {
    let failed = |error| manifest::ManifestError {
        path: path.to_owned(),
        error,
    };
    let object = manifest::to_json(document).map_err(failed)?;
    Ok(object.map(apart).unwrap_or_default())
}

/// The items of a list, or the object itself.
fn apart(mut object: serde_json::Value) -> Vec<serde_json::Value> {
    let is_list = object["kind"] == "List" && object["apiVersion"] == "v1";
    match object.get_mut("items").map(serde_json::Value::take) {
        Some(serde_json::Value::Array(items)) if is_list => items,
        Some(items) => {
            object["items"] = items;
            vec![object]
        }
        None => vec![object],
    }
}

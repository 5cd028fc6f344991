//! What the host learns of a chart: its metadata and values, and all of it as Helm stores it in a release
//! (helm, `pkg/chart/v2`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sluice_chart::values::map_to_json;
use sluice_chart::{Chart, Dependency, File, ImportValues, Metadata};

use crate::error::Error;
use crate::options::Options;
use crate::template::{Rendered, Unrendered};

impl Rendered {
    /// The chart's metadata and the values that its templates saw; where the options ask for it, the chart as Helm
    /// stores it and the user's values too.
    ///
    /// # Errors
    /// A file of the chart that cannot be read.
    pub fn chart_json(&self) -> Result<Value, Error> {
        let mut out = json!({
            "metadata": metadata(&self.chart.metadata),
            "release": self.options.release.name,
            "values": map_to_json(&self.values),
        });
        if self.options.release_record {
            out["record"] = record(&self.chart)?;
            out["config"] = map_to_json(&self.user_values);
            out["hookPaths"] = json!(self.hook_paths()?);
        }
        Ok(out)
    }
}

impl Rendered {
    /// The template of each of [`Rendered::hook_objects`].
    fn hook_paths(&self) -> Result<Vec<&str>, Error> {
        let mut paths = Vec::new();
        for hook in &self.hooks {
            let objects = crate::template::json(&hook.manifest, &hook.path)?;
            paths.extend(objects.iter().map(|_| hook.path.as_str()));
        }
        Ok(paths)
    }
}

impl Unrendered {
    /// The chart's metadata and the user's values.
    pub fn chart_json(&self, options: &Options) -> Value {
        json!({
            "metadata": metadata(&self.chart.metadata),
            "release": options.release.name,
            "config": map_to_json(&self.user_values),
        })
    }
}

/// The chart as Helm stores it: subcharts are left out, as Helm leaves them out.
fn record(chart: &Chart) -> Result<Value, Error> {
    let schema = chart.schema.as_ref().map(|schema| STANDARD.encode(&schema[..]));
    Ok(json!({
        "metadata": metadata(&chart.metadata),
        "lock": null,
        "templates": files(&chart.templates)?,
        "values": map_to_json(&chart.values),
        "schema": schema,
        "files": files(&chart.files)?,
    }))
}

fn files(files: &[File]) -> Result<Value, Error> {
    let mut out = Vec::new();
    for file in files {
        let bytes = file.bytes().map_err(|error| Error::Read {
            path: file.name.clone(),
            error,
        })?;
        out.push(json!({"name": file.name, "data": STANDARD.encode(&bytes[..])}));
    }
    Ok(Value::Array(out))
}

/// Fields without a value are left out, as Go leaves them out.
fn metadata(metadata: &Metadata) -> Value {
    let mut out = Fields::default();
    out.text("name", &metadata.name);
    out.text("home", &metadata.home);
    out.texts("sources", &metadata.sources);
    out.text("version", &metadata.version);
    out.text("description", &metadata.description);
    out.texts("keywords", &metadata.keywords);
    let maintainers = metadata.maintainers.iter().map(|maintainer| {
        let mut out = Fields::default();
        out.text("name", &maintainer.name);
        out.text("email", &maintainer.email);
        out.text("url", &maintainer.url);
        Value::Object(out.0)
    });
    out.list("maintainers", maintainers.collect());
    out.text("icon", &metadata.icon);
    out.text("apiVersion", &metadata.api_version);
    out.text("condition", &metadata.condition);
    out.text("tags", &metadata.tags);
    out.text("appVersion", &metadata.app_version);
    if metadata.deprecated {
        out.0.insert("deprecated".into(), true.into());
    }
    if !metadata.annotations.is_empty() {
        out.0.insert("annotations".into(), json!(metadata.annotations));
    }
    out.text("kubeVersion", &metadata.kube_version);
    out.list(
        "dependencies",
        metadata.dependencies.iter().map(dependency).collect(),
    );
    out.text("type", &metadata.chart_type);
    Value::Object(out.0)
}

fn dependency(dependency: &Dependency) -> Value {
    let mut out = Fields::default();
    out.0.insert("name".into(), dependency.name.as_str().into());
    out.text("version", &dependency.version);
    out.0
        .insert("repository".into(), dependency.repository.as_str().into());
    out.text("condition", &dependency.condition);
    out.texts("tags", &dependency.tags);
    if dependency.enabled {
        out.0.insert("enabled".into(), true.into());
    }
    let imports = dependency.import_values.iter().map(|import| match import {
        ImportValues::Export(name) => json!(name),
        ImportValues::Pair { child, parent } => json!({"child": child, "parent": parent}),
        ImportValues::Other(value) => value.clone(),
    });
    out.list("import-values", imports.collect());
    out.text("alias", &dependency.alias);
    Value::Object(out.0)
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.insert(name.into(), text.into());
        }
    }

    fn texts(&mut self, name: &str, texts: &[String]) {
        self.list(name, texts.iter().map(|text| json!(text)).collect());
    }

    fn list(&mut self, name: &str, items: Vec<Value>) {
        if !items.is_empty() {
            self.0.insert(name.into(), Value::Array(items));
        }
    }
}

//! `helmCharts`: charts in a directory of the source, or of a repository of charts. The renderer of charts is the caller's.

use serde_json::{Map, Value, json};

use crate::elsewhere::{Need, OUTPUT};
use crate::error::{Error, Result, Within};
use crate::files::{EntryKind, join};
use crate::kustomization::{HelmChart, HelmGlobals};
use crate::loader::Loader;
use crate::objects::parse_objects;
use crate::resource::Resource;

/// Directory of the charts beside a kustomization.
const DEFAULT_HOME: &str = "charts";
/// Without a name for the release helm makes one of the chart and the time.
const GENERATED_NAME: &str = "{{ now | unixEpoch }}";

/// A chart with its place.
struct Found {
    /// The need whose tree holds it; none for the source.
    within: Option<String>,
    /// The directory in the build's files.
    directory: String,
    /// The directory in its own tree.
    path: String,
}

/// The objects of one chart.
pub(crate) fn generate(
    chart: &HelmChart,
    globals: Option<&HelmGlobals>,
    loader: &Loader<'_>,
) -> Result<Vec<Resource>> {
    let options = &loader.session().options;
    if !options.enable_helm {
        return Err(wrong(chart, "must specify --enable-helm"));
    }
    if chart.name.is_empty() {
        return Err(wrong(chart, "chart name cannot be empty"));
    }
    let found = find(chart, globals, loader)?;
    let config = config(chart, &values(chart, &found, loader)?, loader);
    let need = Need::Render {
        within: found.within.as_deref(),
        chart: &found.path,
        config,
    };
    let Some(directory) = loader.session().held(&need) else {
        return Err(wrong(chart, "the renderer of charts has not answered yet"));
    };
    let output = format!("{directory}/{OUTPUT}");
    let bytes = loader
        .session()
        .files
        .read(&output)
        .map_err(|reason| Error::Read {
            path: output.clone(),
            reason,
        })?;
    let nodes = parse_objects(&bytes, &options.limits.yaml)
        .map_err(|error| error.in_file(&format!("chart {}", chart.name)))?;
    let resource = |node| {
        loader.session().openapi.borrow().note_kind(&node);
        let mut resource = Resource::new(node);
        resource.from_chart = true;
        resource
    };
    Ok(nodes.into_iter().map(resource).collect())
}

fn wrong(chart: &HelmChart, reason: &str) -> Error {
    Error::Helm {
        chart: chart.name.clone(),
        reason: reason.into(),
    }
}

/// The chart beside the kustomization, else the one of its repository.
fn find(chart: &HelmChart, globals: Option<&HelmGlobals>, loader: &Loader<'_>) -> Result<Found> {
    let home = globals.map_or("", |globals| globals.chart_home.as_str());
    let mut home = if home.is_empty() { DEFAULT_HOME } else { home }.to_owned();
    if !chart.version.is_empty() && !chart.repo.is_empty() {
        home = format!("{home}/{}-{}", chart.name, chart.version);
    }
    let path = format!("{home}/{}", chart.name);
    let base = if home.starts_with('/') { "/" } else { loader.root() };
    let local = join(base, &path).map_err(|_| Error::Escape { path })?;
    if matches!(loader.session().files.kind(&local), Ok(EntryKind::Directory)) {
        loader.session().count_load()?;
        return Ok(Found {
            within: loader.input(),
            path: loader.path_in_input(&local),
            directory: local,
        });
    }
    if chart.repo.is_empty() {
        return Err(wrong(
            chart,
            &format!("no repo specified for pull, no chart found at '{local}'"),
        ));
    }
    let need = Need::Chart {
        chart: &chart.name,
        version: &chart.version,
        repository: &chart.repo,
        devel: chart.devel,
    };
    let Some(directory) = loader.session().held(&need) else {
        return Err(wrong(
            chart,
            &format!("the chart of {} is not here yet", chart.repo),
        ));
    };
    let path = format!("/{}", chart.name);
    Ok(Found {
        within: Some(need.key()),
        directory: format!("{directory}{path}"),
        path,
    })
}

/// The values files in helm's order, the first one with the inline values merged as it is asked for.
fn values(chart: &HelmChart, found: &Found, loader: &Loader<'_>) -> Result<Vec<Value>> {
    let inline = match &chart.values_inline {
        Value::Object(map) if !map.is_empty() => Some(&chart.values_inline),
        _ => None,
    };
    let first = match (inline, chart.values_merge.as_str()) {
        (None, "" | "override" | "merge" | "replace") => json!({"yaml": file(chart, found, loader)?}),
        (Some(inline), "replace") => json!({"object": inline}),
        (Some(inline), "" | "override") => {
            let values = parsed(chart, found, loader)?;
            json!({"object": merge(values, inline)})
        }
        (Some(inline), "merge") => {
            let values = parsed(chart, found, loader)?;
            json!({"object": merge(inline.clone(), &values)})
        }
        _ => {
            return Err(wrong(
                chart,
                "valuesMerge must be one of [merge override replace]",
            ));
        }
    };
    let mut layers = vec![first];
    for path in &chart.additional_values_files {
        let bytes = loader
            .load(path)
            .within(|| "could not load additionalValuesFile")?;
        layers.push(json!({"yaml": String::from_utf8_lossy(&bytes)}));
    }
    Ok(layers)
}

/// The text of `valuesFile`, or of the chart's own values.
fn file(chart: &HelmChart, found: &Found, loader: &Loader<'_>) -> Result<String> {
    let bytes = if chart.values_file.is_empty() {
        let path = format!("{}/values.yaml", found.directory);
        let read = loader.session().files.read(&path);
        read.map_err(|reason| Error::Read { path, reason })?
    } else {
        loader.load(&chart.values_file)?
    };
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parsed(chart: &HelmChart, found: &Found, loader: &Loader<'_>) -> Result<Value> {
    let text = file(chart, found, loader)?;
    let limits = &loader.session().options.limits.yaml;
    sluice_yaml::read_value(text.as_bytes(), false, limits)
        .map_err(|error| wrong(chart, &format!("could not parse values file: {error}")))
}

/// Maps are merged, all else is replaced, null takes away.
fn merge(mut below: Value, above: &Value) -> Value {
    let Value::Object(above) = above else {
        return above.clone();
    };
    if !below.is_object() {
        below = Value::Object(Map::new());
    }
    if let Value::Object(map) = &mut below {
        for (key, value) in above {
            if value.is_null() {
                map.remove(key);
                continue;
            }
            let former = map.remove(key).unwrap_or(Value::Null);
            map.insert(key.clone(), merge(former, value));
        }
    }
    below
}

/// What the renderer of charts is asked: the flags that kustomize gives to `helm template`.
fn config(chart: &HelmChart, values: &[Value], loader: &Loader<'_>) -> Value {
    let forced = &loader.session().options.helm;
    let mut release = Map::new();
    let template = match (&chart.release_name, &chart.name_template) {
        (name, _) if !name.is_empty() => {
            release.insert("name".into(), name.as_str().into());
            None
        }
        (_, template) if !template.is_empty() => Some(template.clone()),
        _ => Some(format!("{}-{GENERATED_NAME}", chart.name)),
    };
    if let Some(template) = template {
        release.insert("nameTemplate".into(), template.into());
    }
    if !chart.namespace.is_empty() {
        release.insert("namespace".into(), chart.namespace.as_str().into());
    }
    let versions = if forced.api_versions.is_empty() {
        &chart.api_versions
    } else {
        &forced.api_versions
    };
    let mut config = json!({
        "release": release,
        "values": values,
        "apiVersions": versions,
        "includeCrds": chart.include_crds,
        "skipTests": chart.skip_tests,
        "noHooks": chart.skip_hooks,
    });
    let version = [&forced.kube_version, &chart.kube_version]
        .into_iter()
        .find(|version| !version.is_empty());
    if let Some(version) = version {
        config["kubeVersion"] = version.as_str().into();
    }
    config
}

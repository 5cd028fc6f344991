//! The templates of a chart and of all below it: parsed into one set, then executed.

use std::collections::BTreeMap;
use std::rc::Rc;

use sluice_chart::values::table;
use sluice_chart::{Chart, base_name};
use sluice_go_template::{
    Context, Entries, Functions, Limits, Map, MapType, MissingKey, Str, TemplateSet, Value, remove_no_value,
};

use crate::data::{Capabilities, VALUES, chart_files, metadata};
use crate::error::Error;
use crate::options::Release;
use crate::trace;

/// A template with what it sees.
struct Template {
    text: Str,
    dot: Map,
    /// Path of its chart's templates.
    base: String,
}

/// The name of helm's template set.
const SET: &str = "gotpl";

/// Renders all templates; partials are left out. The result is sorted by path.
pub(crate) fn render(
    chart: &Chart,
    values: &Map,
    release: &Release,
    capabilities: &Capabilities,
    functions: Functions,
    limits: Limits,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let top = Map::from_entries(
        &MapType::ANY,
        [
            ("Values", Value::Map(values.retyped(&VALUES))),
            ("Release", release_value(release)),
            ("Capabilities", capabilities.value()),
        ],
    );
    let mut templates = BTreeMap::new();
    collect(chart, chart.name(), &top, true, &mut templates)?;
    let mut names: Vec<&String> = templates.keys().collect();
    // Deep paths first: what a parent defines replaces what its subcharts define.
    names.sort_by_key(|name| std::cmp::Reverse((name.matches('/').count(), *name)));
    let mut context = Context::new(limits);
    let mut set = TemplateSet::new(SET, functions, MissingKey::Zero);
    for name in &names {
        let template = &templates[*name];
        set.parse(name, template.text.clone(), &context)
            .map_err(|error| Error::Template(trace::parse_error(name, &error)))?;
    }
    let set = Rc::new(set);
    if cfg!(target_family = "wasm") {
        // The sandbox drops the whole instance after the call, which takes no walk through all trees.
        std::mem::forget(Rc::clone(&set));
    }
    execute(&set, &mut context, &names, &templates)
}

fn execute(
    set: &Rc<TemplateSet>,
    context: &mut Context,
    names: &[&String],
    templates: &BTreeMap<String, Template>,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut rendered = BTreeMap::new();
    for name in names.iter().filter(|name| !base_name(name).starts_with('_')) {
        let template = &templates[*name];
        let own = [
            ("Name", Value::from(name.as_str())),
            ("BasePath", Value::from(template.base.as_str())),
        ];
        let own = Map::from_entries(&VALUES, own);
        // the map of a chart's data takes entries
        let _ = template.dot.insert("Template", Value::Map(own));
        let text = set
            .execute(context, name.as_bytes(), Value::Map(template.dot.clone()))
            .map_err(|error| Error::Template(trace::exec_error(name, &error)))?;
        rendered.insert((*name).clone(), remove_no_value(text));
    }
    Ok(rendered)
}

/// The data of a chart's templates; below `Subcharts` stands that of its subcharts.
fn collect(
    chart: &Chart,
    path: &str,
    parent: &Map,
    is_root: bool,
    templates: &mut BTreeMap<String, Template>,
) -> Result<Map, Error> {
    let subcharts = Map::new();
    let values = if is_root {
        parent.get("Values").unwrap_or_default()
    } else {
        let own = table(parent, &format!("Values.{}", chart.name()));
        let own = own.map_or_else(
            || Map::with_entries(&VALUES, Entries::new()),
            |own| own.retyped(&VALUES),
        );
        Value::Map(own)
    };
    let dot = Map::from_entries(
        &VALUES,
        [
            ("Chart", metadata(&chart.metadata, is_root)),
            ("Files", chart_files(&chart.files)),
            ("Release", parent.get("Release").unwrap_or_default()),
            ("Capabilities", parent.get("Capabilities").unwrap_or_default()),
            ("Values", values),
            ("Subcharts", Value::Map(subcharts.clone())),
        ],
    );
    for child in &chart.dependencies {
        let path = format!("{path}/charts/{}", child.name());
        let data = collect(child, &path, &dot, false, templates)?;
        // a new map takes entries
        let _ = subcharts.insert(child.name(), Value::Map(data.retyped(&MapType::ANY)));
    }
    for file in chart.templates.iter() {
        if chart.is_library() && !base_name(&file.name).starts_with('_') {
            continue;
        }
        let text = file.bytes().map_err(|error| Error::Read {
            path: file.name.clone(),
            error,
        })?;
        let template = Template {
            text,
            dot: dot.clone(),
            base: format!("{path}/templates"),
        };
        templates.insert(format!("{path}/{}", file.name), template);
    }
    Ok(dot)
}

fn release_value(release: &Release) -> Value {
    Value::map([
        ("Name", Value::from(release.name.as_str())),
        ("Namespace", Value::from(release.namespace.as_str())),
        ("IsUpgrade", Value::from(release.is_upgrade)),
        ("IsInstall", Value::from(!release.is_upgrade)),
        ("Revision", Value::int(release.revision)),
        ("Service", Value::from("Helm")),
    ])
}

/// Takes the notes out of the rendered files, and keeps those of the root chart, or all.
pub(crate) fn take_notes(chart: &Chart, files: &mut BTreeMap<String, Vec<u8>>, all: bool) -> Option<Vec<u8>> {
    const NOTES: &str = "NOTES.txt";
    let own = format!("{}/templates/{NOTES}", chart.name());
    let found: Vec<String> = files
        .keys()
        .filter(|path| path.ends_with(NOTES))
        .cloned()
        .collect();
    let mut notes: Option<Vec<u8>> = None;
    for path in found {
        let Some(text) = files.remove(&path) else { continue };
        if !all && path != own {
            continue;
        }
        match &mut notes {
            Some(notes) => {
                notes.push(b'\n');
                notes.extend(text);
            }
            None => notes = Some(text),
        }
    }
    notes
}

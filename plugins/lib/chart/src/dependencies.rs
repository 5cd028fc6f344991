//! Which subcharts a chart has for given values: aliases, conditions, tags.

use std::collections::HashSet;
use std::rc::Rc;

use sluice_go_template::{Map, Value};
use sluice_semver::{Constraint, Version};
use thiserror::Error;

use crate::chart::Chart;
use crate::coalesce::{CoalesceError, Coalescer};
use crate::import_values;
use crate::metadata::Dependency;
use crate::values::{at_path, table};

/// Dependencies that Chart.yaml names and `charts/` does not have.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
pub struct MissingDependencies(pub Vec<String>);

/// Checks that every dependency of a chart is there, by name.
///
/// # Errors
/// Names of those that are not.
pub fn check_dependencies(chart: &Chart) -> Result<(), MissingDependencies> {
    let missing: Vec<String> = chart
        .metadata
        .dependencies
        .iter()
        .filter(|wanted| !chart.dependencies.iter().any(|chart| chart.name() == wanted.name))
        .map(|wanted| wanted.name.clone())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(MissingDependencies(missing))
    }
}

/// Removes subcharts that conditions and tags disable, makes those that aliases ask for, and imports values from children
/// into their parents. Returns what helm would log.
///
/// # Errors
/// Values that stand where a subchart's table must be.
pub fn process_dependencies(chart: &mut Chart, values: &Map) -> Result<Vec<String>, CoalesceError> {
    let mut warnings = Vec::new();
    enable(chart, values, "", &mut warnings)?;
    import_values::import(chart, &mut warnings)?;
    Ok(warnings)
}

/// Whether a version fits a constraint; not when either is malformed.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (Version::parse(version), Constraint::parse(constraint)) {
        (Ok(version), Ok(constraint)) => constraint.allows(&version),
        _ => false,
    }
}

fn enable(
    chart: &mut Chart,
    values: &Map,
    path: &str,
    warnings: &mut Vec<String>,
) -> Result<(), CoalesceError> {
    if chart.metadata.dependencies.is_empty() {
        return Ok(());
    }
    resolve_aliases(chart);
    let mut coalescer = Coalescer::new();
    let values = coalescer.coalesce(chart, values)?;
    let metadata = Rc::make_mut(&mut chart.metadata);
    for dependency in &mut metadata.dependencies {
        dependency.enabled = true;
        apply_tags(dependency, &values, warnings);
        apply_condition(dependency, &values, path, warnings);
    }
    let disabled = metadata
        .dependencies
        .iter()
        .filter(|dependency| !dependency.enabled);
    let disabled: HashSet<String> = disabled.map(|dependency| dependency.name.clone()).collect();
    metadata
        .dependencies
        .retain(|dependency| !disabled.contains(&dependency.name));
    chart
        .dependencies
        .retain(|chart| !disabled.contains(chart.name()));
    for child in &mut chart.dependencies {
        let path = format!("{path}{}.", child.name());
        enable(child, &values, &path, warnings)?;
    }
    Ok(())
}

/// Charts that Chart.yaml does not name come first, then one for each dependency, under its alias.
fn resolve_aliases(chart: &mut Chart) {
    let metadata = Rc::make_mut(&mut chart.metadata);
    let found = std::mem::take(&mut chart.dependencies);
    let fits = |chart: &Chart, wanted: &Dependency| {
        chart.name() == wanted.name && is_compatible(&wanted.version, &chart.metadata.version)
    };
    let is_named = |chart: &Chart| metadata.dependencies.iter().any(|wanted| fits(chart, wanted));
    let mut charts: Vec<Chart> = found.iter().filter(|chart| !is_named(chart)).cloned().collect();
    for wanted in &mut metadata.dependencies {
        if let Some(chart) = found.iter().find(|chart| fits(chart, wanted)) {
            let mut chart = chart.clone();
            if !wanted.alias.is_empty() {
                Rc::make_mut(&mut chart.metadata).name.clone_from(&wanted.alias);
            }
            charts.push(chart);
        }
        if !wanted.alias.is_empty() {
            wanted.name.clone_from(&wanted.alias);
        }
    }
    chart.dependencies = charts;
}

/// Enabled unless a tag says no and none says yes.
fn apply_tags(dependency: &mut Dependency, values: &Map, warnings: &mut Vec<String>) {
    let Some(tags) = table(values, "tags") else {
        return;
    };
    let (mut yes, mut no) = (false, false);
    for tag in &dependency.tags {
        match tags.get(tag) {
            Some(Value::Bool(true)) => yes = true,
            Some(Value::Bool(false)) => no = true,
            Some(_) => warnings.push(format!("tag {tag} of {} is no bool", dependency.name)),
            None => {}
        }
    }
    dependency.enabled = yes || !no;
}

/// The first path that leads to a bool decides.
fn apply_condition(dependency: &mut Dependency, values: &Map, path: &str, warnings: &mut Vec<String>) {
    for condition in dependency
        .condition
        .trim()
        .split(',')
        .filter(|condition| !condition.is_empty())
    {
        match at_path(values, &format!("{path}{condition}")) {
            Some(Value::Bool(enabled)) => {
                dependency.enabled = enabled;
                return;
            }
            Some(_) => warnings.push(format!("condition {condition} of {} is no bool", dependency.name)),
            None => {}
        }
    }
}

//! Dependencies that a chart in a source names and does not hold: from beside it, within the source, or from a repository
//! that the host asks.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;
use sluice_chart::{
    Chart, Dependency, Files, FilesError, Limits, Metadata, is_compatible, load, load_archive,
};
use sluice_files::clean_relative;
use sluice_plugin::Error;

use crate::error::{DEPENDENCY, failed};

/// The file of an input that holds a packed chart, and of the artifact.
pub const ARCHIVE: &str = "chart.tgz";

/// Trees that the host brought, by their names.
pub type Inputs = BTreeMap<String, Rc<dyn Files>>;

/// Adds the missing dependencies; tells how many there were.
///
/// # Errors
/// One is not where the chart says, or has another version; `needs-input` names those that the host should bring.
pub fn complete(
    chart: &mut Chart,
    files: &Rc<dyn Files>,
    path: &str,
    inputs: &Inputs,
) -> Result<usize, Error> {
    let missing = missing(chart)?;
    let (mut added, mut needed) = (Vec::new(), Vec::new());
    for wanted in &missing {
        if is_local(wanted) {
            let found = local(files, path, wanted);
            let found = found.map_err(|problem| {
                failed(
                    DEPENDENCY,
                    format!("failed to add local dependency '{}': {problem}", label(wanted)),
                )
            })?;
            added.push((wanted, found));
            continue;
        }
        let adding = |problem: String| {
            failed(
                DEPENDENCY,
                format!("failed to add remote dependency '{}': {problem}", label(wanted)),
            )
        };
        check_repository(&wanted.repository).map_err(adding)?;
        let key = key(wanted);
        match inputs.get(&key) {
            Some(input) => added.push((wanted, remote(input).map_err(adding)?)),
            None => needed.push(key),
        }
    }
    if !needed.is_empty() {
        return Err(Error::NeedsInput(needed));
    }
    for (wanted, found) in added {
        add(chart, wanted, found);
    }
    Ok(missing.len())
}

/// What a dependency is called among the inputs; the host reads it as JSON.
fn key(wanted: &Dependency) -> String {
    json!({"chart": wanted.name, "version": wanted.version, "repository": wanted.repository}).to_string()
}

fn label(wanted: &Dependency) -> &str {
    if wanted.alias.is_empty() {
        &wanted.name
    } else {
        &wanted.alias
    }
}

/// The dependencies of the lock, else those of the metadata, that no chart in `charts/` stands for.
fn missing(chart: &Chart) -> Result<Vec<Dependency>, Error> {
    let named = &chart.metadata.dependencies;
    let wanted = match &chart.lock {
        Some(lock) => {
            let locked = Metadata::locked(lock)
                .map_err(|error| failed(DEPENDENCY, format!("cannot load lock: {error}")))?;
            locked
                .into_iter()
                .map(|locked| with_alias(locked, named))
                .collect()
        }
        None => named.clone(),
    };
    let held = |wanted: &Dependency| {
        chart.dependencies.iter().any(|held| {
            (!wanted.alias.is_empty() && held.name() == wanted.alias)
                || (held.name() == wanted.name && is_compatible(&wanted.version, &held.metadata.version))
        })
    };
    Ok(wanted.into_iter().filter(|wanted| !held(wanted)).collect())
}

/// A lock has no aliases: they are in the metadata.
fn with_alias(mut locked: Dependency, named: &[Dependency]) -> Dependency {
    let of_name =
        |named: &&Dependency| named.name == locked.name && is_compatible(&named.version, &locked.version);
    if let Some(found) = named.iter().find(of_name) {
        locked.alias.clone_from(&found.alias);
    }
    locked
}

fn is_local(wanted: &Dependency) -> bool {
    wanted.repository.is_empty() || wanted.repository.starts_with("file://")
}

fn check_repository(repository: &str) -> Result<(), String> {
    if ["http://", "https://", "oci://"]
        .iter()
        .any(|scheme| repository.starts_with(scheme))
    {
        return Ok(());
    }
    Err(
        if repository.starts_with(['@']) || repository.starts_with("alias:") {
            format!("aliased repository dependency is not supported: {repository}")
        } else {
            format!("invalid dependency repository URL: {repository}")
        },
    )
}

/// A chart beside the one that needs it (H7: never outside of the source).
fn local(files: &Rc<dyn Files>, path: &str, wanted: &Dependency) -> Result<Chart, String> {
    let repository = &wanted.repository;
    let place = match repository.strip_prefix("file://") {
        Some(place) => format!("{path}/{place}"),
        None => format!("{path}/charts/{}", wanted.name),
    };
    let place = clean_relative(&place);
    if place.starts_with("..") {
        return Err(format!("'{repository}' leaves the source"));
    }
    match files.kind(&place) {
        Ok(_) => {}
        Err(FilesError::NotFound) => {
            return Err(format!("no chart found at '/{place}' (reference '{repository}')"));
        }
        Err(error) => return Err(error.to_string()),
    }
    let loaded = load(files, &place, Limits::default()).map_err(|error| {
        format!("failed to load chart from '/{place}' (reference '{repository}'): {error}")
    })?;
    if !is_compatible(&wanted.version, &loaded.chart.metadata.version) {
        return Err(format!(
            "can't get a valid version for constraint '{}'",
            wanted.version
        ));
    }
    Ok(loaded.chart)
}

fn remote(input: &Rc<dyn Files>) -> Result<Chart, String> {
    let packed = input.read(ARCHIVE).map_err(|error| error.to_string())?;
    let loaded = load_archive(&packed, Limits::default());
    loaded
        .map(|loaded| loaded.chart)
        .map_err(|error| format!("failed to load downloaded archive: {error}"))
}

/// Adds a subchart. Helm finds aliases by itself; only two versions of one chart need names of their own.
fn add(chart: &mut Chart, wanted: &Dependency, mut found: Chart) {
    let same_name = chart.dependencies.iter().find(|held| held.name() == found.name());
    match same_name.map(|held| held.metadata.version == found.metadata.version) {
        Some(true) => return,
        Some(false) if !wanted.alias.is_empty() => {
            Rc::make_mut(&mut found.metadata).name.clone_from(&wanted.alias);
        }
        _ => {}
    }
    chart.dependencies.push(found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Build;
    use crate::config::Config;
    use crate::tree;
    use sluice_chart::{MemoryFiles, package};

    fn files(extra: &[(&str, &str)]) -> Rc<dyn Files> {
        let base = [
            ("charts/app/values.yaml", "a: 1\n"),
            ("charts/app/.helmignore", "*.bak\n"),
            ("charts/app/x.bak", "no"),
            (
                "charts/db/Chart.yaml",
                "apiVersion: v2\nname: db\nversion: 2.1.0\n",
            ),
            ("prod.yaml", "a: 2\n"),
        ];
        let all = base
            .iter()
            .chain(extra)
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Rc::new(MemoryFiles(all.collect()))
    }

    fn app(dependencies: &str) -> Rc<dyn Files> {
        let text = format!("apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies: {dependencies}\n");
        files(&[("charts/app/Chart.yaml", &text)])
    }

    fn build(files: &Rc<dyn Files>, config: &Config, inputs: &Inputs) -> Result<Build, Error> {
        let config = Config {
            chart: "./charts/app".into(),
            ..config.clone()
        };
        let pin = tree::resolve(&config, files)?;
        assert!(pin.packaged);
        tree::fetch(&config, files, &pin, inputs)
    }

    fn names(build: &Build) -> Vec<String> {
        let chart = load_archive(&build.archive, Limits::default())
            .expect("a chart")
            .chart;
        chart
            .dependencies
            .iter()
            .map(|chart| chart.name().to_owned())
            .collect()
    }

    #[test]
    fn a_chart_beside_it_is_packed_in() {
        let build = build(
            &app("[{name: db, version: 2.x, repository: 'file://../db'}]"),
            &Config::default(),
            &Inputs::new(),
        );
        let build = build.expect("builds");
        assert_eq!((build.dependencies, names(&build)), (1, vec!["db".to_owned()]));
        let chart = load_archive(&build.archive, Limits::default())
            .expect("a chart")
            .chart;
        assert!(
            chart.files.iter().all(|file| file.name != "x.bak"),
            "ignored files are not packed"
        );
    }

    /// H7: a dependency beside the chart never leads out of the source.
    #[test]
    fn h7_a_local_dependency_stays_in_the_source() {
        for repository in ["file://../../../etc", "file://../../..", "file:///../../../x"] {
            let dependencies = format!("[{{name: db, version: '*', repository: '{repository}'}}]");
            let error = build(&app(&dependencies), &Config::default(), &Inputs::new())
                .expect_err(repository)
                .to_string();
            assert!(error.contains("leaves the source"), "{error}");
        }
        let error = build(
            &app("[{name: db, version: 1.x, repository: 'file://../db'}]"),
            &Config::default(),
            &Inputs::new(),
        );
        assert!(
            error
                .expect_err("another version")
                .to_string()
                .contains("can't get a valid version for constraint '1.x'")
        );
        let error = build(
            &app("[{name: db, version: 1.x, repository: 'file://../none'}]"),
            &Config::default(),
            &Inputs::new(),
        );
        assert!(
            error
                .expect_err("is missing")
                .to_string()
                .contains("no chart found at '/charts/none'")
        );
    }

    #[test]
    fn a_chart_of_a_repository_is_asked_for_and_taken_from_the_inputs() {
        let app = app("[{name: web, version: ^1, repository: 'https://h/charts'}]");
        let Err(Error::NeedsInput(needed)) = build(&app, &Config::default(), &Inputs::new()) else {
            panic!("asks for nothing");
        };
        assert_eq!(
            needed,
            [r#"{"chart":"web","version":"^1","repository":"https://h/charts"}"#]
        );
        let web = files(&[("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.4.0\n")]);
        let packed = package(&load(&web, "web", Limits::default()).expect("a chart").chart).expect("packs");
        let input: Rc<dyn Files> = Rc::new(MemoryFiles([(ARCHIVE.to_owned(), packed)].into()));
        let build = build(
            &app,
            &Config::default(),
            &Inputs::from([(needed[0].clone(), input)]),
        )
        .expect("builds");
        assert_eq!(names(&build), ["web"]);
    }

    #[test]
    fn aliases_of_repositories_and_other_schemes_are_refused() {
        for (repository, wanted) in [
            (
                "@stable",
                "aliased repository dependency is not supported: @stable",
            ),
            ("ftp://h/x", "invalid dependency repository URL: ftp://h/x"),
        ] {
            let dependencies = format!("[{{name: db, version: '*', repository: '{repository}'}}]");
            let error =
                build(&app(&dependencies), &Config::default(), &Inputs::new()).expect_err("is refused");
            assert!(error.to_string().contains(wanted), "{error}");
        }
    }

    #[test]
    fn the_lock_is_what_counts() {
        let metadata = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: web, version: ^1, repository: 'https://h', alias: front}\n";
        let lock = "dependencies:\n- {name: web, version: 1.3.0, repository: 'https://h'}\ndigest: x\ngenerated: \"2026-01-01T00:00:00Z\"\n";
        let app = files(&[
            ("charts/app/Chart.yaml", metadata),
            ("charts/app/Chart.lock", lock),
        ]);
        let Err(Error::NeedsInput(needed)) = build(&app, &Config::default(), &Inputs::new()) else {
            panic!("asks for nothing");
        };
        assert_eq!(
            needed,
            [r#"{"chart":"web","version":"1.3.0","repository":"https://h"}"#]
        );
    }

    #[test]
    fn values_files_are_files_of_the_source() {
        let config = Config {
            values_files: vec!["charts/app/values.yaml".into(), "prod.yaml".into()],
            version_metadata: "2".into(),
            ..Config::default()
        };
        let build = build(&app("[]"), &config, &Inputs::new()).expect("builds");
        assert_eq!(build.values_files, config.values_files);
        let chart = load_archive(&build.archive, Limits::default())
            .expect("a chart")
            .chart;
        assert_eq!(
            (
                &**chart.values_file.as_ref().expect("values"),
                chart.metadata.version.as_str()
            ),
            (&b"a: 2\n"[..], "1.0.0+2")
        );
    }

    /// S9, H5: paths of the spec stay in the source.
    #[test]
    fn h5_paths_of_the_spec_stay_in_the_source() {
        for path in [
            "../app",
            "/charts/app",
            "charts/../../app",
            "charts",
            "charts/app/values.yaml",
            "",
        ] {
            let config = Config {
                chart: path.into(),
                ..Config::default()
            };
            assert!(tree::resolve(&config, &app("[]")).is_err(), "{path}");
        }
        let config = Config {
            values_files: vec!["../secret.yaml".into()],
            ..Config::default()
        };
        assert!(build(&app("[]"), &config, &Inputs::new()).is_err());
    }
}

//! A packed chart becomes the artifact: as it is, or packed again with other values and version.

use std::rc::Rc;

use sluice_chart::{Chart, Limits, load_archive, package};
use sluice_plugin::Error;

use crate::config::Config;
use crate::error::{PACKAGE, PULL, VALUES, failed, invalid};
use crate::revision::Pin;
use crate::values::{merge, overwrite};

/// A chart that is ready to be stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Build {
    /// The packed chart.
    pub archive: Vec<u8>,
    /// The values files that went into it.
    pub values_files: Vec<String>,
    /// Dependencies that were added to it.
    pub dependencies: usize,
}

/// The artifact of a chart that came packed from a repository.
///
/// # Errors
/// It is no chart, too large, or lacks a values file.
pub fn of_archive(config: &Config, pin: &Pin, packed: Vec<u8>) -> Result<Build, Error> {
    check_size(config, &pin.name, &packed)?;
    if !config.repackages() {
        let loaded = load_archive(&packed, Limits::default()).map_err(|error| {
            failed(
                PULL,
                format!("failed to load chart metadata from written chart: {error}"),
            )
        })?;
        check_identity(config, pin, &loaded.chart)?;
        return Ok(Build {
            archive: packed,
            ..Build::default()
        });
    }
    let loaded = load_archive(&packed, Limits::default());
    let mut chart = loaded
        .map_err(|error| failed(PACKAGE, format!("failed to load downloaded chart: {error}")))?
        .chart;
    check_identity(config, pin, &chart)?;
    let values_files = set_values_of_chart(config, &mut chart)?;
    finish(chart, pin, values_files, 0)
}

/// Whoever may write tags can put a chart that was signed under another name or version.
fn check_identity(config: &Config, pin: &Pin, chart: &Chart) -> Result<(), Error> {
    let (name, version) = (&chart.metadata.name, &chart.metadata.version);
    let bare = |version: &str| version.strip_prefix('v').unwrap_or(version).to_owned();
    if !config.exact || (*name == pin.name && bare(version) == bare(&pin.upstream)) {
        return Ok(());
    }
    let problem = format!(
        "what stands there as '{}' version '{}' is chart '{name}' version '{version}'",
        pin.name, pin.upstream
    );
    Err(failed(PULL, problem))
}

/// Sets the version and packs.
///
/// # Errors
/// The chart cannot be packed.
pub fn finish(
    mut chart: Chart,
    pin: &Pin,
    values_files: Vec<String>,
    dependencies: usize,
) -> Result<Build, Error> {
    Rc::make_mut(&mut chart.metadata).version.clone_from(&pin.version);
    let archive =
        package(&chart).map_err(|error| failed(PACKAGE, format!("failed to package chart: {error}")))?;
    Ok(Build {
        archive,
        values_files,
        dependencies,
    })
}

/// Refuses a packed chart that is too large.
///
/// # Errors
/// It is.
pub fn check_size(config: &Config, name: &str, packed: &[u8]) -> Result<(), Error> {
    let max = config.max_chart();
    if packed.len() > max {
        return Err(failed(
            PULL,
            format!("size of chart '{name}' exceeds '{max}' bytes limit"),
        ));
    }
    Ok(())
}

/// Values files of a packed chart are files of it.
fn set_values_of_chart(config: &Config, chart: &mut Chart) -> Result<Vec<String>, Error> {
    let files = config.values_files();
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (values, used) = {
        let read = |name: &str| {
            let clean = sluice_files::clean_relative(name);
            if clean == "values.yaml" {
                let text = chart.values_file.as_ref().map(|text| text.to_vec());
                return Ok(Some(text.unwrap_or_default()));
            }
            let Some(file) = chart.files.iter().find(|file| file.name == clean) else {
                return Ok(None);
            };
            file.bytes()
                .map(|bytes| Some(bytes.to_vec()))
                .map_err(|error| error.to_string())
        };
        merge(files, config.ignore_missing_values_files, &read).map_err(merging)?
    };
    Ok(if overwrite(chart, &values)? {
        used
    } else {
        Vec::new()
    })
}

/// What Flux says before the failure, for charts of a repository.
fn merging(error: Error) -> Error {
    match error {
        Error::InvalidConfig(text) => {
            let problem = text.strip_prefix(VALUES).and_then(|text| text.strip_prefix(": "));
            invalid(
                VALUES,
                format!("failed to merge chart values: {}", problem.unwrap_or(&text)),
            )
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_chart::{Files, MemoryFiles, load};

    fn packed() -> Vec<u8> {
        let files = [
            ("web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.0\n"),
            ("web/values.yaml", "a: 1\nb: {c: 2}\n"),
            ("web/values-prod.yaml", "b: {c: 3}\n"),
        ];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let files: Rc<dyn Files> = Rc::new(MemoryFiles(files.into_iter().collect()));
        package(&load(&files, "web", Limits::default()).expect("a chart").chart).expect("packs")
    }

    fn pin(version: &str) -> Pin {
        Pin {
            name: "web".into(),
            version: version.into(),
            ..Pin::default()
        }
    }

    #[test]
    fn a_chart_without_changes_keeps_its_bytes() {
        let build = of_archive(&Config::default(), &pin("1.2.0"), packed()).expect("builds");
        assert_eq!(build.archive, packed());
        let error = of_archive(&Config::default(), &pin("1.2.0"), b"<html>".to_vec()).expect_err("no chart");
        assert!(error.to_string().contains("chart pull error"), "{error}");
    }

    #[test]
    fn an_exact_chart_is_the_one_that_was_chosen() {
        for (exact, files, name, upstream, fits) in [
            (true, vec![], "web", "1.2.0", true),
            (true, vec![], "web", "v1.2.0", true),
            (true, vec![], "web", "9.9.9", false),
            (true, vec![], "api", "1.2.0", false),
            (true, vec!["values-prod.yaml".to_owned()], "web", "9.9.9", false),
            (false, vec![], "api", "9.9.9", true),
        ] {
            let config = Config {
                exact,
                values_files: files,
                ..Config::default()
            };
            let pin = Pin {
                name: name.into(),
                version: upstream.into(),
                upstream: upstream.into(),
                ..Pin::default()
            };
            let built = of_archive(&config, &pin, packed());
            assert_eq!(built.is_ok(), fits, "{exact} {name} {upstream}: {built:?}");
            if let Err(error) = built {
                let wanted = format!("as '{name}' version '{upstream}' is chart 'web' version '1.2.0'");
                assert!(error.to_string().contains(&wanted), "{error}");
            }
        }
    }

    #[test]
    fn values_files_replace_the_values() {
        let config = Config {
            values_files: vec![
                "values.yaml".into(),
                "./values-prod.yaml".into(),
                "none.yaml".into(),
            ],
            ignore_missing_values_files: true,
            version_metadata: "3".into(),
            ..Config::default()
        };
        let build = of_archive(&config, &pin("1.2.0+3"), packed()).expect("builds");
        assert_eq!(build.values_files, ["values.yaml", "./values-prod.yaml"]);
        let chart = load_archive(&build.archive, Limits::default())
            .expect("a chart")
            .chart;
        assert_eq!(chart.metadata.version, "1.2.0+3");
        assert_eq!(
            &**chart.values_file.as_ref().expect("values"),
            b"a: 1\nb:\n  c: 3\n"
        );
        let strict = Config {
            ignore_missing_values_files: false,
            ..config
        };
        let error = of_archive(&strict, &pin("1.2.0+3"), packed())
            .expect_err("is missing")
            .to_string();
        assert!(
            error.contains("values files merge error: failed to merge chart values: no values file found at path 'none.yaml'"),
            "{error}"
        );
    }

    /// H5: a values file is one of the chart's.
    #[test]
    fn h5_values_files_stay_in_the_chart() {
        for path in ["../../etc/passwd", "/etc/passwd", "x/../../y"] {
            let config = Config {
                values_files: vec![path.into()],
                ..Config::default()
            };
            assert!(of_archive(&config, &pin("1.2.0"), packed()).is_err(), "{path}");
        }
    }
}

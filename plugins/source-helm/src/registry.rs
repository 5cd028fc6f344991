//! A chart in an OCI registry: tags are versions with `_` for `+`, and what a tag leads to is pulled by digest only.

use sluice_helm_index::{Created, choose};
use sluice_plugin::Error;
use sluice_semver::Version;

use crate::config::Config;
use crate::error::{PULL, failed, remote};
use crate::revision::{Pin, check_name};

const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
const LAYERS: [&str; 2] = [
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    // of helm before 3.7
    "application/tar+gzip",
];

/// A layer of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its media type.
    pub media_type: String,
    /// Its digest.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The repository of one chart.
pub trait Registry {
    /// All tags.
    ///
    /// # Errors
    /// The host's.
    fn tags(&self) -> Result<Vec<String>, Error>;
    /// Media type of the config and layers of the artifact behind a tag.
    ///
    /// # Errors
    /// The host's.
    fn manifest(&self, tag: &str) -> Result<(String, Vec<Layer>), Error>;
    /// The bytes of a layer.
    ///
    /// # Errors
    /// The host's.
    fn blob(&self, digest: &str) -> Result<Vec<u8>, Error>;
}

/// The version to take. One that is written out is not looked for.
///
/// # Errors
/// No tag fits, or the registry cannot be asked.
pub fn resolve(config: &Config, registry: &impl Registry) -> Result<Pin, Error> {
    const WHAT: &str = "failed to get chart version for remote reference";
    check_name(&config.chart)?;
    let name = config
        .chart
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    if Version::parse_tag(&config.version).is_ok() {
        return Pin::of_repository(config, name, &config.version, "");
    }
    let tags = registry.tags().map_err(|error| remote(PULL, WHAT, error))?;
    let versions: Vec<String> = tags.iter().map(|tag| tag.replace('_', "+")).collect();
    if versions.is_empty() {
        let problem = format!(
            "{WHAT}: unable to locate any tags in provided repository: {}",
            config.chart
        );
        return Err(failed(PULL, problem));
    }
    let candidates = versions
        .iter()
        .map(|version| (version.as_str(), Created::default()));
    let chosen =
        choose(candidates, &config.version).map_err(|error| failed(PULL, format!("{WHAT}: {error}")))?;
    let Some(version) = chosen.and_then(|at| versions.get(at)) else {
        let problem = format!(
            "could not locate a version matching provided version string {}",
            config.version
        );
        return Err(failed(PULL, format!("{WHAT}: {problem}")));
    };
    Pin::of_repository(config, name, version, "")
}

/// The packed chart of a pin.
///
/// # Errors
/// There is no such tag, or it is no chart.
pub fn fetch(config: &Config, registry: &impl Registry, pin: &Pin) -> Result<Vec<u8>, Error> {
    const WHAT: &str = "failed to download chart for remote reference";
    let tag = pin.upstream.replace('+', "_");
    let (kind, layers) = registry
        .manifest(&tag)
        .map_err(|error| remote(PULL, WHAT, error))?;
    if kind != CONFIG {
        return Err(failed(
            PULL,
            format!("{WHAT}: tag {tag:?} is no chart: its config is {kind:?}"),
        ));
    }
    let Some(layer) = layers
        .iter()
        .find(|layer| LAYERS.contains(&layer.media_type.as_str()))
    else {
        return Err(failed(
            PULL,
            format!("{WHAT}: tag {tag:?} has no layer with a chart"),
        ));
    };
    let max = config.max_chart();
    if layer.size > max as u64 {
        let problem = format!("size of chart '{}' exceeds '{max}' bytes limit", pin.name);
        return Err(failed(PULL, format!("{WHAT}: {problem}")));
    }
    registry
        .blob(&layer.digest)
        .map_err(|error| remote(PULL, WHAT, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fake(&'static [&'static str], &'static str);

    impl Registry for Fake {
        fn tags(&self) -> Result<Vec<String>, Error> {
            Ok(self.0.iter().map(|tag| (*tag).to_owned()).collect())
        }
        fn manifest(&self, tag: &str) -> Result<(String, Vec<Layer>), Error> {
            if !self.0.contains(&tag) {
                return Err(Error::not_found("manifest unknown"));
            }
            let layer = |kind: &str, size| Layer {
                media_type: kind.into(),
                digest: kind.into(),
                size,
            };
            let prov = layer("application/vnd.cncf.helm.chart.provenance.v1.prov", 1);
            Ok((self.1.to_owned(), vec![prov, layer(LAYERS[0], 6)]))
        }
        fn blob(&self, digest: &str) -> Result<Vec<u8>, Error> {
            assert_eq!(digest, LAYERS[0]);
            Ok(b"packed".to_vec())
        }
    }

    fn config(version: &str) -> Config {
        Config {
            chart: "charts/web".into(),
            version: version.into(),
            ..Config::default()
        }
    }

    #[test]
    fn tags_are_versions_with_underscores_for_plus() {
        let registry = Fake(
            &["1.0.0", "1.2.0_b.1", "2.0.0-rc.1", "latest", "sha256-00.sig"],
            CONFIG,
        );
        let pin = resolve(&config("*"), &registry).expect("a version");
        assert_eq!((pin.name.as_str(), pin.version.as_str()), ("web", "1.2.0+b.1"));
        assert_eq!(
            fetch(&config("*"), &registry, &pin).as_deref(),
            Ok(&b"packed"[..])
        );
        let exact = resolve(&config("3.0.0"), &registry).expect("is not looked for");
        assert!(matches!(
            fetch(&config("*"), &registry, &exact),
            Err(Error::NotFound(_))
        ));
        let none = resolve(&config("9.x"), &registry).expect_err("none");
        assert!(
            none.to_string().contains("could not locate a version matching"),
            "{none}"
        );
    }

    /// O5: another kind of artifact is not read, nor a chart that is larger than allowed.
    #[test]
    fn o5_other_artifacts_are_refused() {
        let image = Fake(&["1.0.0"], "application/vnd.oci.image.config.v1+json");
        let pin = resolve(&config("1.0.0"), &image).expect("a version");
        let error = fetch(&config("1.0.0"), &image, &pin)
            .expect_err("no chart")
            .to_string();
        assert!(error.contains("is no chart"), "{error}");
        let small = Config {
            max_chart: Some(5),
            ..config("1.0.0")
        };
        let error = fetch(&small, &Fake(&["1.0.0"], CONFIG), &pin)
            .expect_err("too large")
            .to_string();
        assert!(error.contains("exceeds '5' bytes limit"), "{error}");
    }
}

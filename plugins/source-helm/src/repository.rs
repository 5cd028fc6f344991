//! A chart of an index, fetched over HTTP.

use sluice_helm_index::find;
use sluice_plugin::Error;

use crate::config::Config;
use crate::error::{PULL, REFERENCE, invalid, remote};
use crate::revision::{Pin, check_name};

/// A server that packed charts and indexes come from.
pub trait Remote {
    /// The body at an address: absolute, or relative to the repository.
    ///
    /// # Errors
    /// The host's, or the server's status.
    fn get(&self, address: &str) -> Result<Vec<u8>, Error>;
}

/// The version to take.
///
/// # Errors
/// The index has none.
pub fn resolve(config: &Config, index: &[u8]) -> Result<Pin, Error> {
    check_name(&config.chart)?;
    let found = find(index, &config.chart, &config.version).map_err(|error| {
        invalid(
            REFERENCE,
            format!("failed to get chart version for remote reference: {error}"),
        )
    })?;
    let url = found.urls.first().map(String::as_str).unwrap_or_default();
    Pin::of_repository(config, &found.name, &found.version, url)
}

/// The packed chart of a pin.
///
/// # Errors
/// The index names no address, or the server gives nothing.
pub fn fetch(server: &impl Remote, pin: &Pin) -> Result<Vec<u8>, Error> {
    const WHAT: &str = "failed to download chart for remote reference";
    if pin.url.is_empty() {
        let problem = format!("chart '{}' has no downloadable URLs", pin.name);
        return Err(remote(PULL, WHAT, Error::Failed(problem)));
    }
    server.get(&pin.url).map_err(|error| remote(PULL, WHAT, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &[u8] = br#"{"apiVersion":"v1","entries":{"web":[
        {"name":"web","version":"1.2.0","urls":["web-1.2.0.tgz"]},{"name":"web","version":"1.1.0"}]}}"#;

    struct Server;

    impl Remote for Server {
        fn get(&self, address: &str) -> Result<Vec<u8>, Error> {
            match address {
                "web-1.2.0.tgz" => Ok(b"packed".to_vec()),
                _ => Err(Error::not_found("status 404")),
            }
        }
    }

    fn config(version: &str) -> Config {
        Config {
            chart: "web".into(),
            version: version.into(),
            ..Config::default()
        }
    }

    #[test]
    fn a_version_leads_to_its_archive() {
        let pin = resolve(&config("1.x"), INDEX).expect("a version");
        assert_eq!(
            (pin.name.as_str(), pin.version.as_str(), pin.packaged),
            ("web", "1.2.0", false)
        );
        assert_eq!(Pin::parse(&pin.to_text().expect("text")), Ok(pin.clone()));
        assert_eq!(fetch(&Server, &pin).as_deref(), Ok(&b"packed"[..]));
        let without = resolve(&config("1.1.0"), INDEX).expect("a version");
        let error = fetch(&Server, &without).expect_err("no address").to_string();
        assert!(error.contains("has no downloadable URLs"), "{error}");
        let elsewhere = Pin {
            url: "gone.tgz".into(),
            ..pin
        };
        assert!(
            matches!(fetch(&Server, &elsewhere), Err(Error::NotFound(text)) if text.starts_with("chart pull error: "))
        );
    }

    #[test]
    fn a_chart_that_is_not_there_is_the_specs_fault() {
        let error = resolve(&config("2.x"), INDEX).expect_err("none");
        let wanted = "invalid chart reference: failed to get chart version for remote reference: \
            no 'web' chart with version matching '2.x' found";
        assert_eq!(error, Error::InvalidConfig(wanted.into()));
    }

    #[test]
    fn values_files_give_the_version_metadata() {
        let config = Config {
            values_files: vec!["values-prod.yaml".into()],
            version_metadata: "4".into(),
            ..config("*")
        };
        let pin = resolve(&config, INDEX).expect("a version");
        assert_eq!(
            (pin.version.as_str(), pin.upstream.as_str(), pin.packaged),
            ("1.2.0+4", "1.2.0", true)
        );
    }
}

//! The address of a Helm repository, and the binding to it.

use std::sync::Arc;
use std::time::Duration;

use sluice_api::HelmRepositorySpec;
use sluice_api::helm_repository::HelmRepositoryType;
use sluice_api::oci_repository::RegistryProvider;
use sluice_model::port::{Bindings, OciEndpoint};
use sluice_transport::oci::RegistryTarget;
use sluice_transport::{HelmRepositoryTarget, Transport};

use super::{HelmFetchError, HelmFetchOptions, TARGET};

/// Longest time of one request where the spec sets none.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Whether a repository is an OCI registry: a static object without an index.
pub fn is_oci(spec: &HelmRepositorySpec) -> bool {
    spec.type_ == Some(HelmRepositoryType::Oci)
}

/// A repository's address in the form in which two of them compare: HTTP ones end in one slash, OCI ones in none.
pub fn normalize_url(url: &str) -> String {
    let bare = url.trim_end_matches('/');
    if bare.starts_with("oci://") || bare.is_empty() {
        bare.to_owned()
    } else {
        format!("{bare}/")
    }
}

/// Longest time of one request.
pub(super) fn timeout(spec: &HelmRepositorySpec) -> Result<Duration, HelmFetchError> {
    let timeout = spec.timeout.as_ref().map(sluice_api::GoDuration::get).transpose();
    let timeout = timeout.map_err(|error| HelmFetchError::InvalidSpec {
        field: "spec.timeout",
        problem: error.to_string(),
    })?;
    Ok(timeout.filter(|timeout| !timeout.is_zero()).unwrap_or(TIMEOUT))
}

/// The binding to an HTTP repository.
pub(super) fn bind_http(
    spec: &HelmRepositorySpec,
    transport: &Transport,
    options: &HelmFetchOptions,
) -> Result<Bindings, HelmFetchError> {
    if spec.url.starts_with("oci://") {
        return Err(HelmFetchError::InvalidSpec {
            field: "spec.url",
            problem: "'oci' URL scheme cannot be used with 'default' HelmRepository type".into(),
        });
    }
    let target = HelmRepositoryTarget {
        url: spec.url.clone(),
        secret: options.secret.clone(),
        // Flux still reads TLS data of secretRef, as its predecessors did
        tls: options.tls.clone().or_else(|| options.secret.clone()),
        pass_credentials: spec.pass_credentials == Some(true),
        timeout: timeout(spec)?,
        max_index: options.sizes.index,
        max_chart: options.sizes.chart,
    };
    let endpoint = transport
        .helm_repository(&target)
        .map_err(HelmFetchError::Target)?;
    Ok(Bindings {
        http: vec![(TARGET.to_owned(), endpoint)],
        ..Bindings::default()
    })
}

/// The repository of one chart in a registry.
pub(super) fn registry_of(
    spec: &HelmRepositorySpec,
    chart: &str,
    options: &HelmFetchOptions,
) -> Result<RegistryTarget, HelmFetchError> {
    if spec.provider != RegistryProvider::Generic {
        return Err(HelmFetchError::Unserved {
            field: "spec.provider of the HelmRepository",
        });
    }
    Ok(RegistryTarget {
        url: format!("{}/{}", normalize_url(&spec.url), chart.trim_matches('/')),
        secret: options.secret.clone(),
        tls: options.tls.clone(),
        proxy: None,
        insecure: spec.insecure == Some(true),
        timeout: timeout(spec)?,
    })
}

/// The binding to it.
pub(super) fn bind_oci(
    target: &RegistryTarget,
    transport: &Transport,
    options: &HelmFetchOptions,
) -> Result<Bindings, HelmFetchError> {
    let endpoint = transport
        .oci(target, options.sizes.chart as u64)
        .map_err(HelmFetchError::Target)?;
    Ok(bound(endpoint))
}

/// The binding to a registry.
pub(super) fn bound(endpoint: Arc<dyn OciEndpoint>) -> Bindings {
    Bindings {
        oci: vec![(TARGET.to_owned(), endpoint)],
        ..Bindings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_by_their_normal_form() {
        for (url, wanted) in [
            ("https://h/charts", "https://h/charts/"),
            ("https://h/charts//", "https://h/charts/"),
            ("oci://h/charts/", "oci://h/charts"),
            ("", ""),
        ] {
            assert_eq!(normalize_url(url), wanted);
        }
    }
}

//! Flux's feature gates (`--feature-gates`): which are known, which are on unless told otherwise.

use std::collections::BTreeMap;
use std::str::FromStr;

/// ExternalArtifacts may be sources. Off in Flux, on here: the artifact is fetched under the egress policy and caps.
pub const EXTERNAL_ARTIFACT: &str = "ExternalArtifact";

/// A variable that is not set and has no default fails the build; on since Flux 2.9.
pub const STRICT_SUBSTITUTIONS: &str = "StrictPostBuildSubstitutions";

/// `readyExpr` is asked in addition to the built-in test of a dependency instead of replacing it.
pub const ADDITIVE_EXPRESSIONS: &str = "AdditiveCELDependencyCheck";

/// A wait for health goes on when an object failed, until every other one is decided.
pub const NO_FAIL_FAST: &str = "DisableFailFastBehavior";

/// A wait for health ends when something new asks for a reconciliation: what Sluice always does.
const CANCEL_HEALTH_CHECKS: &str = "CancelHealthCheckOnNewRevision";

/// A failed action of a HelmRelease is tried again where its spec names no strategy.
pub const DEFAULT_TO_RETRY: &str = "DefaultToRetryOnFailure";

/// The digest of a chart's artifact does not become part of the chart's version.
pub const NO_CHART_DIGEST: &str = "DisableChartDigestTracking";

/// Gates of Flux's controllers that change what Sluice does, with their state here when nothing is said.
const KNOWN: [(&str, bool); 7] = [
    (EXTERNAL_ARTIFACT, true),
    (STRICT_SUBSTITUTIONS, true),
    (ADDITIVE_EXPRESSIONS, false),
    (NO_FAIL_FAST, false),
    (CANCEL_HEALTH_CHECKS, true),
    (DEFAULT_TO_RETRY, false),
    (NO_CHART_DIGEST, false),
];

/// The gates that an operator set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeatureGates(BTreeMap<String, bool>);

/// `--feature-gates` cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid feature gate {0:?}: want NAME=true or NAME=false")]
pub struct FeatureGateError(String);

impl FeatureGates {
    /// Whether a gate is open.
    pub fn is_on(&self, name: &str) -> bool {
        let default = || KNOWN.iter().any(|(known, on)| *known == name && *on);
        self.0.get(name).copied().unwrap_or_else(default)
    }

    /// Gates that were set and change nothing here, for the log at start.
    pub fn without_effect(&self) -> impl Iterator<Item = &str> {
        let known = |name: &str| KNOWN.iter().any(|(known, _)| *known == name);
        self.0.keys().map(String::as_str).filter(move |name| !known(name))
    }
}

impl FromStr for FeatureGates {
    type Err = FeatureGateError;

    /// Reads `A=true,B=false`; a gate that is named twice takes the last value, as in Flux.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut gates = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let fail = || FeatureGateError(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(fail)?;
            let on = match value.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "1" => true,
                "false" | "f" | "0" => false,
                _ => return Err(fail()),
            };
            gates.insert(name.trim().to_owned(), on);
        }
        Ok(Self(gates))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_read_as_flux_writes_them() {
        let gates: FeatureGates = "ExternalArtifact=false, CacheSecretsAndConfigMaps=true"
            .parse()
            .expect("gates");
        assert!(!gates.is_on(EXTERNAL_ARTIFACT));
        assert!(FeatureGates::default().is_on(EXTERNAL_ARTIFACT));
        assert_eq!(
            gates.without_effect().collect::<Vec<_>>(),
            ["CacheSecretsAndConfigMaps"]
        );
        assert!(!gates.is_on(ADDITIVE_EXPRESSIONS) && !gates.is_on(NO_FAIL_FAST));
        assert!("ExternalArtifact".parse::<FeatureGates>().is_err());
        assert!("ExternalArtifact=maybe".parse::<FeatureGates>().is_err());
    }
}

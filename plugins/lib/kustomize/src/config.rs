//! The config of the plugin `render-kustomize`: its schema, and the options it stands for.

use serde_json::Value;

use crate::elsewhere::Elsewhere;
use crate::error::{Error, Result};
use crate::flux::FluxOverlay;
use crate::kustomization::decode::{Decode, Place, record};
use crate::options::{BuildOptions, HelmOptions, LoadRestriction, Reorder};

/// JSON schema (2020-12) of the config.
pub const SCHEMA: &str = include_str!("config.schema.json");

record!(
    /// Fields of the config beside those of [`FluxOverlay`].
    RawConfig {
        /// `flux` or `cli`
        mode: String = "mode",
        /// `LoadRestrictionsRootOnly` or `LoadRestrictionsNone`
        load_restrictor: String = "loadRestrictor",
        /// `legacy` or `none`
        reorder: String = "reorder",
        /// Charts.
        enable_helm: bool = "enableHelm",
        /// Version of Kubernetes for charts.
        helm_kube_version: String = "helmKubeVersion",
        /// API versions for charts.
        helm_api_versions: Vec<String> = "helmApiVersions",
        /// The managed-by label.
        enable_managed_by_label: bool = "enableManagedbyLabel",
        /// Remote bases are asked for rather than refused.
        remote_bases: bool = "remoteBases",
    }
);

/// What a config stands for.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Options of the build.
    pub options: BuildOptions,
}

impl Config {
    /// Reads a config. Mode `flux` (the default) builds as Flux does: any file of the tree may be named, objects keep
    /// their order, a missing kustomization is made, and the overlay's fields are laid over it.
    ///
    /// # Errors
    /// A field of another type or with a value that is not known, named.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |field: &str, reason: String| Error::Config {
            what: "config",
            file: "render-kustomize".into(),
            field: field.into(),
            reason,
        };
        let value: Value = serde_json::from_str(text)
            .map_err(|error| wrong("", format!("failed to parse config: {error}")))?;
        let raw = RawConfig::decode(&value, &Place::root("config", false))
            .map_err(|error| wrong(&error.field, error.reason))?;
        let is_flux = match raw.mode.as_str() {
            "" | "flux" => true,
            "cli" => false,
            other => {
                return Err(wrong(
                    "mode",
                    format!("mode {other:?} is neither \"flux\" nor \"cli\""),
                ));
            }
        };
        let load_restriction = match raw.load_restrictor.as_str() {
            "" if is_flux => LoadRestriction::None,
            "" | "LoadRestrictionsRootOnly" => LoadRestriction::RootOnly,
            "LoadRestrictionsNone" => LoadRestriction::None,
            other => return Err(wrong("loadRestrictor", format!("illegal value {other:?}"))),
        };
        let reorder = match raw.reorder.as_str() {
            "" if is_flux => Reorder::None,
            "" => Reorder::Unspecified,
            "legacy" => Reorder::Legacy,
            "none" => Reorder::None,
            other => return Err(wrong("reorder", format!("illegal value {other:?}"))),
        };
        let options = BuildOptions {
            load_restriction,
            reorder,
            enable_helm: raw.enable_helm,
            helm: HelmOptions {
                kube_version: raw.helm_kube_version,
                api_versions: raw.helm_api_versions,
            },
            elsewhere: Elsewhere {
                allowed: raw.remote_bases,
                ..Elsewhere::default()
            },
            managed_by_label: raw.enable_managed_by_label,
            flux: if is_flux {
                Some(FluxOverlay::from_json(&value)?)
            } else {
                None
            },
            ..BuildOptions::default()
        };
        Ok(Self { options })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flux_is_the_default() {
        let config = Config::parse("{\"targetNamespace\": \"x\"}").expect("valid");
        assert_eq!(config.options.reorder, Reorder::None);
        assert_eq!(config.options.load_restriction, LoadRestriction::None);
        assert_eq!(
            config.options.flux.and_then(|overlay| overlay.target_namespace),
            Some("x".into())
        );
    }

    #[test]
    fn the_command_line_is_strict() {
        let config = Config::parse("{\"mode\": \"cli\", \"remoteBases\": true}").expect("valid");
        assert_eq!(config.options.load_restriction, LoadRestriction::RootOnly);
        assert!(config.options.flux.is_none() && config.options.elsewhere.allowed);
        assert!(Config::parse("{\"mode\": \"x\"}").is_err());
        assert!(
            Config::parse("{\"reorder\": 1}")
                .expect_err("a number")
                .to_string()
                .contains("reorder")
        );
    }

    #[test]
    fn the_schema_is_json() {
        let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
        assert_eq!(
            schema["properties"]["mode"]["enum"],
            serde_json::json!(["flux", "cli"])
        );
    }
}

//! The renderer's config for a Kustomization: what its spec lays over the repository's own kustomization.yaml.

use serde_json::{Map, Value, json};
use sluice_api::KustomizationSpec;

/// The config of `render-kustomize`; absent fields stay absent so that equal specs give equal configs.
pub fn of(spec: &KustomizationSpec, remote_bases: bool) -> Value {
    let mut config = Map::new();
    config.insert("mode".into(), "flux".into());
    config.insert("enableHelm".into(), true.into());
    if remote_bases {
        config.insert("remoteBases".into(), true.into());
    }
    let texts = [
        ("targetNamespace", &spec.target_namespace),
        ("namePrefix", &spec.name_prefix),
        ("nameSuffix", &spec.name_suffix),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            config.insert(name.into(), text.as_str().into());
        }
    }
    if spec.ignore_missing_components == Some(true) {
        config.insert("ignoreMissingComponents".into(), true.into());
    }
    let lists = [
        ("patches", json!(spec.patches)),
        ("images", json!(spec.images)),
        ("components", json!(spec.components)),
        ("buildMetadata", json!(spec.build_metadata)),
    ];
    for (name, list) in lists {
        if list.as_array().is_some_and(|list| !list.is_empty()) {
            config.insert(name.into(), list);
        }
    }
    Value::Object(config)
}

/// The directory to render, relative to the artifact's root. A leading slash or dot means the root, as in Flux.
pub fn root(spec: &KustomizationSpec) -> Result<String, sluice_model::path::PathError> {
    let path = spec.path.as_deref().unwrap_or_default();
    sluice_model::path::normalize(path.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(extra: &Value) -> KustomizationSpec {
        let mut spec =
            json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "r"}});
        if let (Some(spec), Some(extra)) = (spec.as_object_mut(), extra.as_object()) {
            spec.extend(extra.clone());
        }
        serde_json::from_value(spec).expect("a spec")
    }

    #[test]
    fn carries_only_what_the_spec_sets() {
        assert_eq!(
            of(&spec(&json!({})), false),
            json!({"mode": "flux", "enableHelm": true})
        );
        let config = of(
            &spec(&json!({"targetNamespace": "x", "images": [{"name": "a", "newTag": "1"}]})),
            false,
        );
        assert_eq!(
            config,
            json!({"mode": "flux", "enableHelm": true, "targetNamespace": "x", "images": [{"name": "a", "newTag": "1"}]})
        );
    }

    /// S9: spec.path cannot leave the artifact.
    #[test]
    fn paths_stay_inside_the_artifact() {
        assert_eq!(root(&spec(&json!({"path": "./apps/"}))).as_deref(), Ok("apps"));
        assert_eq!(root(&spec(&json!({"path": "/apps"}))).as_deref(), Ok("apps"));
        assert_eq!(root(&spec(&json!({}))).as_deref(), Ok(""));
        assert!(root(&spec(&json!({"path": "../x"}))).is_err());
    }
}

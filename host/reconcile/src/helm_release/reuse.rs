//! `spec.upgrade.preserveValues`: the values of the release that stands stay below those of the spec, as
//! `helm upgrade --reuse-values` has it. What is wanted is then the sum of both, so a release that has it is in sync.

use serde_json::{Map, Value, json};
use sluice_api::HelmReleaseSpec;
use sluice_release::{Release, Status, config_digest};

use super::values::Layers;

/// Whether a spec asks for it.
pub(super) fn is_wanted(spec: &HelmReleaseSpec) -> bool {
    let upgrade = spec.upgrade.as_ref();
    upgrade.is_some_and(|upgrade| upgrade.preserve_values == Some(true))
}

/// The revision whose values are kept, of a history that has the latest first: the deployed one, or else the latest.
pub(super) fn former(history: &[Release]) -> Option<&Release> {
    let deployed = history.iter().find(|it| it.info.status == Status::Deployed);
    deployed.or_else(|| history.first())
}

/// Takes for secret what the revisions of a release were made with, and what the chart of `former` has become by that.
pub(super) fn conceal(layers: &mut Layers, former: &Release, history: &[Release]) {
    let configs = history.iter().flat_map(|release| release.config.values());
    configs.for_each(|value| layers.conceal(value));
    layers.conceal(&former.chart["values"]);
}

/// A release as the renderer takes it.
pub(super) fn input(release: &Release) -> Value {
    let values = release.chart.get("values").filter(|values| values.is_object());
    json!({"chartValues": values.unwrap_or(&json!({})), "config": release.config})
}

/// The digest of the values that the next revision would have; the one of `former` where they are the same, however their
/// numbers are written.
pub(super) fn digest(next: &Map<String, Value>, former: &Release) -> String {
    let same = *next == former.config;
    config_digest(if same { &former.config } else { next })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn only_what_differs_makes_a_revision() {
        let release = Release {
            config: map(json!({"a": {"b": 1}})),
            ..Release::default()
        };
        let of = |value: Value| digest(&map(value), &release);
        assert_eq!(of(json!({"a": {"b": 1}})), config_digest(&release.config));
        // it takes a default of the chart away
        assert_ne!(
            of(json!({"a": {"b": 1}, "c": null})),
            config_digest(&release.config)
        );
    }

    #[test]
    fn the_deployed_revision_is_kept_and_not_the_failed_one_behind_it() {
        let release = |version, status| {
            let mut release = Release {
                version,
                ..Release::default()
            };
            release.info.status = status;
            release
        };
        let history = [release(2, Status::Failed), release(1, Status::Deployed)];
        assert_eq!(former(&history).map(|it| it.version), Some(1));
        assert_eq!(former(&history[..1]).map(|it| it.version), Some(2));
        assert_eq!(former(&[]), None);
        assert_eq!(input(&history[0]), json!({"chartValues": {}, "config": {}}));
    }
}

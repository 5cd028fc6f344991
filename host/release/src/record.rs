//! A release as Helm stores it (helm 4.3, `pkg/release/v1`; Helm 3 writes the same without `apply_method`).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// Where a release stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The current one.
    Deployed,
    /// Uninstalled with its history kept.
    Uninstalled,
    /// Replaced by a later one.
    Superseded,
    /// Its last action failed.
    Failed,
    /// Being uninstalled.
    Uninstalling,
    /// Being installed.
    PendingInstall,
    /// Being upgraded.
    PendingUpgrade,
    /// Being rolled back.
    PendingRollback,
    /// Not known; also a status of a newer Helm.
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// As in the label `status` of the Secret.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// Whether an action on it began and did not end: its client was killed, or is still at work.
    pub fn is_pending(self) -> bool {
        matches!(
            self,
            Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback
        )
    }
}

/// A release; what is not known here is kept as it is, so that a newer Helm loses nothing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// Name of the release.
    pub name: String,
    /// When and how.
    pub info: Info,
    /// The chart: metadata, lock, templates, values, schema, files.
    pub chart: Value,
    /// Values that were laid over the chart's own.
    #[serde(skip_serializing_if = "Map::is_empty", deserialize_with = "null_is_default")]
    pub config: Map<String, Value>,
    /// The rendered objects without hooks, as YAML.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// Objects that run at points of the release.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub hooks: Vec<Hook>,
    /// Revision, from 1.
    pub version: u32,
    /// Namespace of the release.
    pub namespace: String,
    /// `ssa`, `csa` or empty, which means `csa`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub apply_method: String,
    /// Labels of the Secret beside Helm's own; not part of the stored text.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// Fields of another version of Helm.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// When and how a release was made. Times are RFC 3339; Helm 3 writes an empty text for none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// When revision 1 was installed.
    #[serde(
        skip_serializing_if = "String::is_empty",
        deserialize_with = "null_is_default"
    )]
    pub first_deployed: String,
    /// When this revision was made.
    #[serde(
        skip_serializing_if = "String::is_empty",
        deserialize_with = "null_is_default"
    )]
    pub last_deployed: String,
    /// When it was uninstalled.
    #[serde(
        skip_serializing_if = "String::is_empty",
        deserialize_with = "null_is_default"
    )]
    pub deleted: String,
    /// For people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// The rendered NOTES.txt.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Fields of another version of Helm, `rollback_revision` among them.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// An object that runs at points of a release.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Name of the object.
    pub name: String,
    /// Kind of the object.
    pub kind: String,
    /// The template that it comes from.
    pub path: String,
    /// The object as YAML.
    pub manifest: String,
    /// `pre-install`, `post-upgrade`, `test` and so on.
    #[serde(deserialize_with = "null_is_default")]
    pub events: Vec<String>,
    /// What became of it last.
    pub last_run: HookRun,
    /// Lower ones run first.
    #[serde(skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// `before-hook-creation`, `hook-succeeded`, `hook-failed`.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_default")]
    pub delete_policies: Vec<String>,
    /// Fields of another version of Helm.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// What became of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HookRun {
    /// RFC 3339, empty when it never ran.
    #[serde(
        skip_serializing_if = "String::is_empty",
        deserialize_with = "null_is_default"
    )]
    pub started_at: String,
    /// RFC 3339, empty while it runs.
    #[serde(
        skip_serializing_if = "String::is_empty",
        deserialize_with = "null_is_default"
    )]
    pub completed_at: String,
    /// Empty, `Unknown`, `Running`, `Succeeded` or `Failed`.
    pub phase: String,
}

impl Release {
    /// A field of the chart's metadata.
    pub fn chart_text(&self, field: &str) -> &str {
        self.chart["metadata"][field].as_str().unwrap_or_default()
    }

    /// The hooks of an event in the order in which they run: by weight, then name; they are stored by kind.
    pub fn hooks_at(&self, event: &str) -> Vec<&Hook> {
        let mut hooks: Vec<&Hook> = self
            .hooks
            .iter()
            .filter(|hook| hook.events.iter().any(|at| at == event))
            .collect();
        hooks.sort_by(|a, b| (a.weight, &a.name).cmp(&(b.weight, &b.name)));
        hooks
    }
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Go writes `null` for an empty slice, map or pointer.
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_another_version_wrote_is_kept() {
        let stored = json!({
            "name": "web", "version": 3, "namespace": "prod",
            "info": {"first_deployed": "2026-01-01T00:00:00Z", "last_deployed": "2026-01-02T00:00:00Z", "deleted": "",
                "description": "Rollback to 1", "status": "deployed", "rollback_revision": 1},
            "chart": {"metadata": {"name": "web", "version": "1.0.0"}, "lock": null, "templates": null, "values": {},
                "schema": null, "files": null},
            "config": null, "hooks": null, "manifest": "---\n", "to_come": {"x": 1}
        });
        let release: Release = serde_json::from_value(stored).expect("a release");
        assert_eq!(
            (release.info.status, release.chart_text("version")),
            (Status::Deployed, "1.0.0")
        );
        let written = serde_json::to_value(&release).expect("JSON");
        assert_eq!(written["info"]["rollback_revision"], 1);
        assert_eq!(written["to_come"], json!({"x": 1}));
        assert_eq!(
            written["info"].get("deleted"),
            None,
            "Go cannot read an empty time"
        );
        assert_eq!(written.get("labels"), None);
    }

    #[test]
    fn an_unknown_status_is_no_error() {
        let status: Status = serde_json::from_value(json!("quantum")).expect("a status");
        assert_eq!(status, Status::Unknown);
    }

    #[test]
    fn hooks_run_by_weight_and_name() {
        let hook = |name: &str, kind: &str, weight| Hook {
            name: name.into(),
            kind: kind.into(),
            weight,
            events: vec!["pre-install".into()],
            ..Hook::default()
        };
        let release = Release {
            hooks: vec![
                hook("b", "Job", 0),
                hook("a", "Job", 0),
                hook("z", "ConfigMap", 0),
                hook("y", "Pod", -5),
            ],
            ..Release::default()
        };
        let order: Vec<&str> = release
            .hooks_at("pre-install")
            .iter()
            .map(|hook| hook.name.as_str())
            .collect();
        assert_eq!(order, ["y", "a", "b", "z"]);
        assert!(release.hooks_at("test").is_empty());
    }
}

//! The actions of a HelmRelease: install, upgrade, test, rollback, uninstall.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::duration::{GoDuration, INTERVAL_PATTERN};
use crate::schema::rule;

open_enum! {
    /// What to do with the definitions in a chart's `crds` folder.
    CrdsPolicy {
        /// Nothing.
        Skip = "Skip",
        /// Create those that do not exist.
        Create = "Create",
        /// Create or replace them.
        CreateReplace = "CreateReplace",
    }
}

open_enum! {
    /// What to do when an action fails.
    ActionStrategyName {
        /// Remediate, then try again as often as remediation allows.
        RemediateOnFailure = "RemediateOnFailure",
        /// Try again without remediation.
        RetryOnFailure = "RetryOnFailure",
    }
}

open_enum! {
    /// Who applies: the server or the client.
    ServerSideApplyMode {
        /// The server.
        Enabled = "enabled",
        /// The client.
        Disabled = "disabled",
        /// As the release was applied before.
        Auto = "auto",
    }
}

open_enum! {
    /// What to do when an upgrade fails for good.
    RemediationStrategy {
        /// Roll back to the last release that worked.
        Rollback = "rollback",
        /// Uninstall.
        Uninstall = "uninstall",
    }
}

open_enum! {
    /// What to do when the chart's name changes.
    ChartNameChangeStrategy {
        /// Upgrade the release.
        InPlaceUpdate = "InPlaceUpdate",
        /// Uninstall and install again.
        Reinstall = "Reinstall",
    }
}

open_enum! {
    /// How objects are deleted.
    DeletionPropagation {
        /// Dependents later.
        Background = "background",
        /// Dependents first.
        Foreground = "foreground",
        /// Dependents not at all.
        Orphan = "orphan",
    }
}

/// What to do when an installation fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rule(
    ".retryInterval cannot be set when .name is 'RemediateOnFailure'",
    "!has(self.retryInterval) || self.name != 'RemediateOnFailure'",
)]))]
pub struct InstallStrategy {
    /// The strategy.
    pub name: ActionStrategyName,
    /// How long to wait before trying again; 5m when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub retry_interval: Option<GoDuration>,
}

/// What to do when an upgrade fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rule(
    ".retryInterval can only be set when .name is 'RetryOnFailure'",
    "!has(self.retryInterval) || self.name == 'RetryOnFailure'",
)]))]
pub struct UpgradeStrategy {
    /// The strategy.
    pub name: ActionStrategyName,
    /// How long to wait before trying again; 5m when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub retry_interval: Option<GoDuration>,
}

/// What to do after failed installations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallRemediation {
    /// Whether failed tests count as success; as `spec.test` says when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether to uninstall after the last failure too; false when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// How often to try again; none when not set, without end when negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::integer")]
    pub retries: Option<i64>,
}

/// What to do after failed upgrades.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeRemediation {
    /// Whether failed tests count as success; as `spec.test` says when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_test_failures: Option<bool>,
    /// Whether to remediate the last failure too; true when not set and there are retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate_last_failure: Option<bool>,
    /// How often to try again; none when not set, without end when negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::schema::integer")]
    pub retries: Option<i64>,
    /// What to do; `rollback` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<RemediationStrategy>,
}

/// How to install.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Install {
    /// What to do with the definitions in the chart's `crds` folder; `Create` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Whether to create the target namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create_namespace: Option<bool>,
    /// Whether to leave hooks out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_hooks: Option<bool>,
    /// Whether not to check objects against the cluster's OpenAPI schema.
    #[serde(
        rename = "disableOpenAPIValidation",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub disable_openapi_validation: Option<bool>,
    /// Whether not to check the values against the chart's schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_schema_validation: Option<bool>,
    /// Whether not to take over objects that exist already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_take_ownership: Option<bool>,
    /// Whether not to wait for the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait: Option<bool>,
    /// Whether not to wait for Jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait_for_jobs: Option<bool>,
    /// What to do after failed installations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<InstallRemediation>,
    /// Whether a release name that was used and deleted may be used again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace: Option<bool>,
    /// Whether the server applies; true when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<bool>,
    /// Not used. Deprecated: use `crds`.
    #[serde(rename = "skipCRDs", default, skip_serializing_if = "Option::is_none")]
    pub skip_crds: Option<bool>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<InstallStrategy>,
    /// Longest time for each operation; `spec.timeout` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub timeout: Option<GoDuration>,
}

/// How to upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Upgrade {
    /// What to do when the chart's name changes; `Reinstall` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_name_change_strategy: Option<ChartNameChangeStrategy>,
    /// Whether to delete objects that a failed upgrade created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup_on_fail: Option<bool>,
    /// What to do with the definitions in the chart's `crds` folder; `Create` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crds: Option<CrdsPolicy>,
    /// Whether to leave hooks out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_hooks: Option<bool>,
    /// Whether not to check objects against the cluster's OpenAPI schema.
    #[serde(
        rename = "disableOpenAPIValidation",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub disable_openapi_validation: Option<bool>,
    /// Whether not to check the values against the chart's schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_schema_validation: Option<bool>,
    /// Whether not to take over objects that exist already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_take_ownership: Option<bool>,
    /// Whether not to wait for the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait: Option<bool>,
    /// Whether not to wait for Jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait_for_jobs: Option<bool>,
    /// Whether to replace objects that cannot be changed; for client-side apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// Whether to keep the values of the last release and merge into them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preserve_values: Option<bool>,
    /// What to do after failed upgrades.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<UpgradeRemediation>,
    /// Who applies; `auto` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
    /// What to do when it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<UpgradeStrategy>,
    /// Longest time for each operation; `spec.timeout` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub timeout: Option<GoDuration>,
}

/// Names a test to run or to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestFilter {
    /// Whether to leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude: Option<bool>,
    /// Name of the test.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// How to test after an installation or upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Test {
    /// Whether to test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Tests to run or to leave out; all run when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<TestFilter>,
    /// Whether failed tests count as success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_failures: Option<bool>,
    /// Longest time for each operation; `spec.timeout` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub timeout: Option<GoDuration>,
}

/// How to roll back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Whether to delete objects that a failed rollback created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup_on_fail: Option<bool>,
    /// Whether to leave hooks out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_hooks: Option<bool>,
    /// Whether not to wait for the objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait: Option<bool>,
    /// Whether not to wait for Jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait_for_jobs: Option<bool>,
    /// Whether to replace objects that cannot be changed; for client-side apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// Not used. Deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recreate: Option<bool>,
    /// Who applies; `auto` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_side_apply: Option<ServerSideApplyMode>,
    /// Longest time for each operation; `spec.timeout` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub timeout: Option<GoDuration>,
}

/// How to uninstall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uninstall {
    /// How objects are deleted.
    #[serde(default = "background")]
    pub deletion_propagation: DeletionPropagation,
    /// Whether to leave hooks out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_hooks: Option<bool>,
    /// Whether not to wait until the objects are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disable_wait: Option<bool>,
    /// Whether to keep the release's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_history: Option<bool>,
    /// Longest time for each operation; `spec.timeout` when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = INTERVAL_PATTERN))]
    pub timeout: Option<GoDuration>,
}

fn background() -> DeletionPropagation {
    DeletionPropagation::Background
}

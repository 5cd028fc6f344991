//! Names of condition types and reasons that several stages use (Flux `apis/meta`).

/// Condition types.
pub mod types {
    /// The summary condition.
    pub const READY: &str = "Ready";
    /// Present and True only while work is under way.
    pub const RECONCILING: &str = "Reconciling";
    /// Present and True only when nothing but a change of spec helps.
    pub const STALLED: &str = "Stalled";
    /// The applied objects are healthy.
    pub const HEALTHY: &str = "Healthy";
    /// The artifact of the source is stored.
    pub const ARTIFACT_IN_STORAGE: &str = "ArtifactInStorage";
    /// A newer revision than the stored one exists.
    pub const ARTIFACT_OUTDATED: &str = "ArtifactOutdated";
    /// The source could not be fetched.
    pub const FETCH_FAILED: &str = "FetchFailed";
    /// The artifact could not be stored.
    pub const STORAGE_OPERATION_FAILED: &str = "StorageOperationFailed";
    /// The artifact could not be built from what was fetched.
    pub const BUILD_FAILED: &str = "BuildFailed";
    /// An included source is not available.
    pub const INCLUDE_UNAVAILABLE: &str = "IncludeUnavailable";
    /// The signature was verified.
    pub const SOURCE_VERIFIED: &str = "SourceVerified";
}

/// Condition reasons shared by kinds.
pub mod reasons {
    /// Done.
    pub const SUCCEEDED: &str = "Succeeded";
    /// Failed without a better name.
    pub const FAILED: &str = "Failed";
    /// Under way.
    pub const PROGRESSING: &str = "Progressing";
    /// Failed and will be tried again.
    pub const PROGRESSING_WITH_RETRY: &str = "ProgressingWithRetry";
    /// Suspended by spec.
    pub const SUSPENDED: &str = "Suspended";
    /// A dependency is not ready.
    pub const DEPENDENCY_NOT_READY: &str = "DependencyNotReady";
    /// The source's artifact is missing or cannot be read.
    pub const ARTIFACT_FAILED: &str = "ArtifactFailed";
    /// Rendering failed.
    pub const BUILD_FAILED: &str = "BuildFailed";
    /// Objects did not become healthy.
    pub const HEALTH_CHECK_FAILED: &str = "HealthCheckFailed";
    /// A newer request ended the wait.
    pub const HEALTH_CHECK_CANCELED: &str = "HealthCheckCanceled";
    /// Stale objects could not be deleted.
    pub const PRUNE_FAILED: &str = "PruneFailed";
    /// Applied.
    pub const RECONCILIATION_SUCCEEDED: &str = "ReconciliationSucceeded";
    /// Apply failed.
    pub const RECONCILIATION_FAILED: &str = "ReconciliationFailed";
    /// Refused by policy.
    pub const ACCESS_DENIED: &str = "AccessDenied";
    /// A CEL expression does not compile.
    pub const INVALID_CEL_EXPRESSION: &str = "InvalidCELExpression";
    /// The spec asks for a feature that is off.
    pub const FEATURE_GATE_DISABLED: &str = "FeatureGateDisabled";
    /// A plugin trapped.
    pub const PLUGIN_TRAPPED: &str = "PluginTrapped";
    /// A plugin reached its memory limit.
    pub const PLUGIN_MEMORY_LIMIT: &str = "PluginMemoryLimit";
    /// A plugin reached its deadline.
    pub const PLUGIN_TIMEOUT: &str = "PluginTimeout";
    /// A plugin gave more than its output limit.
    pub const PLUGIN_OUTPUT_LIMIT: &str = "PluginOutputLimit";
    /// A plugin reached a limit of something countable (handles, tables, reads).
    pub const PLUGIN_RESOURCE_LIMIT: &str = "PluginResourceLimit";
    /// A plugin imports an interface that its world or its grants do not have.
    pub const PLUGIN_IMPORT_DENIED: &str = "PluginImportDenied";
    /// A plugin is made for another contract or lacks the world that is needed.
    pub const PLUGIN_CONTRACT_MISMATCH: &str = "PluginContractMismatch";
    /// A plugin's component, description or result is not acceptable.
    pub const PLUGIN_INVALID: &str = "PluginInvalid";
    /// The config of a plugin's call does not fit its schema.
    pub const INVALID_CONFIG: &str = "InvalidConfig";
    /// No plugin of this name is ready.
    pub const PLUGIN_UNAVAILABLE: &str = "PluginUnavailable";
}

//! Well-known annotations, labels and the finalizer (Flux `apis/meta`, `apis/kustomize`).

/// Asks for a reconciliation; any change of the value triggers one.
pub const REQUESTED_AT: &str = "reconcile.fluxcd.io/requestedAt";
/// Asks for a forced release, when its value equals [`REQUESTED_AT`]'s.
pub const FORCE_AT: &str = "reconcile.fluxcd.io/forceAt";
/// Asks for a reset of failure counts, when its value equals [`REQUESTED_AT`]'s.
pub const RESET_AT: &str = "reconcile.fluxcd.io/resetAt";
/// Set to `disabled` on an applied object to leave it out of reconciliation.
pub const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";
/// Set to `disabled` on an applied object to keep it when it is stale.
pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// Apply policy of an object: `Override`, `Merge`, `IfNotPresent` or `Ignore`.
pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";
/// Set to `enabled` on an applied object to recreate it when it cannot be changed.
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
/// Set to `disabled` on an applied object to leave variables in it alone.
pub const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";
/// Annotations with this prefix are copied into the metadata of every event of their object.
pub const EVENT_PREFIX: &str = "event.toolkit.fluxcd.io/";
/// Put on objects that need work when they are deleted.
pub const FINALIZER: &str = "finalizers.fluxcd.io";
/// Label of ConfigMaps and Secrets whose changes reconcile their consumers; its value is `Enabled`.
pub const WATCH_LABEL: &str = "reconcile.fluxcd.io/watch";

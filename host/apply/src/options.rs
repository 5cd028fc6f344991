//! What a caller says about an apply or a prune: owner, policy, limits, and the port that records the intent.

use std::time::Duration;

use async_trait::async_trait;
use indexmap::IndexMap;
use sluice_model::{Inventory, Object, Verdict};

use crate::ignore::IgnoreRules;
use crate::protect::Protected;

/// Who answers for the objects. Its labels are `<group>/name` and `<group>/namespace`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Prefix of labels and annotations, for example `kustomize.toolkit.fluxcd.io`.
    pub group_prefix: String,
    /// The owner's name.
    pub name: String,
    /// The owner's namespace.
    pub namespace: String,
}

impl Owner {
    /// The two labels of every owned object.
    pub fn labels(&self) -> [(String, &str); 2] {
        [
            (format!("{}/name", self.group_prefix), self.name.as_str()),
            (
                format!("{}/namespace", self.group_prefix),
                self.namespace.as_str(),
            ),
        ]
    }

    /// Another owner of the same sort whose labels an object of the cluster carries.
    pub(crate) fn other_on(&self, object: &Object) -> Option<Self> {
        let label = |name: &str| object.label(&format!("{}/{name}", self.group_prefix));
        let other = Self {
            group_prefix: self.group_prefix.clone(),
            name: label("name")?.to_owned(),
            namespace: label("namespace")?.to_owned(),
        };
        (other != *self).then_some(other)
    }

    /// Whether an object of the cluster carries both labels.
    pub fn owns(&self, object: &Object) -> bool {
        self.labels()
            .iter()
            .all(|(key, value)| object.label(key) == Some(value))
    }
}

/// How a field manager came to own fields (`managedFields[].operation`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// By any other write.
    Update,
}

/// Field managers whose fields are taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldManager {
    /// Start of the manager's name.
    pub prefix: String,
    /// How it came to own them.
    pub operation: Operation,
}

/// How to apply.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// Owner of applied fields, for example `kustomize-controller`.
    pub field_manager: String,
    /// Who answers for the objects.
    pub owner: Owner,
    /// Recreate objects whose immutable fields change (`spec.force`).
    pub force: bool,
    /// How many requests run at once.
    pub concurrency: usize,
    /// Groups and kinds of the stage before the last (`--custom-apply-stage-kinds`).
    pub custom_stage_kinds: Vec<(String, String)>,
    /// Managers beside kubectl whose fields are taken over (`--override-manager`).
    pub override_managers: Vec<String>,
    /// Set on every object (`spec.commonMetadata.labels`).
    pub common_labels: IndexMap<String, String>,
    /// Set on every object (`spec.commonMetadata.annotations`).
    pub common_annotations: IndexMap<String, String>,
    /// For namespaced objects that name none; without it such an object is an error, as in Flux.
    pub default_namespace: Option<String>,
    /// Fields that are no drift and are not written over (`spec.ignore`).
    pub ignore: IgnoreRules,
    /// What the owner may not change.
    pub protected: Protected,
    /// What the owner answers for before this apply (`status.inventory`).
    pub previous: Inventory,
    /// Longest wait for the definitions of a stage to become ready, and for a deleted object to go.
    pub wait_timeout: Duration,
    /// Health of an object (`sluice_health::status::verdict`).
    pub verdict: fn(&Object) -> Verdict,
}

impl ApplyOptions {
    /// Flux's defaults.
    pub fn new(field_manager: impl Into<String>, owner: Owner, verdict: fn(&Object) -> Verdict) -> Self {
        Self {
            field_manager: field_manager.into(),
            owner,
            force: false,
            concurrency: 4,
            custom_stage_kinds: Vec::new(),
            override_managers: Vec::new(),
            common_labels: IndexMap::new(),
            common_annotations: IndexMap::new(),
            default_namespace: None,
            ignore: IgnoreRules::default(),
            protected: Protected::default(),
            previous: Inventory::default(),
            wait_timeout: Duration::from_secs(60),
            verdict,
        }
    }

    pub(crate) fn taken_over(&self) -> Vec<FieldManager> {
        let manager = |prefix: &str, operation| FieldManager {
            prefix: prefix.to_owned(),
            operation,
        };
        let mut managers = vec![
            manager("kubectl", Operation::Apply),
            manager("kubectl", Operation::Update),
            manager("before-first-apply", Operation::Update),
            manager(&self.field_manager, Operation::Update),
        ];
        for name in &self.override_managers {
            managers.push(manager(name, Operation::Apply));
            managers.push(manager(name, Operation::Update));
        }
        managers
    }
}

/// The intent could not be recorded; nothing was written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("failed to record the intended inventory: {0}")]
pub struct IntentError(pub String);

/// Records what an apply is about to do, so that nothing it creates can be forgotten in a crash.
#[async_trait]
pub trait Intent: Send + Sync {
    /// Called once before the first write, with the previous and the intended entries; never when nothing is written.
    async fn record(&self, inventory: &Inventory) -> Result<(), IntentError>;
}

/// How to prune.
#[derive(Debug, Clone)]
pub struct PruneOptions {
    /// Only objects that carry this owner's labels are deleted.
    pub owner: Owner,
    /// How many requests run at once.
    pub concurrency: usize,
    /// What the owner may not delete.
    pub protected: Protected,
}

impl PruneOptions {
    /// Four requests at once.
    pub fn new(owner: Owner) -> Self {
        Self {
            owner,
            concurrency: 4,
            protected: Protected::default(),
        }
    }
}

//! Types of every kind that Sluice serves: Flux's API field for field, and Sluice's own `Plugin`.
//!
//! A kind is a file; what several kinds share is a file named after the concept. The Rust types are the source of the
//! custom resource definitions in `deploy/crds` (see [`crds`]).
//!
//! A watch over these types should read `kube::core::DeserializeGuard<Kind>`: one stored object that does not fit its
//! type (no spec, a foreign writer's status) is then an error of that object and not of the whole list.

#![allow(
    clippy::duplicated_attributes,
    reason = "printed columns share attributes of kube's derive"
)]

#[macro_use]
mod open_enum;

pub mod access;
pub mod alert;
pub mod annotation;
pub mod artifact;
pub mod bucket;
pub mod condition;
mod crd;
pub mod dependency;
pub mod duration;
pub mod external_artifact;
pub mod git_repository;
pub mod health_check;
pub mod helm_action;
pub mod helm_chart;
pub mod helm_chart_template;
pub mod helm_release;
pub mod helm_repository;
pub mod history;
pub mod image_policy;
pub mod image_repository;
pub mod image_update_automation;
pub mod inventory;
pub mod kind;
pub mod kube_config;
pub mod kustomization;
pub mod label_selector;
pub mod metadata;
pub mod oci_repository;
pub mod patch;
pub mod plugin;
pub mod provider;
pub mod quantity;
pub mod receiver;
pub mod reference;
mod schema;
pub mod verification;

pub use alert::{Alert, AlertSpec};
pub use artifact::Artifact;
pub use bucket::{Bucket, BucketSpec, BucketStatus};
pub use condition::{Condition, ConditionStatus, Conditions};
pub use crd::{COMPATIBLE_VERSION, MakeCrdError, crds, render_crd};
pub use duration::GoDuration;
pub use external_artifact::{ExternalArtifact, ExternalArtifactSpec, ExternalArtifactStatus};
pub use git_repository::{GitRepository, GitRepositorySpec, GitRepositoryStatus};
pub use helm_chart::{HelmChart, HelmChartSpec, HelmChartStatus};
pub use helm_release::{HelmRelease, HelmReleaseSpec, HelmReleaseStatus};
pub use helm_repository::{HelmRepository, HelmRepositorySpec, HelmRepositoryStatus};
pub use history::{History, Snapshot};
pub use image_policy::{ImagePolicy, ImagePolicySpec, ImagePolicyStatus};
pub use image_repository::{ImageRepository, ImageRepositorySpec, ImageRepositoryStatus};
pub use image_update_automation::{
    ImageUpdateAutomation, ImageUpdateAutomationSpec, ImageUpdateAutomationStatus,
};
pub use inventory::ResourceInventory;
pub use kind::{KINDS, KindInfo};
pub use kustomization::{Kustomization, KustomizationSpec, KustomizationStatus};
pub use oci_repository::{OCIRepository, OCIRepositorySpec, OCIRepositoryStatus};
pub use plugin::{Plugin, PluginSpec, PluginStatus};
pub use provider::{Provider, ProviderSpec};
pub use receiver::{Receiver, ReceiverSpec, ReceiverStatus};
pub use reference::{CrossNamespaceSourceReference, LocalObjectReference, NamespacedObjectReference};

//! One file per kind: read, call the stages, write status; queue and fairness.
//!
//! An informer's [`store::Store`] tells its observer of every change; observers put objects into [`queue::Queue`]s
//! with the reason; [`worker`]s take them out and let the kind's reconciler work. A reconciler reads the object, calls
//! the stages (fetch, artifact, render, apply, health), and writes status at most once unless a phase lasts.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

pub mod dependency;
pub mod drift_watch;
pub mod engine;
pub mod expression;
pub mod feature;
pub mod fetched;
pub mod following;
pub mod git_repository;
pub mod helm_chart;
pub mod helm_release;
pub mod helm_repository;
pub mod index;
pub mod interval;
pub mod key;
pub mod kustomization;
pub mod metrics;
pub mod notification;
pub mod plugin;
pub mod queue;
mod reference;
pub mod remote;
pub mod request;
pub mod run;
pub mod secret;
pub mod source;
pub mod status;
pub mod store;
pub mod supply;
pub mod tenant;
pub mod trigger;
pub mod worker;

pub use engine::{Engine, Options, Queues, Stores};
pub use feature::FeatureGates;
pub use metrics::Metrics;
pub use run::Running;
pub use sluice_fetch::helm::HelmSizes;

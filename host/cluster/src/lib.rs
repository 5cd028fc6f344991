//! Kubernetes clients, discovery, server-side apply calls, watch hub.
//!
//! A [`Cluster`] is one cluster seen with one identity; clones are cheap. Objects are [`sluice_model::Object`]s,
//! errors are [`ClusterError`]s whose texts never hold Secret values. The [`Hub`] turns watches into signals.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

pub mod client;
pub mod counters;
pub mod discovery;
pub mod error;
pub mod hub;
pub mod lease;
pub mod mask;
pub mod object;
pub mod remote;
mod request;

pub use client::{Cluster, ClusterOptions, ConnectError, Identity};
pub use counters::Counters;
pub use discovery::{Discovery, Resource};
pub use error::{Cause, ClusterError};
pub use hub::fingerprint::Fingerprint;
pub use hub::{Change, Hub, Interest, Selection, Signal, Subscription, Tracked};
pub use k8s_openapi;
pub use kube;
pub use lease::{Election, ElectionOptions};
pub use object::{DeleteOptions, PatchOptions, Propagation};
pub use remote::{BearerSource, KubeconfigError, KubeconfigPolicy, RemoteOptions, Resolver, read_kubeconfig};

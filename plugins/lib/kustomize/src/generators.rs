//! The builtin generators.

pub(crate) mod config_map;
pub(crate) mod helm_chart;
pub(crate) mod iam_policy;
mod sources;

pub(crate) use config_map::{GeneratedKind, generate};

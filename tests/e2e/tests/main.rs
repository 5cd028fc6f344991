//! End to end tests of `sluice run`, one module a topic.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api_server;
mod apply;
mod apply_options;
mod artifact;
mod bad_input;
mod crash;
mod decryption;
mod deletion;
mod depends_on;
mod expressions;
mod external_artifact;
mod faults;
mod flux_cli;
mod flux_contract;
mod git_refs;
mod git_ssh;
mod health;
mod helm_release;
mod incremental;
mod notification;
mod overlay;
mod plugin;
mod post_build;
mod preview;
mod process;
mod protected;
mod remote_cluster;
mod render_command;
mod source_errors;
mod status;
mod suspend;
mod tenancy;

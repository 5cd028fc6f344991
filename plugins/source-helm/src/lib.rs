//! The built-in plugin source-helm: indexes of Helm repositories, and charts from an index, an OCI registry or the files of
//! another source, with Flux's rules.
//!
//! The decisions are in plain modules over small traits, so that they build and are tested natively; `component` joins them
//! to the contract.

pub mod build;
pub mod config;
pub mod dependency;
pub mod error;
pub mod index;
pub mod registry;
pub mod repository;
pub mod revision;
pub mod tree;
pub mod values;

#[cfg(target_family = "wasm")]
mod component;

//! The built-in plugin source-git: which commit of a Git repository is current, and which of its files make the
//! artifact, with Flux's rules.
//!
//! The decisions are in [`resolve`], [`commit`] and [`select`], over small traits, so that they build and are tested
//! natively; `component` joins them to the contract.

pub mod commit;
pub mod config;
pub mod resolve;
pub mod select;

#[cfg(target_family = "wasm")]
mod component;

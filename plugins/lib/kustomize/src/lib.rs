//! kustomize build as a pure function over a tree of files.
//!
//! A build goes through [`build`](crate::build()): a target (one kustomization) accumulates objects from resources, bases,
//! generators and components, its transformers change them, and at the very end names are hashed, references to renamed
//! objects followed and variables replaced. The modules carry the names of the concepts: `target`, `accumulator`,
//! `resmap`, `transformers`, `generators`, `merge` (strategic merge), `name_reference`, `vars`, `openapi`.
//!
//! The behaviour is that of kustomize 5.8; see the crate's tests for the cases taken from it.

mod accumulator;
mod build;
mod builtin;
pub mod config;
mod elsewhere;
mod error;
mod fieldspec;
pub mod files;
pub mod flux;
mod generators;
mod history;
mod image_name;
mod json_patch;
pub mod kustomization;
mod label_selector;
mod limits;
mod loader;
mod merge;
mod mounts;
mod name_reference;
mod node;
mod objects;
mod openapi;
mod options;
mod origin;
mod remote;
mod resid;
mod resmap;
mod resource;
mod scope;
mod selector;
mod session;
mod shared_text;
mod target;
mod transformer_config;
mod transformers;
mod vars;

pub use build::{Built, BuiltObject, build};
pub use config::Config;
pub use elsewhere::Elsewhere;
pub use error::{Error, Result};
pub use files::{Entry, EntryKind, Files, FilesError};
pub use flux::FluxOverlay;
pub use limits::Limits;
pub use mounts::Mounts;
pub use options::{BuildOptions, HelmOptions, LoadRestriction, Reorder};

//! What a plugin author needs: the bindings of the contract `sluice:plugin@0.1.0` and error helpers.
//!
//! A plugin is a crate of type `cdylib` that implements two traits of one world's module ([`source`], [`renderer`],
//! [`notifier`] or [`receiver`]) and exports them. A whole notifier:
//!
//! ```
//! use sluice_plugin::notifier::{self, Description, Event, Guest, Meta};
//! use sluice_plugin::{Result, http};
//!
//! struct Shout;
//!
//! impl Meta for Shout {
//!     fn describe() -> Description {
//!         Description { name: "notify-shout".into(), version: "0.1.0".into(), config_schema: "{}".into(),
//!             bindings: vec!["target".into()], types: vec!["shout".into()] }
//!     }
//! }
//!
//! impl Guest for Shout {
//!     fn notify(_config: String, event: Event) -> Result<()> {
//!         http::post("target", "text/plain", event.message.to_uppercase()).map(drop)
//!     }
//! }
//!
//! notifier::export!(Shout);
//! ```
//!
//! `cargo sluice build` compiles it to a component. Cargo.toml needs `[lib] crate-type = ["cdylib"]`, and where the crate
//! is part of a workspace that also builds natively, lib.rs starts with `#![cfg(target_family = "wasm")]`.

// The generated export macros run in other crates and in this one: both must find this crate by its name.
extern crate self as sluice_plugin;

pub mod bindings;
pub mod config;
mod error;
pub mod http;
pub mod log;

#[doc(hidden)]
pub use wit_bindgen;

pub use error::Result;
pub use types::Error;

/// Values that every interface uses: levels, errors, retries.
pub mod types {
    pub use crate::bindings::imports::sluice::plugin::types::{Error, Level, Pairs, Retry};
}

/// Trees to read and the sink to write.
pub mod files {
    pub use crate::bindings::imports::sluice::plugin::files::{Entry, Kind, Sink, Stat, Tree};
}

/// Git repositories that the host knows by a binding's name.
pub mod git {
    pub use crate::bindings::imports::sluice::plugin::git::{Reference, object, refs, snapshot};
}

/// OCI repositories that the host knows by a binding's name.
pub mod oci {
    pub use crate::bindings::imports::sluice::plugin::oci::{
        ImageManifest, Layer, blob, manifest, resolve, tags, unpack,
    };
}

/// The tenant's cluster, for renderers that were granted it.
pub mod cluster {
    pub use crate::bindings::imports::sluice::plugin::cluster::lookup;
}

/// World `source-plugin`: implement [`Meta`](source::Meta) and [`Guest`](source::Guest).
pub mod source {
    pub use crate::bindings::source::export;
    pub use crate::bindings::source::exports::sluice::plugin::meta::{Description, Guest as Meta};
    pub use crate::bindings::source::exports::sluice::plugin::source::{Guest, Input, Metadata, Revision};
}

/// World `renderer-plugin`: implement [`Meta`](renderer::Meta) and [`Guest`](renderer::Guest).
pub mod renderer {
    pub use crate::bindings::renderer::export;
    pub use crate::bindings::renderer::exports::sluice::plugin::meta::{Description, Guest as Meta};
    pub use crate::bindings::renderer::exports::sluice::plugin::renderer::{
        Entropy, Extra, Form, Guest, Input, Object, Rendered, Request,
    };
}

/// World `notifier-plugin`: implement [`Meta`](notifier::Meta) and [`Guest`](notifier::Guest).
pub mod notifier {
    pub use crate::bindings::notifier::export;
    pub use crate::bindings::notifier::exports::sluice::plugin::meta::{Description, Guest as Meta};
    pub use crate::bindings::notifier::exports::sluice::plugin::notifier::{
        Event, Guest, ObjectReference, Severity,
    };
}

/// World `receiver-plugin`: implement [`Meta`](receiver::Meta) and [`Guest`](receiver::Guest).
pub mod receiver {
    pub use crate::bindings::receiver::export;
    pub use crate::bindings::receiver::exports::sluice::plugin::meta::{Description, Guest as Meta};
    pub use crate::bindings::receiver::exports::sluice::plugin::receiver::{Guest, Trigger, Verdicts};
}

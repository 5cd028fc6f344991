//! Calls the renderer component with a tree, a config and the memo.
//!
//! A render is a pure function of what it read. Its key is (plugin digest, contract version, canonical config, root,
//! input names); under the key the memo keeps what earlier renders read. When all of it would be answered the same
//! again, the stored output stands and no plugin is called.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

mod engine;
mod error;
mod flight;
mod key;
mod objects;
mod output;
pub mod post_build;
mod renderer;
pub mod substitute;
pub mod supply;

pub use engine::{Engine, Outcome, Request};
pub use error::RenderError;
pub use output::Rendering;
pub use post_build::{PostBuild, PostBuildError};
pub use renderer::{RenderInput, RenderStats, Renderer};
pub use sluice_sandbox::{Extra, RenderedObject};
pub use supply::{Need, Supplier, Supply};

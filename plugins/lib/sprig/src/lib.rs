//! The template functions of Helm 4.3.1: all of sprig but `env` and `expandenv`, and Helm's own.
//!
//! [`functions`] gives the table for an [`Environment`]: the time, the seed of all randomness, and what may be asked outside
//! come from the caller, so that the same environment gives the same output. Functions that build something large charge the
//! budget of the execution first. Errors have Go's texts.
//!
//! ```
//! use sluice_go_template::{Context, Limits, Value};
//! use sluice_sprig::{Environment, functions};
//! let table = functions(Environment::new(0, [7; 32]));
//! let mut context = Context::new(Limits::default());
//! let quoted = table.get("quote").unwrap().call(&mut context, "quote", &[Value::from("a\"b")]).unwrap();
//! assert_eq!(quoted.as_bytes(), Some(&br#""a\"b""#[..]));
//! ```

pub mod crypto;
pub mod decimal;
mod environment;
mod functions;
mod fuzz;
pub mod json;
pub mod objects;
pub mod pattern;
pub mod text;
pub mod time;
pub mod toml;
pub mod url;
pub mod yaml;

pub use environment::{Environment, Lookup, Resolve};
pub use functions::functions;
pub use fuzz::{fuzz_json, fuzz_pattern, fuzz_toml, fuzz_url};

/// Stands before the message of `fail` and `required` in their errors.
pub const MESSAGE_START: &str = "HELM_ERR_START";
/// Stands behind it.
pub const MESSAGE_END: &str = "HELM_ERR_END";

//! The lines of Helm's `--set` flags, as `helm.sh/helm/v4/pkg/strvals` reads them.
//!
//! ```
//! use sluice_go_template::{Map, Value};
//! use sluice_strvals::{Flag, parse_into};
//! let values = Map::new();
//! parse_into(b"image.tag=v1,ports[1]=80,names={a,b}", &Flag::Set, &values).unwrap();
//! assert!(values.contains("image") && values.contains("ports"));
//! ```

mod parser;
mod scan;
mod value;

pub use parser::{FileReader, Flag, SetError, fuzz, parse_into};

#[cfg(test)]
mod tests;

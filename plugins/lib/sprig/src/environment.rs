//! What functions may know besides their arguments.

use std::rc::Rc;

use sluice_go_template::{Error, Value};

use crate::time::Moment;

/// Finds objects in a cluster: API version, kind, namespace, name (empty for a list).
pub type Lookup = Rc<dyn Fn(&[u8], &[u8], &[u8], &[u8]) -> Result<Value, Error>>;

/// Finds an address of a host name.
pub type Resolve = Rc<dyn Fn(&[u8]) -> Result<Vec<u8>, Error>>;

/// Time, randomness and what may be asked outside. The same environment gives the same output.
#[derive(Clone)]
pub struct Environment {
    /// The time that `now` returns.
    pub now: Moment,
    /// What all random values come from.
    pub seed: [u8; 32],
    /// `fail` and `required` do nothing.
    pub lint: bool,
    /// The cluster behind `lookup`; without it nothing is found.
    pub lookup: Option<Lookup>,
    /// What `getHostByName` asks; without it the answer is empty.
    pub resolve: Option<Resolve>,
}

impl Environment {
    /// An environment of a time in seconds since 1970 and a seed, without cluster and names.
    pub fn new(unix: i64, seed: [u8; 32]) -> Self {
        Self {
            now: Moment::local(unix, 0),
            seed,
            lint: false,
            lookup: None,
            resolve: None,
        }
    }
}

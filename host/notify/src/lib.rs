//! Routes events to alerts and dispatches them to provider plugins.
//!
//! An event comes in through [`Router::accept`], from the recorder of this process or from the HTTP [`server`]; it is
//! cleaned, checked for being a duplicate and queued. The routing task finds the Alerts that want it ([`matching`]),
//! completes its metadata ([`metadata`]), and delivers it through the notifier plugin that serves the Provider's type.

#![cfg_attr(
    test,
    allow(
        clippy::needless_pass_by_value,
        reason = "helpers of tests take what json! gives"
    )
)]

mod dedup;
pub mod dispatch;
pub mod gate;
pub mod go_regex;
pub mod ingest;
mod mask;
pub mod matching;
pub mod metadata;
pub mod port;
pub mod router;
pub mod sandboxed;
pub mod server;
mod target;

pub use ingest::{ParseEventError, parse_event};
pub use port::{AlertReporter, Notifier, NotifierCall, NotifierCatalog, NotifyError, NotifyStore};
pub use router::{Admission, Router, RouterOptions};

//! Records events and hands them to the notification server.
//!
//! A [`Recorder`] never blocks its caller: what it records goes through bounded queues to workers, one of which writes
//! Kubernetes Events (what `kubectl events` and `flux events` show) and the others deliver to the notification server,
//! in this process or at `--events-addr`. Rules as in Flux's `runtime/events`.

mod correlate;
mod deliver;
mod publish;
mod recorder;
mod subject;

pub use recorder::{Destination, Recorder, RecorderOptions, Workers};
pub use subject::Subject;

//! Hub, discovery, calls and lease against a real API server.

mod bed;
mod calls;
mod election;
mod signals;

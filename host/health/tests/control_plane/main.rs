//! Health by events against a real API server with real controllers.

mod bed;
mod follow;

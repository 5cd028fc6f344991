//! Apply and prune against a real API server.

mod bed;
mod drift;
mod force;
mod identity;
mod ownership;
mod prune;
mod rules;
mod stages;

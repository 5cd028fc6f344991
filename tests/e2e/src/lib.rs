//! The harness of the end to end tests: one shared control plane, and a case of its own for each test.

pub mod bed;
pub mod case;
pub mod command;
pub mod flux;
pub mod object;
pub mod wave;

pub use bed::bed;
pub use case::Case;

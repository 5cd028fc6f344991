//! What the benchmarks of whole roll-outs share: the clock that watches Kustomizations, and the cost of the process.

pub mod bed;
pub mod measure;
pub mod rollout;

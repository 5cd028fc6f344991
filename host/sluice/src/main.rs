//! The Sluice binary: wiring only.

fn main() {}

//! cargo sluice.

fn main() {}

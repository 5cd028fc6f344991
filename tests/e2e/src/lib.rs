//! End to end tests against the testbed.

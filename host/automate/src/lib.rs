//! Image tags become commits.

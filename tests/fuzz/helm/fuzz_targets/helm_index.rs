//! Any bytes as the index of a Helm repository: refused in words, or written as an index that reads as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| sluice_helm_index::fuzz(bytes));

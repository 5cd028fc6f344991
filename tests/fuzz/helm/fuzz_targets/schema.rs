//! A schema and values for it, divided by a line `====`: an answer comes, the same with and without the short cut for plain schemas.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_chart::{check_by_validator, check_one, values};

fuzz_target!(|bytes: &[u8]| {
    let cut = bytes.windows(6).position(|window| window == b"\n====\n");
    let (schema, text) = match cut {
        Some(at) => (&bytes[..at], &bytes[at + 6..]),
        None => (bytes, &b"a: 1\nb: [x, {c: true}]\n"[..]),
    };
    if let Ok(values) = values::read(text) {
        assert_eq!(check_one(schema, &values), check_by_validator(schema, &values));
    }
});

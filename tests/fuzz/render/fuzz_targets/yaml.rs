//! Any bytes through the YAML reader and back: no panic, and what is written reads as data that is written the same way
//! (not as the same data: the float 2.0 is written as 2).
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_yaml::{
    Annotated, EmitOptions, Flavour, Limits, Schema, emit_node, emit_value, parse_documents, read_value,
    to_json,
};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(documents) = parse_documents(bytes, &limits) {
        for document in &documents {
            let _ = emit_node(document, &EmitOptions::KYAML);
            let Ok(value) = to_json(document, Schema::V3) else {
                continue;
            };
            let Ok(text) = emit_value(&value, Flavour::Sigs) else {
                continue;
            };
            // kustomize writes the text `<<` without quotes: as a key it is read as a merge
            if text.contains("<<") {
                continue;
            }
            let again = read_value(text.as_bytes(), true, &limits).expect("what was written can be read");
            assert_eq!(Ok(&text), emit_value(&again, Flavour::Sigs).as_ref(), "{value}");
        }
    }
    if let Ok(Some(document)) = Annotated::parse(bytes, &limits) {
        let _ = document.emit(&EmitOptions::KYAML);
    }
    let _ = read_value(bytes, true, &limits);
    let _ = read_value(bytes, false, &limits);
});

//! Any bytes through the YAML reader and back: no panic, and what is written reads as data that is written the same way
//! (not as the same data: the float 2.0 is written as 2).
#![no_main]

use libfuzzer_sys::fuzz_target;
use sluice_yaml::{
    Annotated, EmitOptions, Flavour, Limits, Schema, Value, Wanted, emit_node, emit_value, parse_documents,
    read_value, read_wanted, to_json,
};

/// What helm looks at in a manifest.
static HEAD: Wanted = Wanted::Fields(&[
    ("kind", Wanted::All),
    ("metadata", Wanted::Fields(&[("name", Wanted::All)])),
]);

/// Fields of a map by name, whatever their case.
fn fields<'v>(value: &'v Value, name: &'static str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let entries = value.as_object().into_iter().flatten();
    entries.filter(move |(key, _)| key.eq_ignore_ascii_case(name))
}

/// What is read in part is what the whole has there.
fn check_wanted(bytes: &[u8], limits: &Limits) {
    let (part, whole) = match (read_wanted(bytes, HEAD, limits), read_value(bytes, false, limits)) {
        (Ok(part), Ok(whole)) => (part, whole),
        (part, whole) => return assert_eq!(part, whole),
    };
    assert!(fields(&part, "kind").eq(fields(&whole, "kind")), "{part} {whole}");
    let mut pairs = fields(&part, "metadata").zip(fields(&whole, "metadata"));
    assert!(
        pairs.all(|((_, part), (_, whole))| fields(part, "name").eq(fields(whole, "name"))),
        "{part} {whole}"
    );
    assert_eq!(fields(&part, "metadata").count(), fields(&whole, "metadata").count());
}

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
    check_wanted(bytes, &limits);
});

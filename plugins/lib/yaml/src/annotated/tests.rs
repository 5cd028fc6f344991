//! Tests of [`super`]: each text with what go-yaml v3 makes of it (indent 2, compact sequences).

use super::*;

fn again(text: &str) -> String {
    let document = Annotated::parse(text.as_bytes(), &Limits::default())
        .expect("YAML")
        .expect("a document");
    document.emit(&EmitOptions::KYAML).expect("written")
}

#[test]
fn comments_stay() {
    assert_eq!(again("a: 1 # x\n"), "a: 1 # x\n");
}

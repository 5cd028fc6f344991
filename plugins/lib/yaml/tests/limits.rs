//! Bounds on hostile input: depth, alias expansion, size. Nothing here may overflow the stack of a guest.

#![allow(clippy::unwrap_used)]

use sluice_yaml::{
    Annotated, EmitOptions, ErrorKind, Flavour, JsonOptions, Limits, Schema, emit_node, emit_value,
    expand_merges, from_json, parse_document, parse_documents, read_value, to_json, write_json,
};

/// Half of what a guest has by default.
const STACK: usize = 512 << 10;

/// Runs everything that walks over a tree on a small stack.
fn walk_everything(text: String) {
    let walk = move || {
        let limits = Limits::default();
        let mut node = parse_document(text.as_bytes(), &limits).unwrap().unwrap();
        expand_merges(&mut node).unwrap();
        assert_eq!(node, node.clone());
        let value = to_json(&node, Schema::V3).unwrap();
        assert_eq!(read_value(text.as_bytes(), true, &limits).unwrap(), value);
        assert_eq!(from_json(&value).depth(), Limits::default().max_depth);
        assert!(write_json(&value, JsonOptions::PRETTY).len() > text.len());
        emit_node(&node, &EmitOptions::KYAML).unwrap();
        emit_value(&value, Flavour::Sigs).unwrap();
        let annotated = Annotated::parse(text.as_bytes(), &limits).unwrap().unwrap();
        annotated.emit(&EmitOptions::KYAML).unwrap();
    };
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(walk)
        .unwrap()
        .join()
        .unwrap();
}

#[test]
fn deepest_trees_fit_a_small_stack() {
    let depth = Limits::default().max_depth;
    walk_everything("[".repeat(depth) + &"]".repeat(depth));
    walk_everything("{a: ".repeat(depth) + "1" + &"}".repeat(depth));
    walk_everything("- ".repeat(depth) + "x");
    let lines = (0..depth).map(|level| format!("{}a:\n", " ".repeat(level)));
    walk_everything(lines.collect());
}

#[test]
fn deeper_trees_are_refused() {
    for text in [
        "[".repeat(20_000),
        "- ".repeat(20_000),
        "{a: ".repeat(20_000),
        "? ".repeat(20_000),
    ] {
        for error in [
            parse_documents(text.as_bytes(), &Limits::default()).map(|_| ()),
            read_value(text.as_bytes(), false, &Limits::default()).map(|_| ()),
        ] {
            let message = error.unwrap_err().message;
            assert!(message.contains("exceeded max depth of"), "{message}");
        }
    }
}

#[test]
fn aliases_cannot_deepen_beyond_the_limit() {
    let half = Limits::default().max_depth / 2 + 10;
    let text = format!(
        "a: &a {}{}\nb: {}*a{}",
        "[".repeat(half),
        "]".repeat(half),
        "[".repeat(half),
        "]".repeat(half)
    );
    let error = parse_documents(text.as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Limit);
}

#[test]
fn alias_bombs_fail_as_in_go() {
    let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ["b", "c", "d", "e", "f", "g", "h"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f", "g"])
    {
        let aliases = vec![format!("*{before}"); 9].join(", ");
        text.push_str(&format!("{name}: &{name} [{aliases}]\n"));
    }
    for error in [
        parse_documents(text.as_bytes(), &Limits::default()).map(|_| ()),
        read_value(text.as_bytes(), false, &Limits::default()).map(|_| ()),
    ] {
        assert_eq!(
            error.unwrap_err().to_string(),
            "yaml: document contains excessive aliasing"
        );
    }
}

#[test]
fn size_and_number_of_nodes_are_bounded() {
    let small = Limits {
        max_bytes: 10,
        ..Limits::default()
    };
    let error = parse_documents(b"a: 1234567890", &small).unwrap_err();
    assert_eq!(
        error.to_string(),
        "yaml: input of 13 bytes exceeds the limit of 10 bytes"
    );
    let few = Limits {
        max_nodes: 10,
        ..Limits::default()
    };
    let error = parse_documents(&b"- a\n".repeat(20), &few).unwrap_err();
    assert_eq!(error.to_string(), "yaml: more than 10 nodes");
    let anchored = parse_documents(b"&a [&b [&c [&d [x, y]]]]", &few).unwrap_err();
    assert_eq!(anchored.kind, ErrorKind::Limit, "copies of anchored nodes count");
}

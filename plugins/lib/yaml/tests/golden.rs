//! Inputs written for this project with the answers of the real libraries (go.yaml.in/yaml v2.4.4 and v3.0.4,
//! sigs.k8s.io/yaml v1.6.0), one JSON object a line: the input (`text`, or `bytes` in base64) and one answer a mode.

#![allow(clippy::unwrap_used)]

use base64::Engine;
use sluice_yaml::{
    Annotated, EmitOptions, Error, Flavour, JsonOptions, Kind, Limits, Node, Schema, Style, Value, emit_node,
    emit_value, from_json, parse_document, parse_documents, read_value, to_json, write_json,
};

const GROUPS: [(&str, &str); 13] = [
    ("anchors", include_str!("golden/anchors.jsonl")),
    ("block", include_str!("golden/block.jsonl")),
    ("bytes", include_str!("golden/bytes.jsonl")),
    ("comments", include_str!("golden/comments.jsonl")),
    ("errors", include_str!("golden/errors.jsonl")),
    ("flow", include_str!("golden/flow.jsonl")),
    ("nested", include_str!("golden/nested.jsonl")),
    ("numbers", include_str!("golden/numbers.jsonl")),
    ("quoted", include_str!("golden/quoted.jsonl")),
    ("scalars", include_str!("golden/scalars.jsonl")),
    ("shapes", include_str!("golden/shapes.jsonl")),
    ("strings", include_str!("golden/strings.jsonl")),
    ("tags", include_str!("golden/tags.jsonl")),
];

#[test]
fn answers_equal_those_of_the_go_libraries() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (group, lines) in GROUPS {
        for line in lines.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let input = input_of(&case);
            for (mode, expected) in case.as_object().unwrap() {
                if mode == "text" || mode == "bytes" {
                    continue;
                }
                checked += 1;
                let found = answer(mode, &input).unwrap_or_else(|error| format!("ERR {error}"));
                if Some(found.as_str()) != expected.as_str() {
                    let shown = String::from_utf8_lossy(&input).into_owned();
                    wrong.push(format!(
                        "{group}/{mode} {shown:?}\n  go   {expected}\n  here {found:?}"
                    ));
                }
            }
        }
    }
    assert!(checked > 1000, "only {checked} answers checked");
    assert!(
        wrong.is_empty(),
        "{} of {checked} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn input_of(case: &Value) -> Vec<u8> {
    match case.get("text").and_then(Value::as_str) {
        Some(text) => text.as_bytes().to_vec(),
        None => base64::engine::general_purpose::STANDARD
            .decode(case["bytes"].as_str().unwrap())
            .unwrap(),
    }
}

fn answer(mode: &str, input: &[u8]) -> Result<String, Error> {
    let limits = Limits::default();
    let data = || serde_json::from_slice::<Value>(input).unwrap();
    match mode {
        "nodes" => {
            let mut out = String::new();
            for document in parse_documents(input, &limits)? {
                dump(&document, true, &mut out);
                out.push('\n');
            }
            Ok(out)
        }
        "annotated" => {
            let document = Annotated::parse(input, &limits)?.unwrap();
            document.emit(&EmitOptions::KYAML)
        }
        "kyaml" => emit_documents(input, &EmitOptions::KYAML),
        "v3" => emit_documents(input, &EmitOptions::V3),
        "json-v3" => match parse_document(input, &limits)? {
            Some(document) => Ok(write_json(&to_json(&document, Schema::V3)?, JsonOptions::COMPACT)),
            None => Ok("null".into()),
        },
        "json-v2" => Ok(write_json(
            &read_value(input, false, &limits)?,
            JsonOptions::COMPACT,
        )),
        "json-v2-strict" => Ok(write_json(
            &read_value(input, true, &limits)?,
            JsonOptions::COMPACT,
        )),
        "sigs" => emit_value(&data(), Flavour::Sigs),
        "value-v3" => emit_value(&data(), Flavour::V3(EmitOptions::V3)),
        "value-kyaml" => emit_value(&data(), Flavour::V3(EmitOptions::KYAML)),
        "go-json" => Ok(write_json(&data(), JsonOptions::COMPACT)),
        "from-json" => {
            let mut out = String::new();
            dump(&from_json(&data()), false, &mut out);
            Ok(out)
        }
        other => panic!("unknown mode {other}"),
    }
}

/// All documents, each followed by a record separator.
fn emit_documents(input: &[u8], options: &EmitOptions) -> Result<String, Error> {
    let mut out = String::new();
    for document in parse_documents(input, &Limits::default())? {
        out.push_str(&emit_node(&document, options)?);
        out.push('\u{1e}');
    }
    Ok(out)
}

/// Kind, style, tag, position, text and content of a tree.
fn dump(node: &Node, positions: bool, out: &mut String) {
    out.push(match node.kind {
        Kind::Mapping => 'M',
        Kind::Sequence => 'S',
        Kind::Scalar => 'V',
    });
    out.push(match node.style {
        Style::DoubleQuoted => 'd',
        Style::SingleQuoted => 's',
        Style::Literal => 'l',
        Style::Folded => 'f',
        Style::Flow => 'w',
        Style::Plain | Style::Block => 'p',
    });
    if node.tagged {
        out.push('t');
    }
    out.push_str(&format!(" {} ", node.tag.as_str()));
    if positions {
        out.push_str(&format!("{}:{} ", node.line, node.column));
    }
    out.push_str(&write_json(
        &Value::from(node.value.as_str()),
        JsonOptions::COMPACT,
    ));
    out.push('(');
    for child in &node.content {
        dump(child, positions, out);
        out.push(',');
    }
    out.push(')');
}

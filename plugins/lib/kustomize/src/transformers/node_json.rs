//! A tree as `encoding/json` writes the `yaml.Node` that kustomize holds: with styles, tags and positions.

use std::fmt::Write;

use sluice_yaml::{JsonOptions, Kind, Node, Style, Value, write_json};

use crate::shared_text::line_of;

/// The JSON of a tree without comments and anchors.
pub(super) fn node_json(node: &Node) -> String {
    let mut out = String::new();
    write_node(node, &mut out);
    out
}

fn write_node(node: &Node, out: &mut String) {
    let text = |text: &str| write_json(&Value::String(text.to_owned()), JsonOptions::COMPACT);
    let line = line_of(node).unwrap_or_default();
    let column = if line == 0 { 0 } else { node.column };
    let _ = write!(
        out,
        "{{\"Kind\":{},\"Style\":{},\"Tag\":{},\"Value\":{},\"Anchor\":\"\",\"Alias\":null,\"Content\":",
        kind_number(node.kind),
        style_number(node),
        text(node.tag.as_str()),
        text(&node.value)
    );
    write_content(&node.content, out);
    let _ = write!(
        out,
        ",\"HeadComment\":\"\",\"LineComment\":\"\",\"FootComment\":\"\",\"Line\":{line},\"Column\":{column}}}"
    );
}

fn write_content(content: &[Node], out: &mut String) {
    if content.is_empty() {
        out.push_str("null");
        return;
    }
    out.push('[');
    for (at, child) in content.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_node(child, out);
    }
    out.push(']');
}

fn kind_number(kind: Kind) -> u8 {
    match kind {
        Kind::Sequence => 2,
        Kind::Mapping => 4,
        Kind::Scalar => 8,
    }
}

fn style_number(node: &Node) -> u8 {
    let style = match node.style {
        Style::Plain | Style::Block => 0,
        Style::DoubleQuoted => 2,
        Style::SingleQuoted => 4,
        Style::Literal => 8,
        Style::Folded => 16,
        Style::Flow => 32,
    };
    style + u8::from(node.tagged)
}

//! Data as YAML text in random styles: block and flow, comments, anchors, aliases, merge keys, line ends.
//!
//! A string that begins with [`RAW`] stands as it is; one that begins with [`BLOCK`] is a block scalar, its header first.

use serde_json::{Map, Value};

use crate::random::Random;

/// Marks a string whose text is YAML already.
pub const RAW: char = '\u{1}';
/// Marks a block scalar: header, line break, lines.
pub const BLOCK: char = '\u{2}';

/// How often something out of the ordinary is written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    flow: usize,
    comments: usize,
    anchors: usize,
    wide_lists: bool,
    step: usize,
}

impl Style {
    /// A style of a file.
    pub fn random(random: &mut Random) -> Self {
        Self {
            flow: [0, 0, 5, 20][random.below(4)],
            comments: [0, 0, 0, 8][random.below(4)],
            anchors: [0, 0, 0, 0, 6][random.below(5)],
            wide_lists: random.chance(40),
            step: if random.chance(10) { 4 } else { 2 },
        }
    }
}

struct Writer<'r> {
    random: &'r mut Random,
    style: Style,
    out: String,
    anchors: Vec<(String, char)>,
}

/// Documents as the text of one file.
pub fn stream(random: &mut Random, documents: &[Value]) -> String {
    let style = Style::random(random);
    let mut out = String::new();
    for (at, document) in documents.iter().enumerate() {
        if at > 0 || random.chance(15) {
            let marks = [
                "---\n",
                "---\n",
                "---\n",
                "--- # comment\n",
                "---\n---\n",
                "---\n\n# only a comment\n---\n",
                "...\n---\n",
            ];
            out.push_str(random.pick(if documents.len() > 1 { &marks } else { &marks[..4] }));
        }
        if random.chance(4) {
            out.push_str("# head\n\n");
        }
        out.push_str(&document_text(random, style, document));
    }
    if random.chance(3) {
        out.push_str("---\n");
    }
    if random.chance(3) {
        out = out.replace('\n', "\r\n");
    }
    if random.chance(2) {
        out.insert(0, '\u{feff}');
    }
    if random.chance(3) {
        out.truncate(out.trim_end().len());
    }
    out
}

/// One document in a style.
pub fn document_text(random: &mut Random, style: Style, document: &Value) -> String {
    let mut writer = Writer {
        random,
        style,
        out: String::new(),
        anchors: Vec::new(),
    };
    match document {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0),
        Value::Array(list) if !list.is_empty() => writer.list(list, 0),
        other => {
            writer.inline(other);
            writer.out.push('\n');
        }
    }
    writer.out
}

impl Writer<'_> {
    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn map(&mut self, map: &Map<String, Value>, indent: usize) {
        for (key, value) in map {
            if self.random.chance(self.style.comments) {
                self.pad(indent);
                self.out.push_str("# a comment\n");
            }
            self.pad(indent);
            self.key(key);
            self.out.push(':');
            self.value(value, indent, false);
        }
        let merge = self
            .anchors
            .iter()
            .rfind(|(_, kind)| *kind == 'm')
            .map(|(name, _)| name.clone());
        if let Some(name) = merge.filter(|_| self.random.chance(self.style.anchors)) {
            self.pad(indent);
            self.out.push_str(&format!("<<: *{name}\n"));
        }
    }

    fn key(&mut self, key: &str) {
        if let Some(raw) = key.strip_prefix(RAW) {
            self.out.push_str(raw);
        } else if is_plain(key) && !self.random.chance(1) {
            self.out.push_str(key);
        } else {
            self.out.push_str(&quoted(key));
        }
    }

    /// What follows a key or, `in_list`, a dash.
    fn value(&mut self, value: &Value, indent: usize, in_list: bool) {
        let kind = match value {
            Value::Object(map) if !map.is_empty() => 'm',
            Value::Array(list) if !list.is_empty() => 'l',
            _ => 's',
        };
        if self.random.chance(self.style.anchors / 2) {
            let known = self
                .anchors
                .iter()
                .rfind(|(_, of)| *of == kind)
                .map(|(name, _)| name.clone());
            if let Some(name) = known {
                self.out.push_str(&format!(" *{name}\n"));
                return;
            }
        }
        let anchor = self
            .random
            .chance(self.style.anchors)
            .then(|| format!("a{}", self.anchors.len()));
        if let Some(name) = &anchor {
            self.out.push_str(&format!(" &{name}"));
        }
        self.content(value, indent, in_list && anchor.is_none());
        self.anchors.extend(anchor.map(|name| (name, kind)));
    }

    fn content(&mut self, value: &Value, indent: usize, in_list: bool) {
        let flow = self.random.chance(self.style.flow) && fits_flow(value);
        match value {
            Value::Object(map) if !map.is_empty() && !flow => {
                let inner = if in_list {
                    indent + 2
                } else {
                    indent + self.style.step
                };
                let begin = self.out.len();
                self.map(map, inner);
                if in_list {
                    let text = self.out.split_off(begin);
                    self.out.push(' ');
                    self.out.push_str(text.trim_start_matches(' '));
                } else {
                    self.out.insert(begin, '\n');
                }
            }
            Value::Array(list) if !list.is_empty() && !flow => {
                self.out.push('\n');
                let wide = self.style.wide_lists || in_list;
                self.list(list, if wide { indent + 2 } else { indent });
            }
            Value::String(text) if text.starts_with(BLOCK) => self.block(&text[1..], indent),
            other => {
                self.out.push(' ');
                self.inline(other);
                if self.random.chance(self.style.comments) {
                    self.out.push_str(" # note");
                }
                self.out.push('\n');
            }
        }
    }

    fn list(&mut self, list: &[Value], indent: usize) {
        for value in list {
            self.pad(indent);
            self.out.push('-');
            self.value(value, indent, true);
        }
    }

    fn block(&mut self, text: &str, indent: usize) {
        let (header, body) = text.split_once('\n').unwrap_or((text, ""));
        self.out.push_str(&format!(" {header}\n"));
        for line in body.split_inclusive('\n') {
            if line != "\n" {
                self.pad(indent + 2);
            }
            self.out.push_str(line);
        }
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
    }

    fn inline(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                let text = self.scalar(text);
                self.out.push_str(&text);
            }
            Value::Array(list) => {
                self.out.push('[');
                for (at, item) in list.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.inline(item);
                }
                self.out.push(']');
            }
            Value::Object(map) => {
                self.out.push('{');
                for (at, (key, item)) in map.iter().enumerate() {
                    self.out.push_str(if at > 0 { ", " } else { "" });
                    self.key(key);
                    self.out.push_str(": ");
                    self.inline(item);
                }
                self.out.push('}');
            }
            other => self.out.push_str(&other.to_string()),
        }
    }

    fn scalar(&mut self, text: &str) -> String {
        if let Some(raw) = text.strip_prefix(RAW) {
            return raw.to_owned();
        }
        let single = !text.contains(['\'', '\n', '\r', '\u{2028}', '\u{feff}'])
            && text.chars().all(|c| !c.is_control());
        match self.random.below(20) {
            0 if single => format!("'{text}'"),
            1 => quoted(text),
            _ if is_plain(text) => text.to_owned(),
            _ => quoted(text),
        }
    }
}

fn fits_flow(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().all(fits_flow),
        Value::Object(map) => map
            .iter()
            .all(|(key, value)| !key.starts_with(RAW) && fits_flow(value)),
        Value::String(text) => !text.starts_with([RAW, BLOCK]),
        _ => true,
    }
}

/// A JSON string is a double quoted scalar, but for characters that YAML wants escaped too.
pub fn quoted(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    let escapes = [
        ('\u{7f}', "\\x7f"),
        ('\u{feff}', "\\uFEFF"),
        ('\u{85}', "\\N"),
        ('\u{2028}', "\\L"),
    ];
    escapes
        .iter()
        .fold(json, |text, (char, escape)| text.replace(*char, escape))
}

fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || "-_./$()".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_ascii_lowercase().as_str())
}

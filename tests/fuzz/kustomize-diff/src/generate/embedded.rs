//! YAML with comments, anchors and blank lines everywhere, for texts into which replacements reach.

use crate::random::Random;

const KEYS: [&str; 9] = ["a", "b", "c", "key", "name", "deep", "\"q k\"", "1", "x.y"];
const SCALARS: [&str; 14] = [
    "a",
    "1",
    "true",
    "null",
    "~",
    "\"q # no\"",
    "'s'",
    "two words",
    "x:y",
    "é",
    "-1",
    "0777",
    "http://a#b",
    "!!str 1",
];
const COMMENTS: [&str; 10] = [
    "#",
    "# c",
    "#c d",
    "# key: off",
    "#  - item",
    "## x",
    "# é # twice",
    "#\tt",
    "# \"q\"",
    "#!x ",
];

/// A document and the paths of what is in it.
#[derive(Debug, Default)]
pub struct Embedded {
    /// The text.
    pub text: String,
    /// Paths of values, as replacements write them.
    pub paths: Vec<String>,
}

struct Writer<'r> {
    random: &'r mut Random,
    lines: Vec<String>,
    paths: Vec<String>,
    /// How often, in percent, there is a comment at a place for one.
    comments: usize,
    anchors: usize,
    count: usize,
}

/// A random document: mostly a block mapping, at times JSON or nearly so.
pub fn document(random: &mut Random) -> Embedded {
    let comments = [5, 15, 30, 45][random.below(4)];
    let anchors = [0, 0, 0, 12][random.below(4)];
    let mut writer = Writer {
        random,
        lines: Vec::new(),
        paths: Vec::new(),
        comments,
        anchors,
        count: 0,
    };
    writer.gap(0);
    let depth = writer.random.below(4);
    match writer.random.below(20) {
        0 => writer.sequence(0, depth, ""),
        1 => writer.flow_value(0, "", "", depth),
        _ => writer.mapping(0, depth, ""),
    }
    writer.gap(0);
    let (paths, lines) = (writer.paths, writer.lines);
    let text = lines.join("\n");
    let text = match random.below(12) {
        0..=2 => text,
        3 => format!("{text}\n\n"),
        4 => format!("---{}\n{text}\n", random.pick(&["", " # c"])),
        5 => format!("{}\n", text.replace('\n', "\r\n")),
        6 => format!("{text}\n---\nother: 1\n"),
        _ => format!("{text}\n"),
    };
    Embedded { text, paths }
}

impl Writer<'_> {
    /// Lines between entries: blank ones and comments, those mostly at the column of the entries.
    fn gap(&mut self, indent: usize) {
        while self.random.chance(self.comments) {
            let line = match self.random.below(10) {
                0..=2 => String::new(),
                3 => "  ".to_owned(),
                4 => {
                    let columns = [0, indent + 2, indent.saturating_sub(2), indent + 1];
                    let column = columns[self.random.below(4)];
                    format!("{}{}", " ".repeat(column), self.random.pick(&COMMENTS))
                }
                _ => format!("{}{}", " ".repeat(indent), self.random.pick(&COMMENTS)),
            };
            self.lines.push(line);
        }
    }

    /// What may stand at the end of a line.
    fn end(&mut self) -> String {
        if !self.random.chance(self.comments) {
            return String::new();
        }
        let space = self.random.pick(&[" ", " ", "  ", "\t"]);
        format!("{space}{}", self.random.pick(&COMMENTS))
    }

    /// An anchor or nothing.
    fn anchor(&mut self) -> String {
        if !self.random.chance(self.anchors) {
            return String::new();
        }
        self.count += 1;
        format!(" &x{}", self.count)
    }

    fn scalar(&mut self) -> String {
        if self.count > 0 && self.random.chance(self.anchors) {
            return format!("*x{}", 1 + self.random.below(self.count));
        }
        let anchor = self.anchor();
        let space = if anchor.is_empty() { "" } else { " " };
        let text = self.random.pick(&SCALARS);
        format!("{}{space}{text}", anchor.trim_start())
    }

    fn mapping(&mut self, indent: usize, depth: usize, path: &str) {
        let keys = self.random.some(&KEYS, 30);
        let keys = if keys.is_empty() { vec!["a"] } else { keys };
        for key in keys {
            self.gap(indent);
            let name = key.trim_matches('"').replace('.', "\\.");
            let path = if path.is_empty() {
                name
            } else {
                format!("{path}.{name}")
            };
            self.value(indent, depth, &format!("{}{key}:", " ".repeat(indent)), &path);
        }
        self.gap(indent);
    }

    fn sequence(&mut self, indent: usize, depth: usize, path: &str) {
        for index in 0..self.random.between(1, 3) {
            self.gap(indent);
            let path = if path.is_empty() {
                index.to_string()
            } else {
                format!("{path}.{index}")
            };
            let first = self.lines.len();
            if depth > 0 && self.random.chance(35) {
                self.mapping(indent + 2, depth - 1, &path);
                self.paths.push(format!("{path}.new"));
                self.begin_item(indent, first);
            } else {
                self.value(indent, depth, &format!("{}-", " ".repeat(indent)), &path);
            }
        }
        self.gap(indent);
    }

    /// Puts the `-` before the first entry of the lines from `first` on.
    fn begin_item(&mut self, indent: usize, first: usize) {
        let is_entry = |line: &String| !(line.trim().is_empty() || line.trim().starts_with('#'));
        let Some(at) = self.lines.iter().skip(first).position(is_entry) else {
            return;
        };
        self.lines.drain(first..first + at);
        let entry = self.lines[first].trim_start().to_owned();
        self.lines[first] = format!("{}- {entry}", " ".repeat(indent));
    }

    fn value(&mut self, indent: usize, depth: usize, prefix: &str, path: &str) {
        self.paths.push(path.to_owned());
        let choice = if depth == 0 {
            self.random.below(60)
        } else {
            self.random.below(100)
        };
        let end = self.end();
        match choice {
            0..=39 => {
                let scalar = self.scalar();
                self.lines.push(format!("{prefix} {scalar}{end}"));
            }
            40..=43 => self.lines.push(format!("{prefix}{end}")),
            44..=49 => self.block_scalar(indent, prefix, &end),
            50..=52 => {
                self.lines.push(format!("{prefix}{end}"));
                self.gap(indent + 2);
                let (scalar, end) = (self.scalar(), self.end());
                self.lines
                    .push(format!("{}{scalar}{end}", " ".repeat(indent + 2)));
            }
            53..=59 => self.flow_value(indent, &format!("{prefix} "), path, depth),
            60..=82 => {
                let anchor = self.anchor();
                self.lines.push(format!("{prefix}{anchor}{end}"));
                let step = [2, 2, 2, 4][self.random.below(4)];
                self.mapping(indent + step, depth - 1, path);
            }
            _ => {
                self.lines.push(format!("{prefix}{end}"));
                let flat = prefix.ends_with(':') && self.random.chance(50);
                self.sequence(if flat { indent } else { indent + 2 }, depth - 1, path);
            }
        }
    }

    fn block_scalar(&mut self, indent: usize, prefix: &str, end: &str) {
        let header = self.random.pick(&["|", ">", "|-", ">-", "|+", "|2"]);
        self.lines.push(format!("{prefix} {header}{end}"));
        for _ in 0..self.random.between(1, 3) {
            let line = self.random.pick(&["text", "# text", "a: b # text", ""]);
            self.lines.push(format!("{}{line}", " ".repeat(indent + 2)));
        }
    }

    /// A flow collection, in one line or an entry a line with comments.
    fn flow_value(&mut self, indent: usize, prefix: &str, path: &str, depth: usize) {
        let is_map = self.random.chance(50);
        let is_wide = self.random.chance(40);
        let (open, close) = if is_map { ('{', '}') } else { ('[', ']') };
        let mut out = format!("{prefix}{open}");
        let count = self.random.between(0, 3);
        for index in 0..count {
            let name = if is_map {
                format!("k{index}")
            } else {
                index.to_string()
            };
            let key = if is_map {
                format!("{name}: ")
            } else {
                String::new()
            };
            self.paths.push(if path.is_empty() {
                name
            } else {
                format!("{path}.{name}")
            });
            let entry = format!("{key}{}", self.flow_entry(depth, index + 1 == count));
            if is_wide {
                let end = self.end();
                self.lines.push(out);
                self.gap(indent + 2);
                out = format!("{}{entry}{end}", " ".repeat(indent + 2));
            } else {
                out.push_str(&format!("{entry} "));
            }
        }
        if is_wide {
            self.lines.push(out);
            self.gap(indent + 2);
            out = " ".repeat(indent + 1);
        }
        let end = self.end();
        self.lines.push(format!("{out}{close}{end}"));
    }

    /// An item or a value in brackets, with its comma.
    fn flow_entry(&mut self, depth: usize, is_last: bool) -> String {
        let entry = if depth > 1 && self.random.chance(15) {
            "[x, {y: z}]"
        } else {
            self.random.pick(&["a", "1", "\"q\"", "s t"])
        };
        let comma = if is_last && !self.random.chance(10) {
            ""
        } else {
            ","
        };
        format!("{entry}{comma}")
    }
}

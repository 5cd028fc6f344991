//! Random templates over the standard data, from a grammar and from a soup of tokens.

use super::random::Random;

const FIELDS: [&str; 39] = [
    ".true",
    ".false",
    ".zero",
    ".one",
    ".int",
    ".int64",
    ".uint8",
    ".neg",
    ".float",
    ".million",
    ".text",
    ".empty",
    ".binary",
    ".nil",
    ".missing",
    ".list",
    ".none",
    ".nillist",
    ".nilmap",
    ".strings",
    ".ints",
    ".lists",
    ".bytes",
    ".map",
    ".map.a",
    ".map.n",
    ".map.deep.er.x",
    ".map.deep.er",
    ".labels",
    ".labels.app",
    ".nomap",
    ".error",
    ".struct",
    ".struct.Name",
    ".thing.Name",
    ".version",
    ".values",
    ".set",
    ".map.nope",
];
const LITERALS: [&str; 24] = [
    "1",
    "0",
    "-3",
    "2.5",
    "1e3",
    "'a'",
    "0x1f",
    "\"s\"",
    "\"\"",
    "`r`",
    "true",
    "false",
    "nil",
    "1i",
    "017",
    "1_0",
    "\"a\\tb\"",
    "\"%v\"",
    "\"%d|%s\"",
    "\"a\"",
    "\"t\"",
    "\"é\"",
    "3",
    "\"x y\"",
];
const FUNCTIONS: [&str; 40] = [
    "and", "or", "not", "len", "index", "slice", "print", "printf", "println", "html", "js", "urlquery",
    "eq", "ne", "lt", "le", "gt", "ge", "call", "str", "num", "long", "small", "real", "flag", "table",
    "labels", "items", "words", "some", "kind", "many", "dict", "list", "null", "fail", "set", "inner",
    "err", "tpl",
];
const TOKENS: [&str; 56] = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    " ",
    ".",
    "$",
    "$x",
    ":=",
    "=",
    "(",
    ")",
    "|",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "block",
    "template",
    "\"a\"",
    "`b`",
    "'a'",
    "1",
    "1.5e3",
    "0x",
    "é",
    "/*",
    "*/",
    "\n",
    ",",
    "print",
    "break",
    "nil",
    "true",
    ".map.a",
    "and",
    "\\",
    "\"",
    "{{end}}",
    "{{else}}",
    "{{if .one}}",
    "{{range .list}}",
    "{{with .map}}",
    "{{define \"t\"}}",
    "continue",
    "text",
    "{{.text}}",
    "$x := 1",
    ".list",
    "- ",
    " -",
    "\t",
    "\r\n",
];

impl Random {
    fn operand(&mut self, depth: usize) -> String {
        match self.below(if depth > 0 { 11 } else { 8 }) {
            0..=3 => (*self.one(&FIELDS)).to_owned(),
            4..=5 => (*self.one(&LITERALS)).to_owned(),
            6 => (*self.one(&["$x", "$y", "$", ".", ".x", "$.text", "$x.a", "$.map.a"])).to_owned(),
            7 => (*self.one(&["dict", "null", "list"])).to_owned(),
            8 => format!(
                "({}).{}",
                self.pipe(depth - 1),
                self.one(&["a", "x", "deep", "Name", "nope.x"])
            ),
            _ => format!("({})", self.pipe(depth - 1)),
        }
    }

    fn command(&mut self, depth: usize) -> String {
        match self.below(6) {
            0 | 1 => self.operand(depth),
            2 => {
                let method = *self.one(&[
                    ".thing.Hello",
                    ".thing.Sum",
                    ".values.Keys",
                    ".set.Has",
                    ".thing.Map",
                    ".thing.Broken",
                ]);
                self.with_args(method, depth, 2)
            }
            3 => {
                let name = *self.one(&["include", "index", "printf", "eq", "or", "and", "print"]);
                self.with_args(name, depth, 3)
            }
            _ => {
                let function = *self.one(&FUNCTIONS);
                self.with_args(function, depth, 3)
            }
        }
    }

    fn with_args(&mut self, name: &str, depth: usize, most: u64) -> String {
        let count = self.below(most + 1);
        let args: String = (0..count).map(|_| format!(" {}", self.operand(depth))).collect();
        format!("{name}{args}")
    }

    fn pipe(&mut self, depth: usize) -> String {
        let count = 1 + self.below(3) / 2;
        let commands: Vec<String> = (0..count).map(|_| self.command(depth)).collect();
        commands.join(" | ")
    }

    fn statement(&mut self, depth: usize) -> String {
        let (open, close) = *self.one(&[("{{", "}}"), ("{{ ", " }}"), ("{{- ", "}}"), ("{{", " -}}")]);
        let pipe = self.pipe(2);
        let most = if depth > 0 { 12 } else { 6 };
        match self.below(most) {
            0 | 1 => {
                (*self.one(&["text", " \n ", "é", "<>", "{{/* c */}}", "\n{{- /* c */ -}}\n"])).to_owned()
            }
            2 | 3 => format!("{open}{pipe}{close}"),
            4 => format!(
                "{open}{} {} {pipe}{close}",
                self.one(&["$x", "$y"]),
                self.one(&[":=", "="])
            ),
            5 => format!("{open}template \"t\" {pipe}{close}"),
            6 | 7 => format!(
                "{open}if {pipe}{close}{}{}{{{{end}}}}",
                self.body(depth),
                self.otherwise(depth, "if")
            ),
            8 => format!(
                "{open}with {pipe}{close}{}{}{{{{end}}}}",
                self.body(depth),
                self.otherwise(depth, "with")
            ),
            9 | 10 => {
                let variables = *self.one(&["", "$x := ", "$x, $y := ", "$y = ", ""]);
                let over = if self.below(3) == 0 {
                    pipe
                } else {
                    (*self.one(&FIELDS)).to_owned()
                };
                let jump = *self.one(&["", "", "{{break}}", "{{if .}}{{continue}}{{end}}"]);
                format!(
                    "{open}range {variables}{over}{close}{}{jump}{}{{{{end}}}}",
                    self.body(depth),
                    self.otherwise(depth, "range")
                )
            }
            _ => format!(
                "{open}block \"{}\" {pipe}{close}{}{{{{end}}}}",
                self.one(&["b", "c"]),
                self.body(depth)
            ),
        }
    }

    fn otherwise(&mut self, depth: usize, keyword: &str) -> String {
        match self.below(4) {
            0 => format!("{{{{else}}}}{}", self.body(depth)),
            1 => format!("{{{{else {keyword} {}}}}}{}", self.pipe(1), self.body(depth)),
            _ => String::new(),
        }
    }

    fn body(&mut self, depth: usize) -> String {
        let count = self.below(3);
        (0..count).map(|_| self.statement(depth - 1)).collect()
    }

    /// A whole template.
    pub fn template(&mut self) -> String {
        if self.below(4) == 0 {
            let count = 3 + self.below(14);
            return (0..count).map(|_| *self.one(&TOKENS)).collect();
        }
        let count = 1 + self.below(3);
        let statements: String = (0..count).map(|_| self.statement(2)).collect();
        format!("{{{{$x := .map}}}}{{{{$y := 1}}}}{{{{define \"t\"}}}}[{{{{.}}}}]{{{{end}}}}{statements}")
    }
}

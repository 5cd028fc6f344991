//! Random templates: nested calls of functions over fields of the data.

use serde_json::{Map, Value};

use crate::formats::format;
use crate::random::Random;
use crate::signatures::SIGNATURES;
use crate::values;

/// A template with the data of its dot.
#[derive(Debug, Clone)]
pub struct Question {
    pub template: String,
    pub data: Value,
}

struct Builder<'a> {
    random: &'a mut Random,
    data: Map<String, Value>,
}

/// One question.
pub fn question(random: &mut Random) -> Question {
    let mut builder = Builder {
        random,
        data: Map::new(),
    };
    let (call, result) = builder.call(None, 0);
    let template = builder.shown(&call, result);
    Question {
        template,
        data: Value::Object(builder.data),
    }
}

impl Builder<'_> {
    /// The action that prints an expression in one of several ways.
    fn shown(&mut self, call: &str, result: char) -> String {
        let ways: &[&str] = match result {
            'd' | 'l' | 'a' => &[
                "toJson",
                "toYaml",
                "",
                "toPrettyJson",
                "quote",
                "toString",
                "typeOf",
                "printf \"%#v\"",
                "toToml",
            ],
            _ => &[
                "",
                "",
                "quote",
                "toJson",
                "toYaml",
                "typeOf",
                "printf \"%T %v\" 1",
            ],
        };
        let way = self.random.pick(ways);
        if way.is_empty() {
            return format!("{{{{ {call} }}}}");
        }
        if way == "toToml" {
            return format!("{{{{ toToml (dict \"x\" ({call})) }}}}");
        }
        format!("{{{{ {call} | {way} }}}}")
    }

    /// A call, of a function with that result when one is asked for.
    fn call(&mut self, wanted: Option<char>, depth: usize) -> (String, char) {
        let (name, params, result) = loop {
            let at = self.random.below(SIGNATURES.len());
            let (name, params, result) = SIGNATURES[at];
            if wanted.is_none_or(|wanted| wanted == result || wanted == 'a') {
                break (name, params, result);
            }
        };
        let mut kinds: Vec<char> = params.chars().collect();
        if kinds.last() == Some(&'*') {
            kinds.pop();
            let rest = kinds.pop().unwrap_or('a');
            let count = self.random.below(4);
            kinds.extend(std::iter::repeat_n(rest, count));
        }
        if self.random.chance(2) {
            kinds.pop();
        }
        let mut args: Vec<String> = kinds.iter().map(|kind| self.argument(*kind, depth + 1)).collect();
        let text = match args.pop() {
            None => name.to_owned(),
            Some(last) if self.random.chance(30) => {
                args.insert(0, name.to_owned());
                format!("{last} | {}", args.join(" "))
            }
            Some(last) => {
                args.insert(0, name.to_owned());
                args.push(last);
                args.join(" ")
            }
        };
        (text, result)
    }

    fn argument(&mut self, kind: char, depth: usize) -> String {
        if kind == 'F' {
            return quoted(&format(self.random));
        }
        if kind == 't' && self.random.chance(40) {
            let (layout, text) = (self.field('L'), self.field('s'));
            return format!("(toDate {layout} {text})");
        }
        let nests = "sIflda".contains(kind) && depth < 4 && self.random.chance(25);
        if nests {
            return format!("({})", self.call(Some(kind), depth).0);
        }
        if kind == 't' {
            return format!("(int64 {})", self.field(kind));
        }
        if matches!(kind, 'i') && self.random.chance(70) {
            return (self.random.below(12) as i64 - 2).to_string();
        }
        if matches!(kind, 'i') {
            return format!("(int {})", self.field(kind));
        }
        if matches!(kind, 'a' | 'I' | 'f') && self.random.chance(20) {
            return self.literal();
        }
        let kind = if self.random.chance(3) { 'a' } else { kind };
        self.field(kind)
    }

    fn literal(&mut self) -> String {
        self.random
            .pick(&[
                "nil",
                "true",
                "1",
                "-7",
                "0x1F",
                "1.5",
                "1e3",
                "1e6",
                "1e21",
                "'a'",
                "\"x\"",
                "0.1",
                "9223372036854775807",
                "(int64 3)",
                "(list)",
                "(dict)",
                "1_000",
                "0b11",
                "2.0",
                "(until 3)",
                "(tuple 1 \"a\")",
                "(splitList \",\" \"a,b\")",
                "(duration 90)",
                "(mustToDuration \"1h\")",
                "(semver \"1.2.3\")",
                "(b64dec \"/w==\")",
            ])
            .to_owned()
    }

    /// A field of the dot with data of its own.
    fn field(&mut self, kind: char) -> String {
        let name = format!("f{}", self.data.len());
        self.data.insert(name.clone(), values::of(self.random, kind));
        format!(".{name}")
    }
}

/// A string as templates write it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

//! The part of the `--set` flags: random lines merged into random values.

use std::io::Write as _;

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use sluice_go_template::{Budget, Limits, Value, format};
use sluice_sprig::json::{Target, read};
use sluice_strvals::{Flag, parse_into};

use crate::library::Library;
use crate::outcome::{Outcome, ask, ours, shown};
use crate::random::Random;
use crate::{Arguments, data};

const FLAGS: [&str; 5] = ["set", "string", "json", "literal", "file"];

fn line(random: &mut Random, flag: &str) -> String {
    const PARTS: [&str; 52] = [
        "a",
        "b",
        "c",
        "a.b",
        "a.b.c",
        "[0]",
        "[1]",
        "[2]",
        "[-1]",
        "[x]",
        "[70000]",
        "[",
        "]",
        "=",
        "=",
        "=",
        "=1",
        "=x",
        "=true",
        "=null",
        "=007",
        "={a,b}",
        "={}",
        "={",
        "}",
        ",",
        ",",
        ".",
        "\\,",
        "\\.",
        "\\=",
        "\\",
        "\"",
        "é",
        " ",
        "=1e3",
        "=-1",
        "=1.5",
        "=0x1f",
        "=12345678901234567890",
        "=9223372036854775807",
        "a[0]=1",
        "a.b[1].c=2",
        "l[0][1]=3",
        "={1,2,x}",
        "={a\\,b}",
        "=,",
        "..",
        "\n",
        "=FALSE",
        "=+5",
        "=nil",
    ];
    let mut out = String::new();
    for _ in 0..random.between(1, 6) {
        match random.below(8) {
            0 if flag == "json" => {
                out.push('=');
                out.push_str(&data::tree(random, 2).to_string());
            }
            1 => out.push_str(&data::string(random)),
            _ => out.push_str(random.pick(&PARTS)),
        }
    }
    out
}

fn evaluate(flag: &str, line: &str, into: &Json) -> Outcome {
    let values = read(into.to_string().as_bytes(), Target::Map).map_err(|error| error.to_string())?;
    let values = values.as_map().cloned().unwrap_or_default();
    let reader = |path: &[u8]| Ok(Value::from([b"<", path, b">"].concat()));
    let kind = match flag {
        "set" => Flag::Set,
        "string" => Flag::String,
        "json" => Flag::Json,
        "literal" => Flag::Literal,
        _ => Flag::File(&reader),
    };
    parse_into(line.as_bytes(), &kind, &values).map_err(|error| error.to_string())?;
    let mut budget = Budget::new(Limits::default());
    format::sprintf(&mut budget, b"%#v", &[Value::Map(values)]).map_err(|error| error.to_string())
}

/// Runs all lines; true when nothing differs.
///
/// # Errors
/// The library's process, or the folder of what is kept.
pub fn run(arguments: &Arguments) -> Result<bool> {
    let mut library = Library::start("helm-library")?;
    let path = arguments.keep.join("lines.jsonl");
    let mut kept = std::fs::File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let mut different = 0_u64;
    let numbers = match arguments.only {
        Some(number) if arguments.lines > 0 => number..number + 1,
        _ => 0..arguments.lines,
    };
    let count = numbers.end - numbers.start;
    for number in numbers {
        let random = &mut Random::new(arguments.seed ^ 0x5E7, number);
        let flag = random.pick(&FLAGS);
        let line = line(random, flag);
        let into = data::map(random, 0);
        if line.is_empty() {
            continue;
        }
        let request = json!({"set": flag, "line": line, "into": into});
        let theirs = ask(&mut library, &request)?;
        let ours = ours(|| evaluate(flag, &line, &into));
        if ours == theirs {
            continue;
        }
        different += 1;
        println!(
            "line {number}: --set of kind {flag}: {line:?} into {into}\n  ours   {}\n  theirs {}",
            shown(&ours),
            shown(&theirs)
        );
        writeln!(kept, "{request}")?;
    }
    println!("lines: {count}, {different} differ");
    Ok(different == 0)
}

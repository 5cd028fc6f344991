//! `configMapGenerator`, `secretGenerator`, `generatorOptions`, with the files they read.

use serde_json::{Value, json};

use super::embedded::document;
use super::fields::strings;
use super::kustomization::Draft;
use super::objects::{Known, name, namespace};
use super::scalars::{text, word};
use super::yaml::RAW;
use crate::random::Random;

/// Adds some generators.
pub fn add(random: &mut Random, known: &mut Vec<Known>, draft: &mut Draft<'_>) {
    for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        if random.chance(22) {
            for number in 0..random.between(1, 2) {
                let args = generator(random, kind, number, known, draft);
                draft.push(field, args);
            }
        }
    }
    if random.chance(10) {
        draft.fields.insert("generatorOptions".into(), options(random));
    }
}

fn options(random: &mut Random) -> Value {
    let mut options = json!({});
    if random.chance(50) {
        options["disableNameSuffixHash"] = json!(random.chance(70));
    }
    if random.chance(30) {
        options["labels"] = strings(random);
    }
    if random.chance(30) {
        options["annotations"] = strings(random);
    }
    if random.chance(20) {
        options["immutable"] = json!(true);
    }
    options
}

fn generator(
    random: &mut Random,
    kind: &str,
    number: usize,
    known: &mut Vec<Known>,
    draft: &mut Draft<'_>,
) -> Value {
    let existing: Vec<Known> = known.iter().filter(|k| k.kind == kind).cloned().collect();
    let again = !existing.is_empty() && random.chance(35);
    let (name, namespace) = if again {
        let one = &existing[random.below(existing.len())];
        (one.name.clone(), one.namespace.clone())
    } else {
        let fresh = format!("{}-{number}{}", name(random), kind.len());
        (
            if random.chance(4) { name(random) } else { fresh },
            namespace(random).to_owned(),
        )
    };
    let mut args = json!({"name": name});
    if again && random.chance(98) {
        args["behavior"] = json!(random.pick(&[
            "merge", "merge", "merge", "merge", "replace", "replace", "replace"
        ]));
    }
    if !namespace.is_empty() {
        args["namespace"] = json!(namespace);
    }
    if kind == "Secret" && random.chance(30) {
        args["type"] = json!(random.pick(&["Opaque", "kubernetes.io/tls", "x"]));
    }
    if random.chance(30) {
        args["options"] = options(random);
    }
    let inner = sources(random, number, &mut args, draft);
    if !again {
        known.push(Known {
            api_version: "v1".into(),
            kind: kind.into(),
            name,
            namespace,
            inner,
        });
    }
    args
}

/// Adds sources; returns paths into a text that is YAML.
fn sources(random: &mut Random, number: usize, args: &mut Value, draft: &mut Draft<'_>) -> Vec<String> {
    let mut inner = Vec::new();
    if random.chance(60) {
        let count = random.between(1, 3);
        args["literals"] = Value::Array((0..count).map(|_| literal(random)).collect());
    }
    if random.chance(35) {
        let file = format!(
            "file{number}{}",
            random.pick(&[".txt", ".properties", ".json", ""])
        );
        let key = match random.below(6) {
            0..=2 => file.clone(),
            3 => "k".to_owned(),
            4 => "a.b".to_owned(),
            _ => "config".to_owned(),
        };
        if random.chance(30) {
            let embedded = document(random);
            draft.add(&file, embedded.text);
            let paths = embedded.paths.iter();
            inner.extend(paths.map(|path| format!("data.[{key}].{path}")));
        } else {
            draft.add(&file, content(random));
        }
        args["files"] = json!([if key == file { key } else { format!("{key}={file}") }]);
    }
    if random.chance(25) {
        let file = format!("vars{number}.env");
        draft.add(&file, env_file(random));
        if random.chance(80) {
            args["envs"] = json!([file]);
        } else {
            args["env"] = json!(file);
        }
    }
    inner
}

fn literal(random: &mut Random) -> Value {
    let key = format!(
        "{}{}",
        random.pick(&["a", "b", "KEY", "a.b", "a-b", "x_y", "c"]),
        random.below(9)
    );
    let plain = [
        "one", "'q'", "\"q\"", "a=b", "", " x ", "1", "true", "$(VAR)", "'open", "é", "a\\nb", "x: y",
        "0777", "#c",
    ];
    let value = if random.chance(80) {
        random.pick(&plain).to_owned()
    } else {
        text(random)
    };
    let whole = if random.below(150) == 0 {
        key
    } else {
        format!("{key}={value}")
    };
    Value::String(format!("{RAW}{}", super::yaml::quoted(&whole)))
}

fn content(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => vec![0, 159, 146, 150, 255],
        1 => b"a\r\nb\r\n".to_vec(),
        2 => "\u{feff}bom\n".into(),
        3 => Vec::new(),
        4 => "{\"a\": {\"b\": 1}, \"list\": [1, 2]}\n".into(),
        5 => "key: value\nlist:\n- a\n".into(),
        6 => text(random).into_bytes(),
        _ => format!("{}\n  {}\t\n\nend", word(random), word(random)).into_bytes(),
    }
}

fn env_file(random: &mut Random) -> Vec<u8> {
    let lines = [
        "A=1",
        "B = 2",
        "# comment",
        "",
        "  C=x y  ",
        "D",
        "E=\"q\"",
        "F='s'",
        "G=a=b",
        "\tH=t",
        "I=é",
        "J=#x",
        "K= #y",
        "export L=1",
        "A.B=1",
        "M=\r",
    ];
    let mut out = String::new();
    if random.chance(8) {
        out.push('\u{feff}');
    }
    for line in random.some(&lines, 35) {
        out.push_str(line);
        out.push_str(if random.chance(5) { "\r\n" } else { "\n" });
    }
    out.into_bytes()
}
